import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { HANDLERS } from '../../../../app/index.js';
import { keepPayload } from '../../../../app/webhooks/inbox/keep-payload.js';
import { parseDelivery } from '../../../../app/webhooks/inbox/parse.js';
import { factsFromPayload } from '../../../../app/webhooks/payload.js';

interface Examples {
  readonly name: string;
  readonly examples: readonly unknown[];
}
const path = createRequire(import.meta.url).resolve('@octokit/webhooks-examples');
const EVENTS = JSON.parse(readFileSync(path, 'utf8')) as readonly Examples[];

const kept = (event: string, payload: unknown): unknown =>
  JSON.parse(keepPayload(event, payload).toString('utf8'));

test('what is kept of a pull request says the same to its handler as the whole', () => {
  const examples = EVENTS.find(({ name }) => name === 'pull_request')?.examples ?? [];
  expect(examples.length).toBeGreaterThan(20);
  for (const example of examples) {
    expect(factsFromPayload(kept('pull_request', example))).toEqual(factsFromPayload(example));
  }
});

test.each(Object.keys(HANDLERS))(
  'what is kept of every %s example still has the shape of its event',
  (event) => {
    const examples = EVENTS.find(({ name }) => name === event)?.examples ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const delivery = { guid: 'g', event, body: keepPayload(event, example), receivedAt: new Date(0) };
      expect(() => parseDelivery(delivery)).not.toThrow();
    }
  },
);

test('a payload of 24 kB is kept as less than 3 kB, and one nobody handles as its common part', () => {
  const [example] = EVENTS.find(({ name }) => name === 'pull_request')?.examples ?? [];
  expect(keepPayload('pull_request', example).length).toBeLessThan(3_000);
  const pushed = {
    ref: 'refs/heads/main',
    repository: { id: 7, description: 'x'.repeat(9_000) },
    commits: [],
  };
  expect(kept('push', pushed)).toEqual({ repository: { id: 7 } });
});

test('names that every object has are not kept, and long changes are dropped', () => {
  expect(kept('constructor', JSON.parse('{"__proto__":{"action":"x"},"action":"opened"}'))).toEqual({
    action: 'opened',
  });
  expect(kept('pull_request', { changes: { body: { from: 'x'.repeat(30_000) } } })).toEqual({});
  expect(kept('pull_request', { changes: { title: { from: 'before' } } })).toEqual({
    changes: { title: { from: 'before' } },
  });
});
