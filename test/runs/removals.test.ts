import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { announceResource, recordResource, REMOVING_MS } from '../../src/deployments/resources.js';
import type { Identity } from '../../src/runs/identity.js';
import { finishRemoval, startRemovals } from '../../src/runs/removals.js';
import type { StoredDeployment } from '../../src/deployments/store.js';
import { setSecrets } from '../../src/secrets/write.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt, portsIn } from '../support/look-at.js';
import { begin } from '../support/run-by-hand.js';
import { AUTHOR, openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const SLUG = 'pr-1-hello';
const runOf = (id: string) => ({ id, attempt: 1, job: 'preview' });

async function identityOf(world: World, changes: Partial<Identity> = {}): Promise<Identity> {
  const repo = await world.app.ports.repos.get(world.repoId());
  return {
    repoId: world.repoId(),
    ownerId: repo?.ownerId ?? 0,
    pullRequest: 1,
    runId: '901',
    runAttempt: 1,
    actorId: 1,
    actor: AUTHOR,
    mergeSha: 'a'.repeat(40),
    eventName: 'pull_request',
    jti: randomUUID(),
    expiresAt: new Date(Date.now() + 60_000),
    ...changes,
  };
}

interface Asking {
  readonly run?: string;
  readonly identity?: Partial<Identity>;
  readonly ports?: World['app']['ports'];
}

async function remove(world: World, { run = '901', identity, ports = world.app.ports }: Asking = {}) {
  const body = { pullRequest: 1, run: runOf(run), closed: true };
  return startRemovals(ports, {
    identity: await identityOf(world, { runId: run, ...identity }),
    body,
  });
}

interface Ending {
  readonly id: string;
  readonly run?: string;
  readonly error?: string;
}

async function finish(world: World, { id, run = '901', error }: Ending) {
  const body = { pullRequest: 1, run: runOf(run), error: error ?? null };
  const identity = await identityOf(world, { runId: run });
  return finishRemoval(world.app.ports, { identity, body, deploymentId: id });
}

const madeBy = ({ generation }: StoredDeployment, name: string) => {
  const url = `https://${name}.host.example/`;
  return { url, healthPath: '/', handle: { slug: SLUG, generation, url, healthPath: '/', handle: { name } } };
};

/** A run takes the newest commit on and announces its deployment. */
async function announce(world: World, { number, sha }: { number: number; sha: string }, attempt = 1) {
  const { deployment } = await begin(world, { number, sha, attempt, target: 'command' });
  const previous = await announceResource(world.app.ports, { deploymentId: deployment.id });
  return { deployment, previous };
}

async function deploy(world: World, pull: { number: number; sha: string }, name = 'one') {
  const { deployment, previous } = await announce(world, pull);
  const made = madeBy(deployment, name);
  await recordResource(world.app.ports, { deploymentId: deployment.id, made });
  return { deployment, previous };
}

async function push(world: World): Promise<{ number: number; sha: string }> {
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  return { number: 1, sha };
}

async function close(world: World, merged = false): Promise<void> {
  world.github.closePullRequest({ repository: REPOSITORY, number: 1, merged });
  await world.drain();
}

async function reopen(world: World): Promise<void> {
  world.github.reopenPullRequest({ repository: REPOSITORY, number: 1 });
  await world.drain();
}

const resourcesOf = async (world: World) => (await lookAt(world, 1)).environment.resources;

test('what a run has to remove is given to one run, again when that asks again, and to another when it fell silent', async () => {
  await using world = await startWorld();
  const { deployment } = await deploy(world, await openPullRequest(world));
  await close(world);
  const first = await remove(world);
  expect(first.removals.map(({ resource }) => resource.deploymentId)).toEqual([deployment.id]);
  expect((await remove(world)).removals).toHaveLength(1);
  expect(await remove(world, { run: '902' })).toMatchObject({ removals: [], busy: 1 });
  const later = portsIn(REMOVING_MS + 1, world);
  const identity = { expiresAt: new Date(Date.now() + 2 * REMOVING_MS) };
  expect(await remove(world, { run: '902', ports: later, identity })).toMatchObject({
    removals: [{}],
    busy: 0,
  });
  await expect(finish(world, { id: deployment.id })).rejects.toMatchObject({ code: 'conflict' });
  expect((await finish(world, { id: deployment.id, run: '902' })).resources).toEqual([]);
  await world.drain();
  expect((await lookAt(world, 1)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  // Repeated: it is gone.
  await finish(world, { id: deployment.id, run: '902' });
});

test('while a run removes, a deployment of the same preview waits, and while one deploys, nothing is given to be removed', async () => {
  await using world = await startWorld();
  const pull = await openPullRequest(world);
  const { deployment } = await deploy(world, pull);
  await close(world);
  expect((await remove(world)).removals).toHaveLength(1);
  await reopen(world);
  const next = await push(world);
  const { deployment: second } = await begin(world, { ...next, target: 'command' });
  const deploymentId = second.id;
  await expect(announceResource(world.app.ports, { deploymentId })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/removes the earlier deployment/),
  });
  await finish(world, { id: deployment.id, error: 'The host refuses.' });
  expect(await announceResource(world.app.ports, { deploymentId })).toMatchObject({
    handle: { name: 'one' },
  });
  expect((await remove(world, { run: '902' })).removals).toEqual([]);
  await recordResource(world.app.ports, { deploymentId, made: madeBy(second, 'one') });
  // It is the same resource: the newer deployment has it now.
  expect(await resourcesOf(world)).toMatchObject([{ deploymentId, doomed: false }]);
});

test('a deployment that comes late is to be removed, unless a newer one has the same resource', async () => {
  await using world = await startWorld();
  const old = await announce(world, await openPullRequest(world));
  const young = await deploy(world, await push(world), 'two');
  const late = (name: string) =>
    recordResource(world.app.ports, {
      deploymentId: old.deployment.id,
      made: madeBy(old.deployment, name),
    });
  await expect(late('two')).rejects.toMatchObject({ code: 'stale_head' });
  expect((await resourcesOf(world)).map(({ deploymentId }) => deploymentId)).toEqual([young.deployment.id]);
  await expect(late('one')).rejects.toMatchObject({ code: 'stale_head' });
  expect(await resourcesOf(world)).toMatchObject([
    { deploymentId: young.deployment.id, doomed: false },
    { deploymentId: old.deployment.id, doomed: true },
  ]);
});

test('a run may name only its own deployment', async () => {
  await using world = await startWorld();
  const { deployment } = await announce(world, await openPullRequest(world));
  const made = madeBy(deployment, 'one');
  for (const foreign of [{ slug: 'pr-2-hello' }, { generation: 9 }]) {
    const handle = { ...made.handle, ...foreign };
    const recording = recordResource(world.app.ports, {
      deploymentId: deployment.id,
      made: { ...made, handle },
    });
    await expect(recording).rejects.toMatchObject({ code: 'bad_request' });
  }
});

test.each([
  ['another pull request', { pullRequest: 2 }],
  ['a branch, started by hand', { pullRequest: null, branch: 'feature', eventName: 'workflow_dispatch' }],
  ['nothing', { pullRequest: null, eventName: 'workflow_dispatch' }],
  ['another run', { runId: '1' }],
] as const)('the identity of %s removes nothing', async (_whose, identity) => {
  await using world = await startWorld();
  await deploy(world, await openPullRequest(world));
  await close(world);
  await expect(remove(world, { identity })).rejects.toMatchObject({ code: 'forbidden' });
});

test('an identity token removes once', async () => {
  await using world = await startWorld();
  await deploy(world, await openPullRequest(world));
  await close(world);
  const identity = { jti: 'one' };
  await remove(world, { identity });
  await expect(remove(world, { identity })).rejects.toMatchObject({ code: 'unauthorized' });
});

test('the destroy command gets the secrets, and not in a run of a commit that waits for approval', async () => {
  const repository = {
    fullName: REPOSITORY,
    files: { 'index.html': '' },
    collaborators: { reader: 'read' },
  } as const;
  await using world = await startWorld({ github: { users: [AUTHOR, 'reader'], repositories: [repository] } });
  const pull = await openPullRequest(world);
  const { projectId } = (await lookAt(world, 1)).environment;
  const values = { TOKEN: 'of the host' };
  await setSecrets(world.app.ports, { scope: { layer: 'project', projectId }, values, actor: 'test' });
  const { deployment } = await deploy(world, pull);
  await world.github.push({ repository: REPOSITORY, branch: 'change', pusher: 'reader' });
  await world.drain();
  await close(world);
  const given = async (asking: Asking) =>
    (await remove(world, asking)).removals.map(({ secrets }) => secrets);
  expect(await given({ run: '901' })).toEqual([{}]);
  await finish(world, { id: deployment.id, error: 'no token' });
  const byHand = { pullRequest: null, branch: 'main', eventName: 'workflow_dispatch' };
  expect(await given({ run: '902', identity: byHand })).toEqual([values]);
});

test('a run of the commit that was deployed gets the secrets for its destroy command', async () => {
  await using world = await startWorld();
  const pull = await openPullRequest(world);
  const { projectId } = (await lookAt(world, 1)).environment;
  const values = { TOKEN: 'of the host' };
  await setSecrets(world.app.ports, { scope: { layer: 'project', projectId }, values, actor: 'test' });
  await deploy(world, pull);
  await close(world);
  expect((await remove(world)).removals.map(({ secrets }) => secrets)).toEqual([values]);
});
