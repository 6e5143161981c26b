import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Store } from '../../app/store/connect.js';
import {
  configurationChanges,
  configurationOf,
  configurationProblem,
} from '../../src/deployments/configuration.js';
import type { Environment } from '../../src/environments/model.js';
import { draftEnvironment } from '../../src/environments/draft.js';
import { createSeal } from '../../src/secrets/envelope.js';
import { createKey, parseKeys } from '../../src/secrets/keys.js';
import { setSecrets, setVariables } from '../../src/secrets/write.js';
import { defaultSettings } from '../../src/settings/settings.js';
import type { ServerTarget } from '../../src/targets/target.js';
import { createStaticTarget } from '../../src/targets/static/static.js';
import type { Scope } from '../../src/variables/scope.js';
import { newEnvironment, pullRequest } from '../support/builders.js';
import { createMemoryStaticHosting } from '../support/memory-static-hosting.js';
import { openTestStore } from '../support/open-test-store.js';

const OWNER = 5;
const REPO = 10;

/** A target whose options are the names of services with addresses of their own. */
const withServices = {
  ...createStaticTarget({ hosting: createMemoryStaticHosting() }),
  options: z.array(z.string()),
  addresses: (options: unknown) => options as readonly string[],
} as unknown as ServerTarget<unknown, unknown>;

let store: Store;
let projectId = '';
const seal = createSeal(parseKeys(createKey('k1')));
const ports = () => ({
  ...store.stores,
  seal,
  clock: { now: () => new Date() },
  defaultTarget: 'static',
  targets: new Map([['shop', withServices]]),
  publicUrl: 'http://localhost:3000',
  previewBase: { protocol: 'http', domain: 'localhost', port: 3000 } as const,
});

beforeAll(async () => {
  store = await openTestStore();
  const repo = { id: REPO, ownerId: OWNER, fullName: 'octo/site', defaultBranch: 'main', private: false };
  await store.stores.repos.save({ ...repo, installationId: 7 });
  projectId = await projectNamed('site');
  await projectNamed('api');
  await set({ layer: 'org', ownerId: OWNER }, { SHARED: 'org', TEAM: 'org' });
  await set({ layer: 'project', projectId }, { SHARED: 'project', FROM_FILE: 'stored' });
  await set({ layer: 'class', projectId, class: 'preview' }, { API: '${preview:api.url}/v1' });
  await setSecrets(ports(), { scope: { layer: 'project', projectId }, values: SECRETS, actor: 'test' });
});
afterAll(async () => {
  await store.close();
});

const SECRETS = { TOKEN: 'a secret token', HOOK: 'https://x:y@${preview:api.host}/' };

async function projectNamed(name: string): Promise<string> {
  return (await store.stores.projects.ensure({ repoId: REPO, name, slug: name, fallbackSlug: `${name}-2` }))
    .id;
}

async function set(scope: Scope, values: Record<string, string>): Promise<void> {
  await setVariables(ports(), { scope, values, actor: 'test' });
}

/** The preview of pull request 7. */
function environment(changes: Partial<Environment> = {}): Environment {
  const fresh = newEnvironment({ projectId, repoId: REPO, name: 'pr-7' });
  const draft = draftEnvironment(fresh, { id: 'e'.repeat(24), now: new Date(0) });
  return { ...draft, pullRequest: pullRequest(), ...changes };
}

const settings = defaultSettings();
const withFile = {
  ...settings,
  secrets: ['TOKEN', 'MISSING', 'IN_WORKFLOW'],
  build: { ...settings.build, env: { FROM_FILE: 'file', TEAM: 'file' } },
};
const fork = pullRequest({ head: { ref: 'x', sha: 'a'.repeat(40), repoId: 11 } });

test('a preview gets its nearest variables and secrets, with the addresses of its siblings', async () => {
  const { variables, secrets, problems } = await configurationOf(
    ports(),
    environment({ settings: withFile }),
  );
  expect(variables).toMatchObject({
    ...{ SHARED: 'project', TEAM: 'file', FROM_FILE: 'stored' },
    ...{ API: 'http://pr-7-api.localhost:3000/v1', PREVIEW_PR_NUMBER: '7' },
  });
  expect(secrets).toEqual({ TOKEN: 'a secret token', HOOK: 'https://x:y@pr-7-api.localhost:3000/' });
  expect(problems).toEqual([]);
});

test('a preview knows where each of its services will be', async () => {
  const target = { name: 'shop', options: ['api', 'mail-ui'] as unknown as Record<string, unknown> };
  const { variables } = await configurationOf(ports(), environment({ settings: { ...settings, target } }));
  expect(variables).toMatchObject({
    PREVIEW_URL_API: 'http://api-pr-7-site.localhost:3000',
    PREVIEW_URL_MAIL_UI: 'http://mail-ui-pr-7-site.localhost:3000',
  });
  for (const other of [
    { ...target, options: {} },
    { name: 'gone', options: {} },
  ]) {
    const { variables: known } = await configurationOf(
      ports(),
      environment({ settings: { ...settings, target: other } }),
    );
    expect(Object.keys(known).filter((name) => name.startsWith('PREVIEW_URL_'))).toEqual([]);
  }
});

test('the commit of a fork gets nothing that is stored, although it was approved', async () => {
  const approved = { pullRequest: fork, approvedSha: fork.head.sha, settings: withFile };
  const configuration = await configurationOf(ports(), environment(approved));
  expect(configuration.secrets).toEqual({});
  expect(Object.keys(configuration.variables).filter((name) => !name.startsWith('PREVIEW'))).toEqual([
    'FROM_FILE',
    'TEAM',
  ]);
  expect(configurationProblem(environment(approved), { configuration, provided: [] })).toMatch(
    /TOKEN, MISSING, IN_WORKFLOW are required .* the code of a fork gets no variables and no secrets/,
  );
});

test('a name that is required and not set stops the run, and the reason says where to set it', async () => {
  const seen = environment({ settings: withFile });
  const configuration = await configurationOf(ports(), seen);
  const problem = configurationProblem(seen, { configuration, provided: ['IN_WORKFLOW'] });
  expect(problem).toContain('MISSING is required by "secrets" in .github/preview.yml and not set');
  expect(problem).toContain(`PUT /api/v1/projects/${projectId}/secrets`);
  const all = ['IN_WORKFLOW', 'MISSING'];
  expect(configurationProblem(seen, { configuration, provided: all })).toBeNull();
});

test('a reference to a project that there is not stops the run', async () => {
  const scope = { layer: 'pull-request', projectId, pullRequest: 8 } as const;
  await set(scope, { WRONG: 'see ${preview:nothing.url}' });
  await setSecrets(ports(), { scope, values: { HIDDEN: '${preview:sshh.url}' }, actor: 'test' });
  const seen = environment({ pullRequest: pullRequest({ number: 8 }) });
  const configuration = await configurationOf(ports(), seen);
  expect(configuration.problems).toEqual([
    'WRONG refers to the preview of the project "nothing" that this repository does not have. It has: api, site.',
    'HIDDEN refers to the preview of a project that this repository does not have. It has: api, site.',
  ]);
  expect(configurationProblem(seen, { configuration, provided: [] })).toMatch(
    /^WRONG .* re-run the workflow\.$/,
  );
});

test('more than a process can have in its environment stops the run', async () => {
  const values = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`L${at}`, 'x'.repeat(60_000)]));
  await set({ layer: 'pull-request', projectId, pullRequest: 9 }, values);
  const { problems } = await configurationOf(
    ports(),
    environment({ pullRequest: pullRequest({ number: 9 }) }),
  );
  expect(problems).toEqual([expect.stringContaining('more than 1 MiB together')]);
});

test('a preview knows that its configuration was changed, and only its own', async () => {
  const live = async (number: number) => {
    const seen = environment({ pullRequest: pullRequest({ number }), id: String(number).padStart(24, '0') });
    const { fingerprint: configuration } = await configurationOf(ports(), { ...seen, settings: withFile });
    const current = { deploymentId: 'd', sha: 's', url: 'u', at: new Date(0), configuration };
    return { ...seen, current: { ...current, reach: { kind: 'files', root: 'r' } } } as Environment;
  };
  const both = [await live(21), await live(22)];
  const changes = async () => [...(await configurationChanges(ports(), both)).values()];
  expect(await changes()).toEqual([false, false]);
  const scope = { layer: 'pull-request', projectId, pullRequest: 21 } as const;
  await setSecrets(ports(), { scope, values: { TOKEN: 'another secret token' }, actor: 'test' });
  expect(await changes()).toEqual([true, false]);
  await setSecrets(ports(), { scope: { layer: 'project', projectId }, values: SECRETS, actor: 'test' });
  expect(await changes()).toEqual([true, false]);
  await set({ layer: 'org', ownerId: OWNER }, { TEAM: 'changed' });
  expect(await changes()).toEqual([true, true]);
  expect((await configurationChanges(ports(), [environment()])).size).toBe(0);
});

test('a ciphertext that was copied from another project is not read', async () => {
  const other = await projectNamed('other');
  const [entry] = await store.stores.secrets.of([{ layer: 'project', projectId }]);
  if (!entry) throw new Error('There is no secret.');
  await store.stores.secrets.put({ ...entry, scope: { layer: 'project', projectId: other } });
  await expect(configurationOf(ports(), environment({ projectId: other }))).rejects.toMatchObject({
    code: 'secret_unreadable',
  });
});
