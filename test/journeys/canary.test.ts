import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { visit } from '../../demo/visit.js';
import { pathTo } from '../../src/contract/client.js';
import { OPERATIONS } from '../../src/contract/openapi.js';
import type { Operation } from '../../src/contract/operation.js';
import { createToken } from '../../src/people/api-token.js';
import { rememberDelivered } from '../../src/secrets/delivered.js';
import { formsOf } from '../../src/shared/redact/forms.js';
import { createMatcher } from '../../src/shared/redact/matcher.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

/** In 18 bytes, so that its base64 has no rest. It has signs that URL, JSON and HTML forms change. */
const CANARY = 'canary"<4711>/+xyz';
const NAME = 'CANARY_SECRET';
const FORMS: Readonly<Record<string, string>> = {
  raw: CANARY,
  base64: Buffer.from(CANARY).toString('base64'),
  url: encodeURIComponent(CANARY),
  hex: Buffer.from(CANARY).toString('hex'),
  json: JSON.stringify(CANARY).slice(1, -1),
};

/**
 * Everything that the API can say. `asked`: its answers and its errors are searched below. `gives`: it hands the secrets of a verified,
 * trusted run over to that run, and nobody else may call it. A new operation fails the test until it is listed.
 */
const SURFACES: Readonly<Record<keyof typeof OPERATIONS, 'asked' | 'gives'>> = {
  showHome: 'asked',
  checkHealth: 'asked',
  checkReadiness: 'asked',
  describeServer: 'asked',
  listEnvironments: 'asked',
  getEnvironmentByNamespace: 'asked',
  getEnvironment: 'asked',
  listEnvironmentDeployments: 'asked',
  destroyEnvironment: 'asked',
  startDeployment: 'gives',
  getDeployment: 'asked',
  recordProgress: 'asked',
  appendLogs: 'asked',
  readLogs: 'asked',
  uploadPlan: 'asked',
  uploadPack: 'asked',
  startProgram: 'asked',
  listDeliveries: 'asked',
  listTargets: 'asked',
  listLeaks: 'asked',
  announceResource: 'asked',
  recordResource: 'asked',
  withdrawResource: 'asked',
  startRemovals: 'gives',
  finishRemoval: 'asked',
  getProjectAccess: 'asked',
  setPreviewPassword: 'asked',
  removePreviewPassword: 'asked',
  listShareLinks: 'asked',
  createShareLink: 'asked',
  revokeShareLink: 'asked',
  openPreview: 'asked',
  listVariables: 'asked',
  setVariables: 'asked',
  deleteVariable: 'asked',
  listSecrets: 'asked',
  setSecrets: 'asked',
  deleteSecret: 'asked',
  listOrganizationVariables: 'asked',
  setOrganizationVariables: 'asked',
  deleteOrganizationVariable: 'asked',
  listOrganizationSecrets: 'asked',
  setOrganizationSecrets: 'asked',
  deleteOrganizationSecret: 'asked',
  listEncryptionKeys: 'asked',
  listChannels: 'asked',
  createChannel: 'asked',
  changeChannel: 'asked',
  renewChannelSecret: 'asked',
  deleteChannel: 'asked',
  testChannel: 'asked',
  listNotifications: 'asked',
  sendNotificationAgain: 'asked',
  requestSignUp: 'asked',
  verifyEmail: 'asked',
  signInWithPassword: 'asked',
  requestPasswordReset: 'asked',
  resetPassword: 'asked',
  changePassword: 'asked',
  showSignUp: 'asked',
  submitSignUp: 'asked',
  showVerifyEmail: 'asked',
  submitVerifyEmail: 'asked',
  submitPasswordSignIn: 'asked',
  showResetPassword: 'asked',
  submitResetRequest: 'asked',
  submitNewPassword: 'asked',
  showChangePassword: 'asked',
  submitChangePassword: 'asked',
  listInvitations: 'asked',
  invite: 'asked',
  withdrawInvitation: 'asked',
  listProjects: 'asked',
  getProject: 'asked',
  changeProject: 'asked',
  deleteProject: 'asked',
  getProjectSettings: 'asked',
  listRepositories: 'asked',
  getRepository: 'asked',
  addProject: 'asked',
  listMembers: 'asked',
  listUsers: 'asked',
  changeUser: 'asked',
  listAudit: 'asked',
  getInstance: 'asked',
  setMember: 'asked',
  removeMember: 'asked',
  showReference: 'asked',
  showSignIn: 'asked',
  beginSignIn: 'asked',
  finishSignIn: 'asked',
  signOut: 'asked',
  getAccount: 'asked',
  changeAccount: 'asked',
  disconnectAccount: 'asked',
  listSessions: 'asked',
  endSession: 'asked',
  endSessions: 'asked',
  listTokens: 'asked',
  createApiToken: 'asked',
  revokeToken: 'asked',
  approveEnvironment: 'asked',
  extendEnvironment: 'asked',
  pinEnvironment: 'asked',
  unpinEnvironment: 'asked',
  redeployEnvironment: 'asked',
  cancelEnvironment: 'asked',
  wakeEnvironment: 'asked',
  listContainers: 'asked',
  listScreenshots: 'asked',
  getScreenshot: 'asked',
  readPicture: 'asked',
  downloadLogs: 'asked',
  searchLogs: 'asked',
  readRuntimeLogs: 'asked',
  downloadRuntimeLogs: 'asked',
  searchRuntimeLogs: 'asked',
  searchProject: 'asked',
  listHealthChecks: 'asked',
  getDelivery: 'asked',
  replayDelivery: 'asked',
  listDeployments: 'asked',
  deleteDeployment: 'asked',
  listLatestDeployments: 'asked',
  listDecisions: 'asked',
  projectStatistics: 'asked',
  serverStatistics: 'asked',
};

const { spans } = createMatcher(formsOf(CANARY));

/** What of the canary is in a text, with what stands around it. */
const found = (text: string) =>
  spans(text).map(({ start, end }) => text.slice(Math.max(0, start - 60), end + 60));

let world: World;
let number = 0;
let sha = '';
let ran: Awaited<ReturnType<typeof runPreview>>;
let tokens: Readonly<Record<'operator' | 'run', string>>;
let ids: { environment: string; deployment: string; project: string; namespace: string; owner: string };

/** Prints the secret in every form, as it is and cut in two, and fails. */
const BUILD = `
  echo "key: $${NAME}"; printf '%s' "$${NAME}" | base64; printf '%s' "$${NAME}" | od -An -tx1 | tr -d ' \\n'; echo
  node -e 'const s = process.env.${NAME}; console.log(JSON.stringify(s), encodeURIComponent(s))'
  echo "error TS2304: cannot find $${NAME}"; exit 3`;

beforeAll(async () => {
  world = await startWorld({ logLevel: 'info' });
  ({ number } = await openPullRequest(world));
  const { environment } = await lookAt(world, number);
  const operator = createToken('vto');
  const scope = { kind: 'operator', name: 'tests' } as const;
  await world.app.ports.tokens.issue({ hash: operator.hash, scope, expiresAt: null });
  const repo = await world.app.ports.repos.get(world.repoId());
  ids = {
    environment: environment.id,
    deployment: '',
    project: environment.projectId,
    namespace: environment.slug,
    owner: String(repo?.ownerId),
  };
  tokens = { operator: operator.token, run: '' };
  await ask('setSecrets', { token: operator.token, body: { values: { [NAME]: CANARY } } });
  await ask('setOrganizationSecrets', { token: operator.token, body: { values: { [NAME]: CANARY } } });
  ran = await runPreview(world, { number, inputs: { 'build-command': BUILD } });
  await world.drain();
  await report();
  await world.drain();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** A program that has the token of a run, and hides nothing of what it reports. */
async function report(): Promise<void> {
  const files = { 'index.html': '<h1>Second</h1>\n' };
  ({ sha } = await world.github.push({ repository: REPOSITORY, branch: 'change', files }));
  await world.drain();
  const { deployments } = await lookAt(world, number);
  const [deployment] = deployments;
  if (!deployment) throw new Error('There is no deployment.');
  await rememberDelivered(world.app.ports, { deploymentId: deployment.id, values: [CANARY] });
  const { token, hash } = createToken('vtr');
  const scope = { kind: 'run', deploymentId: deployment.id, repoId: deployment.repoId } as const;
  await world.app.ports.tokens.issue({ hash, scope, expiresAt: null });
  ids = { ...ids, deployment: deployment.id };
  tokens = { ...tokens, run: token };
  const line = (text: string) => ({ at: new Date(0).toISOString(), stage: 'building', level: 'info', text });
  const send = (seq: number, texts: readonly string[]) =>
    ask('appendLogs', { token, body: { seq, lines: texts.map(line) } });
  let seq = 1_000;
  for (const form of Object.values(FORMS)) {
    const half = Math.floor(form.length / 2);
    await send((seq += 1), [
      `whole ${form}`,
      `cut ${form.slice(0, half)}`,
      `${form.slice(half)} in two lines`,
    ]);
    await send((seq += 1), [`cut ${form.slice(0, half)}`]);
    await send((seq += 1), [`${form.slice(half)} in two batches`]);
  }
  const texts = Object.values(FORMS).join(' ');
  const outcome = {
    status: 'failed',
    error: texts,
    logTail: [texts],
    cause: { line: texts, excerpt: [texts], at: 0 },
  };
  const { generation } = deployment;
  const stages = [{ name: 'building', status: 'failed', startedAt: null, completedAt: null, error: texts }];
  await ask('recordProgress', { token, body: { generation, stages, outcome } });
}

interface Question {
  readonly token: string;
  readonly body?: unknown;
}

/** The whole answer of an operation, with its headers. */
async function ask(name: keyof typeof OPERATIONS, { token, body }: Question): Promise<string> {
  const operation: Operation = OPERATIONS[name];
  const noun = Object.keys(operation.resource ?? {})[0] ?? 'deploymentId';
  const id = { environmentId: ids.environment, projectId: ids.project }[noun] ?? ids.deployment;
  const params = { id, namespace: ids.namespace, ownerId: ids.owner, name: NAME };
  const response = await fetch(`${world.app.url}${pathTo(operation, { params })}`, {
    method: operation.method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
}

test('every operation of the API is a surface that is searched', () => {
  expect(Object.keys(SURFACES).toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
});

test('the run had the secret', () => {
  expect(ran.log).toContain('key: ***');
});

test.each(
  // They would take away what is searched afterwards.
  Object.keys(SURFACES).filter(
    (name) => !/^(destroyEnvironment|deleteProject|deleteDeployment)$/.test(name),
  ) as (keyof typeof OPERATIONS)[],
)('nothing that %s answers holds the canary', async (name) => {
  for (const token of Object.values(tokens)) {
    expect(found(await ask(name, { token }))).toEqual([]);
    if (typeof OPERATIONS[name] !== 'object' || !('body' in OPERATIONS[name])) continue;
    // A wrong body is not repeated either.
    const wrong = { values: { [NAME]: CANARY, 'A=B': CANARY }, text: CANARY, [CANARY.slice(0, 6)]: CANARY };
    expect(found(await ask(name, { token, body: wrong }))).toEqual([]);
  }
});

test('the log that is read holds no form of it, also when its lines are put together', async () => {
  const chunks = await world.app.ports.logs.chunksFrom(ids.deployment, 0, 100);
  const texts = chunks.flatMap(({ lines }) => lines.map(({ text }) => text));
  expect(texts.length).toBeGreaterThan(20);
  for (const between of ['', '\n']) expect(found(texts.join(between))).toEqual([]);
  expect(texts.filter((text) => text === 'whole ***')).toHaveLength(Object.keys(FORMS).length);
});

test('no document holds it outside of its ciphertext', async () => {
  const client = await mongo.MongoClient.connect(world.mongodbUri);
  try {
    for (const collection of await client.db().collections()) {
      const documents = await collection.find().toArray();
      const dump = JSON.stringify(documents);
      expect({ in: collection.collectionName, found: found(dump) }).toEqual({
        in: collection.collectionName,
        found: [],
      });
    }
  } finally {
    await client.close();
  }
});

test('neither the log of the server nor the run, its summary, outputs and annotations hold it', () => {
  const { log, summary, outputs, annotations, exported, state } = ran;
  expect(found(JSON.stringify({ log, summary, outputs, annotations, exported, state }))).toEqual([]);
  expect(found(world.logLines.join('\n'))).toEqual([]);
});

test('neither the check, the comment, the deployments nor the page hold it', async () => {
  const { environment } = await lookAt(world, number);
  const shown = [
    await world.reviewer.checks(sha),
    await world.reviewer.comments(number),
    await world.reviewer.deployments(),
    (await visit(environment.url)).body,
  ];
  expect(found(JSON.stringify(shown))).toEqual([]);
  expect(JSON.stringify(shown)).toContain('*** *** ***');
});
