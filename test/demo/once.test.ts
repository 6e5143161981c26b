import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { ROOT } from '../support/architecture/read-sources.js';

const MAIN = join(ROOT, 'build/demo/main.js');

/** `npm run demo -- --once`; told to stop as soon as it has said something that fits. */
async function playOnce(stopAt?: RegExp) {
  // The developer's own engine is none of a test's business.
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: process.env['TMPDIR'] ?? '', DOCKER_HOST: 'off' };
  const child = spawn(process.execPath, [MAIN, '--once'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  let stopped = false;
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (!stopped && stopAt?.test(said)) stopped = child.kill('SIGTERM');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const last: unknown = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '');
  return { code, said, last };
}

const count = z.int().min(1);
const Played = z.strictObject({
  ok: z.literal(true),
  previewUrl: z.url({ hostname: /^pr-1-hello\.localhost$/ }),
  commitUrls: z.array(z.url({ hostname: /^[0-9a-f]+-pr-1-hello\.localhost$/ })).length(2),
  pullRequest: z.literal(1),
  environment: z.string().min(1),
  deployments: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        sha: z.string().regex(/^[0-9a-f]{40}$/),
        status: z.string(),
      }),
    )
    .length(3),
  githubDeployments: z.array(count).length(3),
  comments: z.array(count).length(1),
  githubWrites: count,
  githubWritesByKind: z.strictObject({
    checkRuns: count,
    comments: count,
    deployments: z.literal(3),
    deploymentStatuses: count,
    commitStatuses: z.literal(0),
    other: z.literal(0),
  }),
  guestbook: z.strictObject({
    previewUrl: z.url({ hostname: /^pr-1-guestbook\.localhost$/ }),
    pullRequest: z.literal(1),
    visitsDuringPush: count,
  }),
  violations: z.literal(0),
  milliseconds: z.record(z.string(), z.number()),
  seconds: z.number(),
});

test('played once it ends with 0, and its last line is JSON with addresses, ids, counts and times', async () => {
  const { code, said, last } = await playOnce();
  expect({ code, failed: said.match(/✗.*/)?.[0] }).toEqual({ code: 0, failed: undefined });
  const played = Played.parse(last);
  const { githubWritesByKind, githubWrites, deployments, milliseconds } = played;
  expect(Object.values(githubWritesByKind).reduce((sum, one) => sum + one, 0)).toBe(githubWrites);
  expect(new Set(deployments.map(({ id }) => id)).size).toBe(3);
  expect(Object.keys(milliseconds).length).toBeGreaterThan(10);
});

test.each([
  ['while it is being set up', /The emulated GitHub is running/],
  ['in the middle of the story', /Octavia opens a pull request/],
])('stopped %s it ends with 1, and the last line says so', async (_when, stopAt) => {
  expect(await playOnce(stopAt)).toMatchObject({
    code: 1,
    last: { ok: false, error: 'The demo was stopped before it was finished.' },
  });
});
