import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { EVENTS } from '../../../app/index.js';
import type { WebhookEvent } from '../../../app/webhooks/declare-event.js';
import { ROOT } from '../../support/architecture/read-sources.js';

interface Example {
  readonly name: string;
  readonly examples: readonly { readonly action?: string }[];
}

const examples = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as readonly Example[];

const NAMES = [...EVENTS.keys()];

function eventOf(name: string): WebhookEvent {
  const event = EVENTS.get(name);
  if (!event) throw new Error(`${name} should be in the table of events.`);
  return event;
}

/** GitHub delivers these to every App, whether it subscribes or not. */
const ALWAYS_DELIVERED = ['installation', 'installation_repositories', 'github_app_authorization'];

test('app.yml subscribes to exactly the events of the table', () => {
  const app = parse(readFileSync(join(ROOT, 'app.yml'), 'utf8')) as { readonly default_events: string[] };
  const subscribed = NAMES.filter((name) => !ALWAYS_DELIVERED.includes(name));
  expect([...app.default_events].sort()).toEqual(subscribed.sort());
});

test('docs/permissions.md explains every event of the table', () => {
  const page = readFileSync(join(ROOT, 'docs/permissions.md'), 'utf8');
  expect(NAMES.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

/** By event: the names of those whose body has all of its fields and means nothing else. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  repository: ['watch'],
  installation: ['installation_repositories'],
};

const pairs = NAMES.flatMap((header) =>
  examples
    .filter(({ name }) => name !== header && !HARMLESS[header]?.includes(name))
    .map(({ name, examples: bodies }) => [name, header, bodies] as const),
);

test.each(pairs)('the body of %s under the name %s is refused', (_name, header, bodies) => {
  const taken = bodies.filter((body) => eventOf(header).arrive(body).issue === null);
  expect(taken.map(({ action }) => action)).toEqual([]);
});

const own = NAMES.map((name) => [name, examples.find((one) => one.name === name)?.examples ?? []] as const);

test.each(own)("every %s example of GitHub's own is accepted, whole and as it is kept", (name, bodies) => {
  expect(bodies.length).toBeGreaterThan(0);
  const { arrive, keep } = eventOf(name);
  for (const body of bodies) {
    const whole = arrive(body);
    expect(whole.issue).toBeNull();
    expect(arrive(JSON.parse(JSON.stringify(keep(body))))).toEqual(whole);
  }
});
