import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { hashToken } from '../../src/people/api-token.js';
import { createCommandRecords } from '../../app/compose/hosting.js';
import type { Ports } from '../../app/ports.js';
import { visit } from '../../demo/visit.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { createTargets } from '../../src/targets/registry.js';
import { manifestRoot } from '../../src/uploads/manifest.js';
import type { BlobStore } from '../../src/uploads/store.js';
import { lookAt, portsIn } from '../support/look-at.js';
import { createMemoryStaticHosting } from '../support/memory-static-hosting.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

const HOUR = 60 * 60_000;
const FILES = { 'index.html': '<h1>Hello</h1>\n', 'a.css': 'a{}\n' };

async function live(world: World, head = 'leaky') {
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head });
  const { number } = pullRequest;
  await world.drain();
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  return { number, sha: pullRequest.head.sha };
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const blobPath = ({ dataDir }: World, hash: string) => join(dataDir, 'blobs', hash.slice(0, 2), hash);

/** An upload that a crash left behind: its files are there, and nobody names it. */
async function leak({ app }: World, projectId: string) {
  const text = 'left behind\n';
  const blob = { hash: hashOf(text), size: text.length };
  await app.ports.blobs.write({ ...blob, content: [Buffer.from(text)] });
  const shared = { path: 'a.css', hash: hashOf(FILES['a.css']), size: FILES['a.css'].length };
  const files = [shared, { path: 'left.txt', ...blob }];
  const id = { projectId, root: manifestRoot(files) };
  await app.ports.artifacts.save({ ...id, files, complete: true });
  return { id, hash: blob.hash, shared: shared.hash };
}

test('an upload that no environment names goes after an hour with the files that only it had, and nothing else does', async () => {
  await using world = await startWorld({ files: FILES });
  const { number } = await live(world);
  const { environment } = await lookAt(world, number);
  const { id, hash, shared } = await leak(world, environment.projectId);
  await sweep(portsIn(HOUR - 60_000, world));
  expect(await world.app.ports.artifacts.exists(id)).toBe(true);
  await sweep(portsIn(HOUR + 60_000, world));
  expect(await world.app.ports.artifacts.exists(id)).toBe(false);
  // A visitor's compressed form may still be made; the blob itself is the point.
  expect(existsSync(blobPath(world, hash))).toBe(false);
  expect(existsSync(blobPath(world, shared))).toBe(true);
  expect((await visit(environment.url)).body).toContain('Hello');
  expect((await visit(`${environment.url}/a.css`)).status).toBe(200);
});

test('a tear-down that could not remove the files is made good by the sweep', async () => {
  let broken = true;
  const around = {
    blobs: (blobs: BlobStore): BlobStore => ({
      ...blobs,
      delete: (...given) =>
        broken ? Promise.reject(new Error('The disk is read-only.')) : blobs.delete(...given),
    }),
  };
  await using world = await startWorld({ files: FILES, overrides: { around } });
  const { number } = await live(world);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  broken = false;
  expect(existsSync(blobPath(world, hashOf(FILES['index.html'])))).toBe(true);
  await sweep(portsIn(HOUR + 60_000, world));
  expect(existsSync(blobPath(world, hashOf(FILES['index.html'])))).toBe(false);
});

/** Ports whose only target keeps what it is given in memory, and can be told to refuse. */
function portsWithTarget(world: World, refuses: (slug: string) => boolean = () => false) {
  const hosting = createMemoryStaticHosting();
  const unpublish: typeof hosting.unpublish = async (handle) => {
    if (refuses(handle.slug)) throw new Error('The host does not let go.');
    await hosting.unpublish(handle);
  };
  const targets = createTargets({
    hosting: { ...hosting, unpublish },
    records: createCommandRecords(world.app.ports),
    credentials: {},
  });
  const ports: Ports = { ...world.app.ports, ...targets };
  const held = async () => {
    const slugs: string[] = [];
    for await (const { slug, generation } of hosting.list()) slugs.push(`${slug}@${generation}`);
    return slugs.sort();
  };
  return { ports, hosting, held };
}

test('what a target holds without an environment that names it is removed, what is named stays, and one refusal stops nothing', async () => {
  await using world = await startWorld({ files: FILES });
  const first = (await lookAt(world, (await live(world, 'one')).number)).environment;
  const second = (await lookAt(world, (await live(world, 'two')).number)).environment;
  const { id } = await leak(world, first.projectId);
  const { ports, hosting, held } = portsWithTarget(world, (slug) => slug === 'pr-7-nobody');
  const made = { projectId: first.projectId, artifact: id.root };
  await hosting.publish({ ...made, slug: first.slug, generation: first.generation }, { spa: false });
  await hosting.publish({ ...made, slug: second.slug, generation: second.generation - 1 }, { spa: false });
  await hosting.publish({ ...made, slug: 'pr-7-nobody', generation: 1 }, { spa: false });
  await hosting.publish({ ...made, slug: 'pr-9-nobody', generation: 3 }, { spa: false });
  const later = { ...ports, clock: portsIn(HOUR + 60_000, world).clock };
  expect((await sweep(later)).leaked).toBe(2);
  expect(await held()).toEqual(['pr-7-nobody@1', `${first.slug}@${first.generation}`].sort());
  expect(await world.app.ports.artifacts.exists(id)).toBe(false);
});

const rootOf = ({ current }: StoredEnvironment) =>
  current?.reach.kind === 'files' ? current.reach.root : '';

test('a preview whose upload vanished says so, asks for a new run, and that run brings it back', async () => {
  await using world = await startWorld({ files: FILES });
  const { number, sha } = await live(world);
  const before = await lookAt(world, number);
  const root = rootOf(before.environment);
  await world.app.ports.artifacts.delete({ projectId: before.environment.projectId, root });
  await sweep(world.app.ports);
  await world.drain();
  const { environment, deployments } = await lookAt(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.failed, current: null, resources: [] });
  expect(deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.failed,
    DEPLOYMENT_STATUS.success,
  ]);
  expect(deployments[0]?.error).toMatch(/not on the server any more. Re-run the workflow/);
  const [check, ...others] = await world.reviewer.checks(sha);
  expect(others).toEqual([]);
  expect(check?.conclusion).toBe(CONCLUSION.failure);
  expect(check?.output.summary).toMatch(/not on the server any more/);
  await sweep(world.app.ports);
  expect((await lookAt(world, number)).deployments).toHaveLength(2);

  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
  expect((await visit(environment.url)).body).toContain('Hello');
  expect((await world.reviewer.checks(sha)).map(({ conclusion }) => conclusion)).toEqual([
    CONCLUSION.success,
  ]);
});

test('a last good version that vanished is not offered any more, while a newer commit is on its way', async () => {
  await using world = await startWorld({ files: FILES });
  const { number } = await live(world);
  await world.github.push({ repository: REPOSITORY, branch: 'leaky' });
  await world.drain();
  const before = (await lookAt(world, number)).environment;
  const root = rootOf(before);
  await world.app.ports.artifacts.delete({ projectId: before.projectId, root });
  await sweep(world.app.ports);
  await world.drain();
  const { environment, deployments } = await lookAt(world, number);
  expect(environment).toMatchObject({ current: null, head: before.head, generation: before.generation });
  expect(deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.queued,
    DEPLOYMENT_STATUS.success,
  ]);
});

test('tokens and used ids past their date are deleted, those that still count are not', async () => {
  await using world = await startWorld();
  const { tokens } = world.app.ports;
  const scope = { kind: 'run', deploymentId: 'd1', repoId: 1 } as const;
  const soon = new Date(Date.now() + 60_000);
  await tokens.issue({ hash: hashToken('a'), scope, expiresAt: soon });
  await tokens.useOnce('jti-a', soon);
  await sweep(world.app.ports);
  expect(await tokens.find(hashToken('a'), new Date())).toEqual(scope);
  expect(await tokens.useOnce('jti-a', soon)).toBe(false);
  await sweep(portsIn(2 * HOUR, world));
  expect(await tokens.find(hashToken('a'), new Date())).toBeNull();
  expect(await tokens.useOnce('jti-a', soon)).toBe(true);
});
