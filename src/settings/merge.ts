import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '../shared/time.js';
import type { SettingsProblem } from './problem.js';
import type { SettingsFile } from './read.js';
import { POLICY, type PolicySettings } from './schema.js';
import { toKebab } from './settings-keys.js';

/** What a pull request may ask less of. */
const LOWERABLE: readonly string[] = ['limits', 'resources'];

export interface Merged {
  readonly policy: PolicySettings;
  readonly notes: readonly SettingsProblem[];
}

/** Policy is the default branch's. A pull request may lower what it uses; anything else it says about policy is named and ignored. */
export function mergePolicy(base: SettingsFile, head: SettingsFile): Merged {
  const limits = lower({ section: 'limits', base, head });
  const resources = lower({ section: 'resources', base, head });
  const ignored = Object.keys(POLICY).filter(
    (key) => !LOWERABLE.includes(key) && differs({ base, head, path: [key] }),
  );
  const notes = ignored.map((key) =>
    head.note(
      [key],
      `${toKebab(key)} is read from the default branch only; it takes effect once this is merged`,
    ),
  );
  return {
    policy: { ...base.policy, limits: limits.value, resources: resources.value },
    notes: [...notes, ...limits.notes, ...resources.notes],
  };
}

interface LowerInput<Key> {
  readonly section: Key;
  readonly base: SettingsFile;
  readonly head: SettingsFile;
}

type Amounts = Readonly<Record<string, number | string>>;

function lower<Key extends 'limits' | 'resources'>({ section, base, head }: LowerInput<Key>) {
  const ours: Amounts = base.policy[section];
  const theirs: Amounts = head.policy[section];
  const valid = !head.problems.some(({ key }) => key === section);
  const asked = Object.keys(ours).filter((key) => valid && given(head.raw, [section, key]) !== undefined);
  const less = asked.filter((key) => amount(theirs[key]) < amount(ours[key]));
  const more = asked.filter((key) => amount(theirs[key]) > amount(ours[key]));
  return {
    value: { ...ours, ...Object.fromEntries(less.map((key) => [key, theirs[key]])) } as PolicySettings[Key],
    notes: more.map((key) =>
      head.note(
        [section, key],
        `${section}.${toKebab(key)} cannot be raised by a pull request; the default branch decides`,
      ),
    ),
  };
}

function amount(value: number | string | undefined): number {
  return typeof value === 'string' ? parseDuration(value) : (value ?? 0);
}

interface DiffersInput {
  readonly base: SettingsFile;
  readonly head: SettingsFile;
  readonly path: readonly string[];
}

/** A branch carries a copy of the file: only what it changes is worth a word. */
export function differs({ base, head, path }: DiffersInput): boolean {
  const theirs = given(head.raw, path);
  return theirs !== undefined && !isDeepStrictEqual(theirs, given(base.raw, path));
}

function given(raw: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], raw);
}
