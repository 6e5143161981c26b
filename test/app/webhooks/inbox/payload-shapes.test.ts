import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { PAYLOADS } from '../../../../app/webhooks/inbox/parse.js';

interface Example {
  readonly name: string;
  readonly examples: readonly { readonly action?: string }[];
}

const examples = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as readonly Example[];

/** These have nothing in them that the event they are taken for would not have as well, and mean nothing else. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  repository: ['watch'],
  installation: ['installation_repositories'],
};

const pairs = Object.keys(PAYLOADS).flatMap((header) =>
  examples
    .filter(({ name }) => name !== header && !HARMLESS[header]?.includes(name))
    .map(({ name, examples: bodies }) => [name, header, bodies] as const),
);

test.each(pairs)('the body of %s under the name %s is refused', (_name, header, bodies) => {
  const taken = bodies.filter((body) => PAYLOADS[header]?.safeParse(body).success);
  expect(taken.map(({ action }) => action)).toEqual([]);
});

const own = examples.filter(({ name }) => Object.hasOwn(PAYLOADS, name));

test.each(own.map(({ name, examples: bodies }) => [name, bodies] as const))(
  'every %s event of GitHub’s own is taken',
  (name, bodies) => {
    for (const body of bodies) expect(PAYLOADS[name]?.safeParse(body).error).toBeUndefined();
  },
);
