import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../../src/shared/status/words.js';
import { type DockerAnswer, type DockerCall, fakeDocker, PUSHED } from '../support/fake-docker.js';
import { type FakeOptions, type FakeVitrine, startFakeVitrine } from '../support/fake-vitrine.js';
import { startRecordingServer } from '../support/recording-server.js';
import { forgetSharedFiles, identityEnv, runSource } from '../support/run-action.js';
import { makeWorkspace } from '../support/workspace.js';

afterAll(forgetSharedFiles);

const REGISTRY = { host: 'vitrine.example', repository: 'pr-7-hello' };
const NAME = 'vitrine.example/pr-7-hello:1234567';
const DOCKERFILE = { Dockerfile: 'FROM scratch\n' };

interface Play {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly plan?: Readonly<Record<string, unknown>>;
  readonly answers?: readonly DockerAnswer[];
  readonly fault?: FakeOptions['fault'];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

async function deploy({ inputs = {}, files = DOCKERFILE, plan, answers = [], fault, env }: Play = {}) {
  const server = await startFakeVitrine({
    plan: { target: 'docker', takes: 'image', starts: true, registry: REGISTRY, ...plan },
    ...(fault && { fault }),
  });
  await using workspace = await makeWorkspace(files);
  const docker = await fakeDocker(workspace, answers);
  const ran = await runSource({
    workspace,
    inputs: { 'server-url': server.url, 'wait-timeout': '20s', ...inputs },
    env: { ...identityEnv(server.url), ...docker.env, ...env },
  });
  const left = await readdir(workspace.root);
  await server[Symbol.asyncDispose]();
  const calls = await docker.calls();
  return { ran, server, calls, left, code: workspace.code };
}

const linesOf = (calls: readonly DockerCall[]) => calls.map(({ args }) => args.join(' '));
const called = (calls: readonly DockerCall[], start: string) =>
  calls.find(({ args }) => args.join(' ').startsWith(start));

function stagesOf(server: FakeVitrine): Record<string, string> {
  const { stages } = server.bodies('progress').at(-1) as { stages: { name: string; status: string }[] };
  return Object.fromEntries(stages.map(({ name, status }) => [name, status]));
}

function logsOf(server: FakeVitrine): string {
  const batches = server.bodies('logs') as { lines: { text: string }[] }[];
  return batches.flatMap(({ lines }) => lines.map(({ text }) => text)).join('\n');
}

test('an image is built, pushed with the token of the run, started and visited', async () => {
  const { ran, server, calls, left, code } = await deploy();
  expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.success, reason: '' });
  const { pathname: path } = new URL(`file://${code}`);
  expect(linesOf(calls)).toEqual([
    'buildx version',
    expect.stringMatching(
      `^buildx build --progress=plain --load --file ${path}/Dockerfile --tag ${NAME} .*${path}$`,
    ),
    'context inspect --format {{.Endpoints.docker.Host}}',
    'login vitrine.example --username run --password-stdin',
    `push ${NAME}`,
    `image rm --no-prune ${NAME}`,
  ]);
  const login = called(calls, 'login');
  expect(login?.input).toBe('vtr_run-2');
  expect(login?.config).toBe('{"auths":{"vitrine.example":{}}}');
  // The private configuration names no other engine, and is gone afterwards.
  expect(login?.env['DOCKER_HOST']).toBe('unix:///var/run/other.sock');
  expect(called(calls, 'push')?.env['DOCKER_CONFIG']).toBe(login?.env['DOCKER_CONFIG']);
  expect(left.filter((name) => name.startsWith('vitrine-docker-'))).toEqual([]);
  expect(server.bodies('program')).toEqual([{ image: { digest: PUSHED }, seen: 0 }]);
  expect(server.calls('page').map(({ host }) => host)).toEqual([expect.stringMatching(/^1234567-pr-7/)]);
  expect(logsOf(server)).toContain('Starting (1)');
  expect(stagesOf(server)).toEqual({
    installing: STAGE_STATUS.skipped,
    building: STAGE_STATUS.completed,
    deploying: STAGE_STATUS.completed,
    verifying: STAGE_STATUS.completed,
  });
});

test('args, secrets and a cache reach BuildKit, and no secret a command line or a log', async () => {
  const files = { 'web/Dockerfile.prod': 'FROM scratch\n', 'web/app/x': '' };
  const inputs = {
    'working-directory': 'web',
    dockerfile: 'Dockerfile.prod',
    context: 'app',
    'build-args': 'COLOUR=teal\nTITLE=two words; rm -rf /',
    'build-secrets': 'NPM_TOKEN=canary-of-npm',
    cache: 'gha',
    port: '4000',
    'start-command': './serve',
  };
  const answers = [{ to: 'buildx build', stdout: 'the secret is canary-of-npm' }];
  const env = { ACTIONS_RUNTIME_TOKEN: 'canary-runtime', ACTIONS_RESULTS_URL: 'https://cache.example' };
  const plan = { secrets: { STORED: 'canary-stored' }, variables: { PREVIEW_PROJECT: 'Shop & more' } };
  const { ran, server, calls, code } = await deploy({ files, inputs, answers, env, plan });
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
  const build = called(calls, 'buildx build');
  expect(build?.args).toEqual([
    ...[
      'buildx',
      'build',
      '--progress=plain',
      '--load',
      '--file',
      `${code}/web/Dockerfile.prod`,
      '--tag',
      NAME,
    ],
    ...['--build-arg', 'PREVIEW_PROJECT=Shop & more', '--build-arg', 'COLOUR=teal'],
    ...['--build-arg', 'TITLE=two words; rm -rf /'],
    ...['--secret', 'id=STORED,env=VITRINE_BUILD_SECRET_STORED'],
    ...['--secret', 'id=NPM_TOKEN,env=VITRINE_BUILD_SECRET_NPM_TOKEN'],
    ...['--cache-from', 'type=gha,scope=Shop---more'],
    ...['--cache-to', 'type=gha,scope=Shop---more,mode=max,ignore-error=true'],
    `${code}/web/app`,
  ]);
  expect(build?.env).toMatchObject({
    VITRINE_BUILD_SECRET_NPM_TOKEN: 'canary-of-npm',
    ACTIONS_RUNTIME_TOKEN: 'canary-runtime',
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
  });
  expect(build?.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']).toBeUndefined();
  const shown = ran.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  expect(shown.join('\n') + logsOf(server)).not.toContain('canary');
  expect(server.bodies('program')).toEqual([
    { image: { digest: PUSHED }, start: './serve', port: 4_000, seen: 0 },
  ]);
});

test('the classic builder builds where there is no buildx, and takes no secrets', async () => {
  const answers = [{ to: 'buildx version', code: 1, stderr: "docker: 'buildx' is not a docker command." }];
  const { ran, calls } = await deploy({ answers, inputs: { cache: 'ghcr.io/acme/shop:cache' } });
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
  const build = called(calls, 'build --file');
  expect([build?.env['DOCKER_BUILDKIT'], build?.args.includes('--cache-from')]).toEqual(['0', false]);
  const refused = await deploy({ answers, inputs: { 'build-secrets': 'TOKEN=canary-token' } });
  expect(refused.ran.outputs['reason']).toContain('"build-secrets" needs BuildKit');
});

test.each([
  [
    'without a Dockerfile',
    { files: { 'README.md': '' } },
    'There is no Dockerfile at "Dockerfile": add one, set',
  ],
  [
    'with a context outside the checkout',
    { inputs: { context: 'out' }, files: { ...DOCKERFILE, out: '' } },
    'The build context "out" is a file',
  ],
  [
    'that fails',
    { answers: [{ to: 'buildx build', code: 1, stderr: 'ERROR: failed to solve: no such file' }] },
    'The image could not be built: ERROR: failed to solve: no such file',
  ],
  [
    'whose builder has no cache',
    {
      inputs: { cache: 'gha' },
      answers: [
        {
          to: 'buildx build',
          code: 1,
          stderr: 'ERROR: Cache export is not supported for the docker driver.',
        },
      ],
    },
    'add a step with docker/setup-buildx-action',
  ],
  ['that is prebuilt and has no image', { inputs: { prebuilt: 'true' } }, 'set the input "image"'],
  [
    'with an input of another target',
    { inputs: { 'compose-file': 'compose.yml' } },
    'remove the input "compose-file"',
  ],
  [
    'with an image and a Dockerfile',
    { inputs: { image: 'a', dockerfile: 'Dockerfile' } },
    'remove it, or the inputs',
  ],
  ['without docker', { env: { PATH: '/nowhere' } }, 'There is no "docker" on this runner'],
])('a build %s fails with what to do', async (_title, play, words) => {
  const { ran, server } = await deploy(play);
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.failed);
  expect(`${String(ran.outputs['reason'])} ${logsOf(server)}`).toContain(words);
  expect(server.calls('program')).toEqual([]);
});

test('an image of the local engine is pushed as it is, by the input before the settings', async () => {
  const answers = [{ to: 'image inspect --format {{.Id}} shop:test', stdout: 'sha256:1' }];
  const play = { answers, inputs: { image: 'shop:test' }, plan: { image: 'ghcr.io/acme/shop:1' } };
  const { ran, server, calls } = await deploy(play);
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
  expect(linesOf(calls).slice(0, 2)).toEqual([
    'image inspect --format {{.Id}} shop:test',
    `tag shop:test ${NAME}`,
  ]);
  expect(server.bodies('program')).toEqual([{ image: { digest: PUSHED }, seen: 0 }]);
});

test('an image of a registry is named by its digest, which the registry tells to who may know it', async () => {
  const digest = `sha256:${'b'.repeat(64)}`;
  const basic = `Basic ${Buffer.from('octavia:pass:word').toString('base64')}`;
  await using registry = await startRecordingServer(({ path, authorization, host }) => {
    if (path.startsWith('/token'))
      return authorization === basic ? { status: 200, json: { token: 'seen' } } : { status: 401 };
    if (authorization === 'Bearer seen') return { status: 200, headers: { 'docker-content-digest': digest } };
    const challenge = `Bearer realm="http://${host}/token",service="registry",scope="repository:acme/shop:pull"`;
    return { status: 401, headers: { 'www-authenticate': challenge } };
  });
  const image = `127.0.0.1:${String(registry.port)}/acme/shop`;
  const auth = { username: 'octavia', password: 'pass:word' };
  const inputs = { image: `${image}:1.2`, 'registry-auth': 'octavia:pass:word' };
  const { server, ran } = await deploy({ inputs });
  expect(server.bodies('program')).toEqual([{ image: { reference: `${image}@${digest}`, auth }, seen: 0 }]);
  expect(registry.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'HEAD /v2/acme/shop/manifests/1.2',
    'GET /token?service=registry&scope=repository%3Aacme%2Fshop%3Apull',
    'HEAD /v2/acme/shop/manifests/1.2',
  ]);
  expect(ran.stdout.replace(/^::add-mask::.*$/gm, '')).not.toContain('pass:word');
  const unknown = await deploy({ inputs: { image: `${image}:1.2` } });
  expect(unknown.ran.outputs['reason']).toContain('set the input "registry-auth" to user:password');
  // Without an engine it works as well.
  const named = await deploy({ inputs: { image: `ghcr.io/acme/shop@${digest}` }, env: { PATH: '/nowhere' } });
  expect(named.server.bodies('program')).toEqual([
    { image: { reference: `ghcr.io/acme/shop@${digest}` }, seen: 0 },
  ]);
});

test('a push that breaks off is repeated with a new token', async () => {
  const answers = [{ to: 'push', code: 1, stderr: 'unauthorized: the token has expired', times: 1 }];
  const { ran, calls } = await deploy({ answers });
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
  const logins = calls.filter(({ args }) => args[0] === 'login');
  expect(logins.map(({ input }) => input)).toEqual(['vtr_run-2', 'vtr_run-3']);
});

test('a login over plain HTTP fails with where Docker takes that', async () => {
  const stderr = 'Error response from daemon: http: server gave HTTP response to HTTPS client';
  const { ran } = await deploy({ answers: [{ to: 'login', code: 1, stderr }] });
  expect(ran.outputs['reason']).toContain('which Docker accepts from 127.0.0.0/8 only');
});

test('the digest is inspected where the push does not tell it', async () => {
  const answers = [
    { to: 'push', stdout: 'pushed' },
    { to: `image inspect --format {{range`, stdout: `other@sha256:1\n${NAME.slice(0, -8)}@${PUSHED}` },
  ];
  const { server } = await deploy({ answers });
  expect(server.bodies('program')).toEqual([{ image: { digest: PUSHED }, seen: 0 }]);
});

const waiting = { started: false, problem: null, commitUrl: 'http://x.localhost' };

test('the run asks until the program has started, and a failure shows its last lines', async () => {
  const answers = [
    { status: 503, json: { error: { code: 'unavailable', message: 'Soon.' } } },
    { status: 200, json: { ...waiting, lines: ['one'], seen: 1 } },
    {
      status: 200,
      json: { ...waiting, problem: 'It ended with exit code 1.', lines: ['Error: no database'], seen: 2 },
    },
  ];
  const fault: FakeOptions['fault'] = ({ name, count }) =>
    name === 'program' ? answers[count - 1] : undefined;
  const { ran, server } = await deploy({ fault });
  expect(server.bodies('program')).toMatchObject([{ seen: 0 }, { seen: 0 }, { seen: 1 }]);
  expect(server.bodies('progress').at(-1)).toMatchObject({
    outcome: {
      error: 'It ended with exit code 1.',
      logTail: expect.arrayContaining(['one', 'Error: no database', 'It ended with exit code 1.']),
      cause: { line: 'Error: no database' },
    },
  });
  expect(ran.outputs['reason']).toBe('deploying failed: Error: no database');
});

test('a program that does not start in time ends the run', async () => {
  const fault: FakeOptions['fault'] = ({ name }) =>
    name === 'program' ? { status: 200, json: { ...waiting, lines: [], seen: 0 } } : undefined;
  const { ran } = await deploy({ fault, inputs: { 'wait-timeout': '1s' } });
  expect(ran.outputs['reason']).toContain('did not start in 1 s. Does it listen on 0.0.0.0:$PORT?');
});

test('for hooks that run before the program starts, the run waits longer', async () => {
  const fault: FakeOptions['fault'] = ({ name, count }) =>
    name === 'program' && count <= 2 ? { status: 200, json: { ...waiting, lines: [], seen: 0 } } : undefined;
  const inputs = { 'wait-timeout': '1s' };
  const { ran, server } = await deploy({ fault, inputs, plan: { hooksMs: 60_000 } });
  expect(server.bodies('program')).toHaveLength(3);
  expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.success, reason: '' });
});

test('commands that are given run before the image is built', async () => {
  const { server } = await deploy({
    inputs: { 'install-command': 'echo installed', 'build-command': 'echo built' },
  });
  expect(logsOf(server)).toMatch(/installed[^]*built[^]*Building "Dockerfile" with BuildKit/);
});

const COMPOSE = 'services: { web: { build: ./web }, worker: { build: . }, db: { image: postgres:16 } }\n';

function composed(code: string, more: object = {}) {
  const web = {
    build: { context: `${code}/web`, dockerfile: 'Dockerfile', target: 'run', args: { A: '1' } },
    ...more,
  };
  const services = {
    web,
    worker: { build: { context: code, dockerfile: 'worker.Dockerfile' } },
    db: { image: 'postgres:16' },
  };
  return { to: 'compose', stdout: JSON.stringify({ services }), stderr: 'warning: the variable is not set' };
}

/** A checkout at a known place, because Compose answers absolute paths. */
async function deployCompose(more: object = {}, inputs: Readonly<Record<string, string>> = {}) {
  const server = await startFakeVitrine({
    plan: {
      target: 'compose',
      takes: 'compose',
      starts: true,
      registry: REGISTRY,
      variables: { PREVIEW: 'true' },
    },
  });
  const files = { 'compose.yml': COMPOSE, 'web/Dockerfile': '', 'worker.Dockerfile': '' };
  await using workspace = await makeWorkspace(files);
  const docker = await fakeDocker(workspace, [composed(workspace.code, more)]);
  const env = { ...identityEnv(server.url), ...docker.env };
  const ran = await runSource({ workspace, inputs: { 'server-url': server.url, ...inputs }, env });
  await server[Symbol.asyncDispose]();
  await rm(join(workspace.root, 'bin', 'answers'));
  return { ran, server, calls: await docker.calls(), code: workspace.code };
}

test('of a compose file each built service is pushed, and the file is handed over as it is', async () => {
  const { ran, server, calls, code } = await deployCompose();
  expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.success, reason: '' });
  const read = called(calls, 'compose');
  expect(read?.args).toEqual(['compose', '--file', `${code}/compose.yml`, 'config', '--format', 'json']);
  expect(read?.env['PREVIEW']).toBe('true');
  const builds = calls.filter(({ args }) => args[1] === 'build');
  expect(builds.map(({ args }) => args.slice(4).join(' '))).toEqual([
    `--file ${code}/web/Dockerfile --tag vitrine.example/pr-7-hello/web:1234567 --target run --build-arg A=1 ${code}/web`,
    `--file ${code}/worker.Dockerfile --tag vitrine.example/pr-7-hello/worker:1234567 ${code}`,
  ]);
  const digest = PUSHED;
  expect(server.bodies('program')).toEqual([
    { compose: { file: COMPOSE, images: { web: { digest }, worker: { digest } } }, seen: 0 },
  ]);
});

test.each([
  ['a context outside the checkout', { build: { context: '/etc' } }, {}, 'leads out of the checkout'],
  [
    'a context of another host',
    { build: { context: 'https://x.example/y.git' } },
    {},
    'is not built from the checkout',
  ],
  [
    'a Dockerfile inside the file',
    { build: { context: '/', dockerfile_inline: 'FROM x' } },
    {},
    'dockerfile_inline',
  ],
  ['no file', {}, { 'compose-file': 'other.yml' }, 'There is no compose file at "other.yml"'],
])('a compose file with %s is refused', async (_title, more, inputs, words) => {
  const { ran, server } = await deployCompose(more, inputs);
  expect(ran.outputs['reason']).toContain(words);
  expect(server.calls('program')).toEqual([]);
});
