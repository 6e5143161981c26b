import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import type { RunContext } from '../../demo/github/story/run-context.js';
import { type DirectoryHost, startDirectoryHost } from '../support/directory-host.js';
import { lookAt, portsIn } from '../support/look-at.js';
import { type PreviewRun, runPreview } from '../support/run-preview.js';
import { AUTHOR, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const DAY = 24 * 60 * 60_000;
const BRANCH = 'by-command';
const SLUG = 'pr-1-hello';
const STRANGER = 'stranger';

interface Stage extends AsyncDisposable {
  readonly world: World;
  readonly host: DirectoryHost;
  readonly number: number;
}

async function open(settings = ''): Promise<Stage> {
  const host = await startDirectoryHost();
  const files = { 'index.html': '<h1>First</h1>\n', ...(settings && { '.github/preview.yml': settings }) };
  const world = await startWorld({ files, github: { users: [AUTHOR, STRANGER] } });
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: BRANCH });
  await world.drain();
  return {
    world,
    host,
    number: pullRequest.number,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

async function run({ world, host, number }: Stage, more: Partial<PreviewRun> = {}) {
  const inputs = { ...host.inputs, ...more.inputs };
  const result = await runPreview(world, { number, ...more, inputs });
  await world.drain();
  return result;
}

async function live(stage: Stage, more: Partial<PreviewRun> = {}): Promise<void> {
  const { exitCode, log } = await run(stage, more);
  expect({ exitCode, log: exitCode === 0 ? '' : log }).toEqual({ exitCode: 0, log: '' });
}

async function push({ world }: Stage, text = 'Second'): Promise<void> {
  const files = { 'index.html': `<h1>${text}</h1>\n` };
  await world.github.push({ repository: REPOSITORY, branch: BRANCH, files });
  await world.drain();
}

async function close({ world, number }: Stage, merged = false): Promise<void> {
  world.github.closePullRequest({ repository: REPOSITORY, number, merged });
  await world.drain();
}

async function shown({ world, number }: Stage): Promise<StoredEnvironment> {
  return (await lookAt(world, number)).environment;
}

async function commentOf({ world, number }: Stage): Promise<string> {
  return (await world.reviewer.comments(number))[0]?.body ?? '';
}

test('two pushes to one name are one resource, whose newest handle counts, and nothing is removed between them', async () => {
  await using stage = await open();
  await live(stage);
  await push(stage);
  await live(stage);
  const { resources, current, generation } = await shown(stage);
  expect(resources).toMatchObject([{ generation, doomed: false, handle: { handle: { name: SLUG } } }]);
  expect((await visit(current?.url ?? '')).body).toContain('Second');
});

/** Every deployment has a name of its own, as on hosts whose deployments never change. */
const OWN_NAMES = {
  'deploy-command': `
    name="$PREVIEW_SLUG-$PREVIEW_COMMIT_SHA"
    cat "$PREVIEW_HANDLE_FILE"
    mkdir -p "$HOST_DIR/$name" && cp index.html "$HOST_DIR/$name/"
    echo "$HOST_URL/$name/" > "$PREVIEW_URL_FILE"
    echo "{\\"name\\": \\"$name\\"}" > "$PREVIEW_HANDLE_FILE"`,
  'destroy-command': `
    test ! -e "$HOST_DIR/refuses" || { echo "The host refuses."; exit 3; }
    rm -rf "$HOST_DIR/$(node -p 'JSON.parse(fs.readFileSync(process.env.PREVIEW_HANDLE_FILE)).name')"`,
};

test('another handle is another resource: the older one is removed by the run that took its place, once that is live', async () => {
  await using stage = await open();
  await live(stage, { inputs: OWN_NAMES });
  const [first] = stage.host.held();
  await push(stage);
  const { log, exitCode } = await run(stage, { inputs: OWN_NAMES });
  expect(exitCode).toBe(0);
  // The deploy command found the handle of the older one.
  expect(log).toContain(`{"name":"${String(first)}"}`);
  expect(stage.host.held()).toHaveLength(1);
  expect(stage.host.held()).not.toContain(first);
  expect((await shown(stage)).resources).toHaveLength(1);
});

test('an older deployment that cannot be removed fails nothing, is reported, and goes with the next run', async () => {
  await using stage = await open();
  await live(stage, { inputs: OWN_NAMES });
  const first = stage.host.held();
  await push(stage);
  const refusal = { ...OWN_NAMES, 'destroy-command': 'echo "No right to." && exit 3' };
  const { exitCode, summary } = await run(stage, { inputs: refusal });
  expect(exitCode).toBe(0);
  expect(summary).toMatch(/An earlier deployment is still there/);
  expect(await commentOf(stage)).toMatch(/could not remove what the workflow deployed/);
  expect(stage.host.held()).toEqual(expect.arrayContaining(first));
  await push(stage, 'Third');
  await live(stage, { inputs: OWN_NAMES });
  expect(stage.host.held()).toHaveLength(1);
  expect(await commentOf(stage)).not.toMatch(/could not remove/);
});

test('a destroy command that fails is shown, and running it again completes the removal', async () => {
  await using stage = await open();
  await live(stage);
  await close(stage);
  const runs: RunContext[] = [];
  const failing = { 'destroy-command': 'echo "The host refuses." && exit 3' };
  const { exitCode, outputs } = await run(stage, {
    inputs: failing,
    closed: true,
    onRun: (context) => void runs.push(context),
  });
  expect([exitCode, outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.failed]);
  const { status: left, url } = await shown(stage);
  expect(left).toBe(ENVIRONMENT_STATUS.destroying);
  expect((await visit(url)).body).toMatch(/is being removed[^]*could not remove it from its host/);
  expect(await commentOf(stage)).toMatch(/could not remove .*Fix the cause[^]*exit code 3/);
  expect(await commentOf(stage)).toContain(`/actions/runs/${String(runs[0]?.id)}/`);
  await run(stage, { closed: true, ...(runs[0] && { rerunOf: runs[0] }) });
  expect(await shown(stage)).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, resources: [] });
  expect(stage.host.held()).toEqual([]);
  // Once more changes nothing.
  const again = await run(stage, { closed: true });
  expect([again.exitCode, again.outputs['reason']]).toEqual([0, 'Nothing was left to remove.']);
});

test('the run of a merged pull request belongs to the base branch, and may remove its preview', async () => {
  await using stage = await open();
  await live(stage);
  await close(stage, true);
  await live(stage, { closed: true });
  expect((await shown(stage)).status).toBe(ENVIRONMENT_STATUS.destroyed);
});

test('a run that a person starts on the default branch may remove the preview of a closed pull request, and of no open one', async () => {
  await using stage = await open();
  await live(stage);
  const byHand = { byHand: true, inputs: { action: 'destroy', 'pr-number': String(stage.number) } };
  const early = await run(stage, byHand);
  expect([early.exitCode, early.outputs['status']]).toEqual([0, STAGE_STATUS.skipped]);
  expect(stage.host.held()).toEqual([SLUG]);
  await close(stage);
  await live(stage, byHand);
  expect((await shown(stage)).status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(stage.host.held()).toEqual([]);
});

test('reopened before a run removed it, the next deployment takes it over instead of losing it', async () => {
  await using stage = await open();
  await live(stage);
  await close(stage);
  stage.world.github.reopenPullRequest({ repository: REPOSITORY, number: stage.number });
  await stage.world.drain();
  await push(stage);
  await live(stage);
  // The run of the earlier end is late.
  const late = await run(stage, { closed: true });
  expect(late.outputs['status']).toBe(STAGE_STATUS.skipped);
  expect(stage.host.held()).toEqual([SLUG]);
  const { status, resources } = await shown(stage);
  expect(status).toBe(ENVIRONMENT_STATUS.ready);
  expect(resources).toHaveLength(1);
});

test('a deploy command that fails before it made anything leaves nothing to wait for', async () => {
  await using stage = await open();
  const failing = { 'deploy-command': 'echo "No right to." && exit 3' };
  expect((await run(stage, { inputs: failing })).exitCode).toBe(1);
  expect((await shown(stage)).resources).toEqual([]);
  await close(stage);
  expect((await shown(stage)).status).toBe(ENVIRONMENT_STATUS.destroyed);
});

test('what a deploy command made before it failed is removed with the preview', async () => {
  await using stage = await open();
  const half = { 'deploy-command': `${stage.host.inputs['deploy-command'] ?? ''}\nexit 3` };
  expect((await run(stage, { inputs: half })).exitCode).toBe(1);
  expect(stage.host.held()).toEqual([SLUG]);
  await close(stage);
  await live(stage, { closed: true });
  expect(stage.host.held()).toEqual([]);
});

test('a run that dies while it deploys leaves a name, which the destroy command gets', async () => {
  await using stage = await open();
  const dying = { 'deploy-command': 'kill -KILL $PPID' };
  expect((await run(stage, { inputs: dying })).exitCode).not.toBe(0);
  expect((await shown(stage)).resources).toMatchObject([{ handle: null, reach: null }]);
  await close(stage);
  const { log, exitCode } = await run(stage, {
    closed: true,
    inputs: { 'destroy-command': 'echo "name=$PREVIEW_SLUG url=$(cat "$PREVIEW_URL_FILE")."' },
  });
  expect(exitCode).toBe(0);
  expect(log).toContain(`name=${SLUG} url=.`);
  expect((await shown(stage)).status).toBe(ENVIRONMENT_STATUS.destroyed);
});

test('without a destroy command it is a link, which must be removed where it is', async () => {
  await using stage = await open();
  await live(stage, { inputs: { 'destroy-command': '' } });
  expect(await shown(stage)).toMatchObject({
    resources: [],
    current: { reach: { kind: 'elsewhere', removable: false } },
  });
  await close(stage);
  expect((await shown(stage)).status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(await commentOf(stage)).toMatch(/must be removed there/);
});

test('settings that name another target win over the command of the workflow', async () => {
  await using stage = await open('target: static\n');
  const { exitCode, outputs } = await run(stage);
  expect(exitCode).toBe(1);
  expect(outputs['reason']).toMatch(/asks for the target "command", and the project has the target "static"/);
  expect(stage.host.held()).toEqual([]);
});

test('settings that name the command target need a workflow with a command', async () => {
  await using stage = await open('target: command\n');
  const { exitCode, outputs } = await run(stage, { inputs: { 'deploy-command': '' } });
  expect(exitCode).toBe(1);
  expect(outputs['reason']).toMatch(/needs the input "deploy-command"/);
});

test('a pull request of a fork gets neither secrets nor a deployment', async () => {
  await using stage = await open();
  const { pullRequest } = await stage.world.github.openPullRequest({
    repository: REPOSITORY,
    head: 'from-a-fork',
    fork: STRANGER,
    author: STRANGER,
  });
  await stage.world.drain();
  const { exitCode, outputs } = await run({ ...stage, number: pullRequest.number });
  expect([exitCode, outputs['status']]).toEqual([0, STAGE_STATUS.skipped]);
  expect(stage.host.held()).toEqual([]);
});

test('when no run comes for two weeks, the preview ends without one, and what is left is listed until an operator forgets it', async () => {
  await using stage = await open();
  const { world } = stage;
  await live(stage);
  await close(stage);
  await sweep(portsIn(13 * DAY, world));
  await world.drain();
  expect((await shown(stage)).status).toBe(ENVIRONMENT_STATUS.destroying);
  await sweep(portsIn(15 * DAY, world));
  await world.drain();
  const environment = await shown(stage);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(await commentOf(stage)).toMatch(/No workflow run removed in time[^]*127\.0\.0\.1/);
  expect(await world.app.ports.environments.withAbandoned(10)).toMatchObject([{ id: environment.id }]);
  // A run that comes later still removes it.
  await live(stage, { closed: true });
  expect(await world.app.ports.environments.withAbandoned(10)).toEqual([]);
  expect(stage.host.held()).toEqual([]);
});

test('a secret in the handle is refused before the server gets it', async () => {
  await using stage = await open();
  const leaking = {
    secrets: 'TOKEN=canary-of-this-test',
    'deploy-command': `${stage.host.inputs['deploy-command'] ?? ''}\necho "{\\"t\\": \\"$TOKEN\\"}" > "$PREVIEW_HANDLE_FILE"`,
  };
  const { exitCode, outputs } = await run(stage, { inputs: leaking });
  expect(exitCode).toBe(1);
  expect(outputs['reason']).toMatch(/holds a secret/);
  expect(JSON.stringify(await shown(stage))).not.toContain('canary-of-this-test');
  // It was made all the same.
  expect((await shown(stage)).resources).toHaveLength(1);
});
