import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashToken } from '../../../src/people/api-token.js';
import { pathTo } from '../../../src/contract/client.js';
import { PAGES } from '../../../src/contract/dashboard/pages.js';
import { OPERATIONS } from '../../../src/contract/openapi.js';
import type { Operation } from '../../../src/contract/operation.js';
import { personNeeds } from '../../../src/people/policies.js';
import { newSession, requestProof } from '../../../src/people/session.js';
import type { Identity } from '../../../src/runs/identity.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { delivery, newDeployment, newEnvironment } from '../../support/builders.js';
import { nothingGitHub, type NothingGitHub } from '../../support/nothing-github.js';
import { addPeople, type TestPerson } from '../../support/add-people.js';
import { startApp, type TestApp } from '../../support/start-app.js';

/** The API, and the pages of the dashboard with their forms. */
const ALL = { ...OPERATIONS, ...PAGES };
const DEPLOYMENT = 'a'.repeat(24);
const OTHER = 'b'.repeat(24);
const identity = { repoId: 99, pullRequest: 1, runId: '1', runAttempt: 1 } as Identity;

/** The tokens of each kind of actor; the second run asks for the deployment of the first. */
const TOKENS = {
  anonymous: null,
  workflow: 'a.workflow.token',
  run: 'vtr_own',
  'other run': 'vtr_other',
  operator: 'vto_operator',
  stranger: 'vtp_stranger',
  reader: 'vtp_reader',
  writer: 'vtp_writer',
  admin: 'vtp_admin',
  /** Of a person who may write, and may only read with it. */
  'read token': 'vtp_read',
  /** Of an administrator of the repository, for a project that is not the one asked about. */
  'bound token': 'vtp_bound',
  /** Of a person whom only the configuration of the server names. */
  'administrator token': 'vtp_administrator',
  /** The same person, in a browser. */
  administrator: null,
} as const;

/** GitHub's ids of people, and what it said that they may do in the repository of the deployment. */
const PEOPLE = {
  stranger: { githubId: 31, level: 'none' },
  reader: { githubId: 32, level: 'read' },
  writer: { githubId: 33, level: 'write' },
  admin: { githubId: 34, level: 'admin' },
  'read token': { githubId: 35, level: 'write', abilities: ['read'] },
  'bound token': { githubId: 36, level: 'admin', projectIds: ['e'.repeat(24)] },
  'administrator token': { githubId: 37, level: 'none' },
} as const satisfies Readonly<Record<string, TestPerson>>;

const REPOSITORY = {
  id: 11,
  ownerId: 1,
  fullName: 'acme/site',
  defaultBranch: 'main',
  installationId: 7,
  private: true,
};
const NAMESPACE = 'pr-1-site';

type Who = keyof typeof TOKENS;
/** `yes`: the request passed, so its body or its document decides about the answer. */
type Verdict = 'yes' | 401 | 403 | 404;
type Row = Readonly<Record<Who, Verdict>>;

// An identity is a token for one operation only: for the others it is no token at all.
const each = <V extends Verdict>(verdict: V) => ({
  ...{ stranger: verdict, reader: verdict, writer: verdict, admin: verdict },
  ...{ 'read token': verdict, 'bound token': verdict, 'administrator token': verdict },
  administrator: verdict,
});
const notPeople = each(403);
const people = each('yes');
/** The configuration gives an administrator every role, so for them the row is that of all people. */
const readingPeople = { ...people, stranger: 404, 'bound token': 404 } as const;
const writingPeople = { ...readingPeople, reader: 403, 'read token': 403 } as const;
const adminPeople = { ...writingPeople, writer: 403 } as const;
const tokens = { anonymous: 401, workflow: 401, run: 403, 'other run': 403, operator: 'yes' } as const;
const anyone: Row = {
  ...{ anonymous: 'yes', workflow: 401, run: 'yes', 'other run': 'yes', operator: 'yes' },
  ...people,
};
const administrators: Row = {
  ...{ ...tokens, ...notPeople },
  ...{ 'administrator token': 'yes', administrator: 'yes' },
};
const lists: Row = { ...tokens, ...people };
const ownAccounts: Row = { ...tokens, operator: 403, ...people };
/** Not with a token: only in a browser. */
const sessions: Row = { ...tokens, operator: 403, ...notPeople, administrator: 'yes' };
const repositoryReaders: Row = { ...tokens, ...readingPeople };
const repositoryWriters: Row = { ...tokens, ...writingPeople };
const repositoryAdmins: Row = { ...tokens, ...adminPeople };
/** The page of this server sends it, and no other website can. */
const ownForms: Row = {
  ...{ ...anyone, anonymous: 403, run: 403, 'other run': 403, operator: 403, ...notPeople },
  administrator: 'yes',
};
const workflows: Row = {
  ...{ anonymous: 401, workflow: 'yes', run: 401, 'other run': 401, operator: 401 },
  ...each(401),
};
const runs: Row = {
  ...{ anonymous: 401, workflow: 401, run: 'yes', 'other run': 404, operator: 403 },
  ...notPeople,
};
const deploymentReaders: Row = { ...runs, operator: 'yes', ...readingPeople };

/** Written by hand, apart from the declarations: a new operation fails here until its rights are added. */
const MATRIX: Readonly<Record<string, Row>> = {
  showAsset: anyone,
  showAvatar: lists,
  showLetters: lists,
  changeTheme: ownForms,
  showOverview: lists,
  watchOverview: lists,
  showPreview: repositoryReaders,
  watchPreview: repositoryReaders,
  submitRedeploy: ownForms,
  submitCancellation: ownForms,
  submitWake: ownForms,
  submitApproval: ownForms,
  submitExtension: ownForms,
  submitPin: ownForms,
  submitUnpin: ownForms,
  submitDestruction: ownForms,
  submitShareLink: ownForms,
  submitLinkRevocation: ownForms,
  showDeployment: deploymentReaders,
  watchDeployment: deploymentReaders,
  findCause: deploymentReaders,
  listFiles: deploymentReaders,
  showDeliveries: lists,
  watchDeliveries: lists,
  showDelivery: repositoryWriters,
  watchDelivery: repositoryWriters,
  submitReplay: ownForms,
  showStatistics: lists,
  watchStatistics: lists,
  showInstance: administrators,
  watchInstance: administrators,
  showUsers: administrators,
  showLimits: administrators,
  showLeaks: administrators,
  showMigrations: administrators,
  showKeys: administrators,
  showAudit: administrators,
  submitUserState: ownForms,
  listUsers: administrators,
  changeUser: administrators,
  listAudit: administrators,
  getInstance: administrators,
  showProjects: lists,
  showProject: repositoryReaders,
  showProjectSettings: repositoryReaders,
  showProjectAccess: repositoryReaders,
  submitAccess: ownForms,
  submitPreviewPassword: ownForms,
  submitPreviewPasswordRemoval: ownForms,
  showProjectVariables: repositoryReaders,
  showProjectMembers: repositoryReaders,
  showProjectNotifications: repositoryWriters,
  showProjectLimits: repositoryReaders,
  showProjectDanger: repositoryAdmins,
  showStart: lists,
  watchStart: lists,
  showStartSettings: repositoryReaders,
  showStartWorkflow: repositoryReaders,
  showFirstPreview: repositoryReaders,
  watchStartRepository: repositoryReaders,
  showAccount: sessions,
  submitProjectSettings: ownForms,
  submitVariables: ownForms,
  submitVariableDeletion: ownForms,
  submitMember: ownForms,
  submitMemberRemoval: ownForms,
  submitNewMember: ownForms,
  submitWithdrawal: ownForms,
  submitNewChannel: ownForms,
  submitChannel: ownForms,
  submitChannelSecret: ownForms,
  submitChannelTest: ownForms,
  submitChannelDeletion: ownForms,
  submitActivity: ownForms,
  submitProjectDeletion: ownForms,
  submitStartSettings: ownForms,
  submitPreferences: ownForms,
  submitMailPreferences: ownForms,
  submitDisconnection: ownForms,
  submitSessionEnd: ownForms,
  submitSessionsEnd: ownForms,
  submitNewToken: ownForms,
  submitTokenRevocation: ownForms,
  showHome: anyone,
  checkHealth: anyone,
  checkReadiness: anyone,
  describeServer: anyone,
  showSignIn: anyone,
  beginSignIn: anyone,
  finishSignIn: anyone,
  signOut: ownForms,
  getAccount: ownAccounts,
  changeAccount: sessions,
  disconnectAccount: sessions,
  listSessions: sessions,
  endSession: sessions,
  endSessions: sessions,
  listTokens: ownAccounts,
  createApiToken: sessions,
  revokeToken: sessions,
  showReference: anyone,
  listEnvironments: lists,
  getEnvironmentByNamespace: repositoryReaders,
  getEnvironment: repositoryReaders,
  listEnvironmentDeployments: repositoryReaders,
  destroyEnvironment: repositoryWriters,
  approveEnvironment: repositoryWriters,
  extendEnvironment: repositoryWriters,
  pinEnvironment: repositoryWriters,
  unpinEnvironment: repositoryWriters,
  redeployEnvironment: repositoryWriters,
  cancelEnvironment: repositoryWriters,
  wakeEnvironment: repositoryWriters,
  listContainers: repositoryReaders,
  getProjectAccess: repositoryReaders,
  setPreviewPassword: repositoryAdmins,
  removePreviewPassword: repositoryAdmins,
  listShareLinks: repositoryWriters,
  createShareLink: repositoryWriters,
  revokeShareLink: repositoryWriters,
  openPreview: anyone,
  startDeployment: workflows,
  getDeployment: deploymentReaders,
  recordProgress: runs,
  appendLogs: runs,
  readLogs: deploymentReaders,
  downloadLogs: deploymentReaders,
  searchLogs: deploymentReaders,
  readRuntimeLogs: deploymentReaders,
  downloadRuntimeLogs: deploymentReaders,
  searchRuntimeLogs: deploymentReaders,
  searchProject: repositoryReaders,
  listHealthChecks: deploymentReaders,
  uploadPlan: runs,
  uploadPack: runs,
  startProgram: runs,
  // People see those of the repositories that they may write to.
  listDeliveries: lists,
  getDelivery: repositoryWriters,
  replayDelivery: repositoryWriters,
  listDeployments: lists,
  deleteDeployment: repositoryAdmins,
  listDecisions: repositoryReaders,
  listLatestDeployments: repositoryReaders,
  projectStatistics: repositoryReaders,
  serverStatistics: administrators,
  listTargets: lists,
  listLeaks: administrators,
  announceResource: runs,
  recordResource: runs,
  withdrawResource: runs,
  startRemovals: workflows,
  finishRemoval: workflows,
  listVariables: repositoryReaders,
  setVariables: repositoryAdmins,
  deleteVariable: repositoryAdmins,
  listSecrets: repositoryReaders,
  setSecrets: repositoryAdmins,
  deleteSecret: repositoryAdmins,
  listOrganizationVariables: administrators,
  setOrganizationVariables: administrators,
  deleteOrganizationVariable: administrators,
  listOrganizationSecrets: administrators,
  setOrganizationSecrets: administrators,
  deleteOrganizationSecret: administrators,
  listEncryptionKeys: administrators,
  listProjects: lists,
  getProject: repositoryReaders,
  changeProject: repositoryAdmins,
  deleteProject: repositoryAdmins,
  getProjectSettings: repositoryReaders,
  listRepositories: lists,
  getRepository: repositoryReaders,
  addProject: repositoryAdmins,
  listMembers: repositoryReaders,
  setMember: repositoryAdmins,
  removeMember: repositoryAdmins,
  listChannels: repositoryWriters,
  createChannel: repositoryAdmins,
  changeChannel: repositoryAdmins,
  renewChannelSecret: repositoryAdmins,
  deleteChannel: repositoryAdmins,
  testChannel: repositoryAdmins,
  listNotifications: repositoryWriters,
  sendNotificationAgain: repositoryWriters,
  listInvitations: repositoryAdmins,
  invite: repositoryAdmins,
  withdrawInvitation: repositoryAdmins,
  requestSignUp: anyone,
  verifyEmail: anyone,
  signInWithPassword: anyone,
  requestPasswordReset: anyone,
  resetPassword: anyone,
  changePassword: sessions,
  showSignUp: anyone,
  submitSignUp: ownForms,
  showVerifyEmail: anyone,
  submitVerifyEmail: ownForms,
  submitPasswordSignIn: ownForms,
  showResetPassword: anyone,
  submitResetRequest: ownForms,
  submitNewPassword: ownForms,
  showChangePassword: sessions,
  submitChangePassword: ownForms,
  listScreenshots: repositoryReaders,
  getScreenshot: repositoryReaders,
  readPicture: anyone,
};

let app: TestApp;
let github: NothingGitHub;
let projectId = '';

beforeAll(async () => {
  // It answers at once: an address where nothing listens would be tried again and again.
  github = await nothingGitHub();
  app = await startApp({
    config: { githubApiUrl: github.url, passwordAccounts: 'open', admins: ['administrator token'] },
    identify: async (token) => {
      if (token === TOKENS.workflow) return { ...identity, jti: 'j', expiresAt: new Date() };
      throw new VitrineError('unauthorized', 'The identity token is not valid.');
    },
  });
  const scopes = {
    run: { kind: 'run', deploymentId: DEPLOYMENT, repoId: 11 },
    'other run': { kind: 'run', deploymentId: OTHER, repoId: 11 },
    operator: { kind: 'operator', name: 'tests' },
  } as const;
  for (const who of ['run', 'other run', 'operator'] as const)
    await app.ports.tokens.issue({ hash: hashToken(TOKENS[who]), scope: scopes[who], expiresAt: null });
  await addDocuments();
  const people = Object.entries<TestPerson>(PEOPLE).map(([login, person]) => [
    login,
    { ...person, token: TOKENS[login as Who] ?? '' },
  ]);
  await addPeople(app.ports, { repoId: REPOSITORY.id, people: Object.fromEntries(people) });
});

/** One environment with one deployment; every operation is asked about their id. */
async function addDocuments(): Promise<void> {
  const { ports } = app;
  const place = { repoId: REPOSITORY.id, repository: REPOSITORY.fullName };
  await ports.repos.save(REPOSITORY);
  const project = { repoId: REPOSITORY.id, name: 'site', slug: 'site', fallbackSlug: 'site-1' };
  ({ id: projectId } = await ports.projects.ensure(project));
  await ports.environments.ensure(newEnvironment({ ...place, projectId, id: DEPLOYMENT, slug: NAMESPACE }));
  await ports.deployments.ensure(
    newDeployment({ id: DEPLOYMENT, environmentId: DEPLOYMENT, repoId: REPOSITORY.id }),
  );
  const nothing = { action: 'ignore', rule: 'x', detail: 'x', environmentIds: [] };
  const stored = { ...delivery({ guid: DEPLOYMENT, repoId: REPOSITORY.id }), decision: nothing };
  await ports.inbox.store([stored]);
}

afterAll(async () => {
  await app.close();
  await github.close();
});

test('the matrix names every operation and no other', () => {
  expect(Object.keys(MATRIX).toSorted()).toEqual(Object.keys(ALL).toSorted());
});

/** For the others, 404 says that the server found no document after it had admitted the request. */
const HIDDEN_FROM: readonly Who[] = ['other run', 'stranger', 'bound token'];

/** Of the noun that the operation is about. */
function idFor(operation: Operation): string {
  const { resource = {} } = operation;
  if ('repositoryId' in resource) return String(REPOSITORY.id);
  return 'projectId' in resource ? projectId : DEPLOYMENT;
}

/** The refusals that come from rights; what belongs to others is 404. */
async function verdictOf(name: string, who: Who): Promise<Verdict> {
  const operation = ALL[name as keyof typeof ALL];
  const id = idFor(operation);
  const others = {
    version: '1',
    file: 'app.js',
    login: 'mona',
    ownerId: '1',
    name: 'A',
    provider: 'github',
    userId: '3'.repeat(24),
  };
  const inner = { linkId: OTHER, channelId: OTHER, notificationId: OTHER, invitationId: OTHER };
  const path = pathTo(operation, { params: { id, namespace: NAMESPACE, ...others, ...inner } });
  const how = who === 'administrator' ? await inBrowser(operation) : { token: TOKENS[who] };
  const response = await app.api(path, { method: operation.method, ...how });
  if (response.status === 401 || response.status === 403) return response.status;
  const isHidden = response.status === 404 && 'resource' in operation && HIDDEN_FROM.includes(who);
  return isHidden ? 404 : 'yes';
}

/** What a page of this server sends; each time in a new session, because some operations end it. */
async function inBrowser({ method, form }: Operation): Promise<RequestInit & { readonly token: null }> {
  const user = await app.ports.users.byGitHubId(PEOPLE['administrator token'].githubId);
  const browser = { id: randomBytes(12).toString('hex'), way: 'github', device: 'x', address: 'x' };
  const { session, secret } = newSession({ ...browser, userId: user?.id ?? '', now: new Date() });
  await app.ports.sessions.create(session);
  const proof = requestProof(session, 'write');
  const headers = { cookie: `sid=${secret}`, 'sec-fetch-site': 'same-origin', 'x-csrf-token': proof };
  const isForm = form === true && method !== 'GET';
  return { token: null, headers, ...(isForm && { body: new URLSearchParams({ csrf: proof }) }) };
}

test('lists show people only what they may see', async () => {
  const seen = async (who: Who) => {
    const response = await app.api('/api/v1/environments', { token: TOKENS[who] });
    return ((await response.json()) as { items: readonly unknown[] }).items.length;
  };
  const whos = ['stranger', 'reader', 'operator', 'administrator token'] as const;
  expect(await Promise.all(whos.map(seen))).toEqual([0, 1, 1, 1]);
});

/** These take away what the others are asked about, in the background and so at any later moment. */
const LAST = ['destroyEnvironment', 'deleteDeployment', 'deleteProject'];
const inOrder = Object.entries(MATRIX).toSorted(([one], [other]) => LAST.indexOf(one) - LAST.indexOf(other));

test.each(inOrder)('the server answers each kind of actor that asks for %s', async (name, row) => {
  const verdicts: Partial<Record<Who, Verdict>> = {};
  for (const who of Object.keys(row) as Who[]) verdicts[who] = await verdictOf(name, who);
  expect(verdicts).toEqual(row);
});

const ABOUT_ONE = Object.entries<Operation>(ALL).filter(
  // A form is refused before its document is looked at: it has to come from a page.
  ([, { resource, permission, form }]) => resource && !form && personNeeds(permission) !== null,
);

test.each(ABOUT_ONE)('%s answers an id of nothing and an id of others alike', async (_name, operation) => {
  const { environments } = app.ports;
  const FOREIGN = 'f'.repeat(24);
  const place = { repoId: 99, repository: 'other/site', projectId: 'f'.repeat(24) };
  const foreign = newEnvironment({ ...place, id: FOREIGN, slug: 'pr-2-site', name: 'pr-2' });
  await environments.ensure(foreign);
  await app.ports.deployments.ensure(newDeployment({ id: FOREIGN, environmentId: FOREIGN, repoId: 99 }));
  const ask = async (id: string, namespace: string) => {
    const path = pathTo(operation, { params: { id, namespace } });
    const response = await app.api(path, { method: operation.method, token: TOKENS.admin });
    return [response.status, ((await response.json()) as { error: { message: string } }).error.message];
  };
  const nothing = await ask('9'.repeat(24), 'pr-9-nothing');
  expect(nothing[0]).toBe(404);
  expect(await ask(FOREIGN, 'pr-2-site')).toEqual(nothing);
});
