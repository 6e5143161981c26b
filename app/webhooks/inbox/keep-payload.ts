import { VitrineError } from '../../../src/shared/errors.js';
import { refuseDeep } from '../../http/body.js';

/** A shape to keep: `true` is a whole value, an object its named fields, a list of one shape every element. */
type Mask = true | { readonly [field: string]: Mask } | readonly [Mask];

const account = { id: true, login: true, type: true, avatar_url: true } as const;
const repository = {
  id: true,
  full_name: true,
  default_branch: true,
  private: true,
  owner: account,
} as const;
const listed = [{ id: true, full_name: true, private: true }] as const;
const side = { ref: true, sha: true, repo: { id: true } } as const;

const EVERY = {
  action: true,
  sender: account,
  repository,
  installation: { id: true, account, suspended_at: true },
} as const satisfies Mask;

/** By event, what handlers and people who look at a decision later need. Events that nobody handles keep the common part. */
const KEPT: Readonly<Record<string, Mask>> = {
  pull_request: {
    ...EVERY,
    number: true,
    label: { name: true },
    changes: true,
    pull_request: {
      number: true,
      title: true,
      state: true,
      merged: true,
      merged_at: true,
      draft: true,
      user: account,
      head: side,
      base: side,
      labels: [{ name: true }],
      created_at: true,
      updated_at: true,
      html_url: true,
    },
  },
  installation: { ...EVERY, repositories: listed },
  installation_repositories: { ...EVERY, repositories_added: listed, repositories_removed: listed },
  repository: { ...EVERY, changes: true },
  check_run: {
    ...EVERY,
    check_run: {
      id: true,
      name: true,
      head_sha: true,
      status: true,
      conclusion: true,
      external_id: true,
      details_url: true,
      output: { title: true, summary: true },
      app: { id: true, slug: true },
      pull_requests: [{ number: true }],
    },
  },
  workflow_run: {
    ...EVERY,
    workflow_run: {
      id: true,
      name: true,
      head_sha: true,
      run_attempt: true,
      event: true,
      conclusion: true,
      updated_at: true,
      html_url: true,
    },
  },
};

/** A title edited from 100 kB to 100 kB is no reason to keep 200 kB. */
const LONGEST_CHANGES = 20_000;
/** A document holds 16 MiB. The longest that GitHub sends, an installation with a hundred thousand repositories, is kept as eight. */
const MAX_KEPT = 12 * 1024 * 1024;

/**
 * The part of a payload that the inbox keeps: one to two of its twenty-odd kilobytes. Writing is what a delivery costs, and most of a
 * payload is addresses and profiles that nobody reads. See docs/decisions/0003-inbox-keeps-what-is-read.md.
 */
export function keepPayload(event: string, payload: unknown): Buffer {
  const kept = (PICKS.get(event) ?? pickEvery)(payload) as { changes?: unknown };
  if (kept.changes !== undefined && JSON.stringify(kept.changes).length > LONGEST_CHANGES)
    delete kept.changes;
  const body = Buffer.from(JSON.stringify(kept));
  if (body.length > MAX_KEPT)
    throw new VitrineError(
      'too_large',
      'More than 12 MiB would be kept of this body: no event of GitHub is so large.',
    );
  return body;
}

type Pick = (value: unknown) => unknown;

const pickEvery = pickerOf(EVERY);
const PICKS: ReadonlyMap<string, Pick> = new Map(
  Object.entries(KEPT).map(([event, mask]) => [event, pickerOf(mask)]),
);

/** The shape is read once, not with every delivery. */
function pickerOf(mask: Mask): Pick {
  if (mask === true) return pickWhole;
  return isList(mask) ? pickEach(pickerOf(mask[0])) : pickFields(mask);
}

/** Most are text. What is nested is written down again later, and that goes as deep as it does. */
function pickWhole(value: unknown): unknown {
  if (typeof value === 'object') refuseDeep(value);
  return value;
}

function pickEach(pick: Pick): Pick {
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    return Array.isArray(value) ? value.map((item) => pick(item)) : undefined;
  };
}

function pickFields(mask: Readonly<Record<string, Mask>>): Pick {
  const fields = Object.entries(mask).map(([name, inner]) => ({ name, pick: pickerOf(inner) }));
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    const from = value as Readonly<Record<string, unknown>>;
    const kept: Record<string, unknown> = {};
    for (const { name, pick } of fields) {
      if (Object.hasOwn(from, name)) kept[name] = pick(from[name]);
    }
    return kept;
  };
}

function isList(mask: Mask): mask is readonly [Mask] {
  return Array.isArray(mask);
}
