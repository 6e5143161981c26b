import type { DeliveryDecision } from '../deliveries/store.js';
import type { RepositoryPermission } from '../pull-requests/trust.js';
import type { SettingsText } from '../settings/read.js';
import type { Tools } from '../shared/tools.js';
import type { GitHubPorts, SettingsAnswer } from './github.js';
import type {
  Kept,
  KeptPermission,
  KeptPolicy,
  ReachableRepository,
  Repo,
  RepoRef,
  RepositoryPorts,
} from './model.js';

type Ports = Pick<RepositoryPorts, 'repos'> & GitHubPorts & Pick<Tools, 'clock'>;

export function refOf({ installationId, id, fullName }: ReachableRepository): RepoRef {
  return { installationId, repoId: id, fullName };
}

interface Question {
  readonly repo: ReachableRepository & Pick<Repo, 'kept' | 'epoch'>;
  readonly logins: readonly string[];
  /** Ask for the policy although it is known: a push may not have been heard of. */
  readonly again?: boolean | undefined;
}

export interface Answers {
  /** `.github/preview.yml` of the default branch; null when it has none. */
  readonly policy: SettingsText | null;
  /** By login as it was asked for; undefined when GitHub does not say. */
  readonly permissions: ReadonlyMap<string, RepositoryPermission | undefined>;
}

/** The policy of a repository and what some people may do there. What is not known is asked side by side, and kept. */
export async function askAbout(ports: Ports, question: Question): Promise<Answers> {
  const { repo } = question;
  const logins = [...new Set(question.logins)];
  const [policy, levels] = await Promise.all([
    currentPolicy(ports, question),
    Promise.all(logins.map((login) => permissionOf(ports, repo, { login }))),
  ]);
  const asked = levels.flatMap(({ fresh }) => fresh ?? []);
  const news: Kept = {
    ...(policy === repo.kept?.policy ? {} : { policy }),
    ...(asked.length > 0 ? { permissions: withNewest(ports, repo, asked) } : {}),
  };
  if (Object.keys(news).length > 0) await ports.repos.keep(repo, news);
  return {
    policy: policy.file,
    permissions: new Map(logins.map((login, index) => [login, levels[index]?.level])),
  };
}

/**
 * What one person may do there; undefined when GitHub does not say, or when the login belongs to another account by now: logins are
 * renamed and given to others. What GitHub says is kept.
 */
export async function askPermission(
  ports: Ports,
  { repo, login, githubId }: { repo: Question['repo']; login: string; githubId: number },
): Promise<RepositoryPermission | undefined> {
  if (githubId === repo.ownerId) return 'admin';
  const { level, fresh } = await permissionOf(ports, repo, { login, accountId: githubId });
  if (fresh) await ports.repos.keep(repo, { permissions: withNewest(ports, repo, [fresh]) });
  return level;
}

async function currentPolicy(
  { github }: Ports,
  { repo, again }: Pick<Question, 'repo' | 'again'>,
): Promise<KeptPolicy> {
  const known = repo.kept?.policy;
  if (known && !known.stale && !again) return known;
  const expected = mayExist(known);
  const answer = await github.settingsFile(refOf(repo), { sha: null, etag: known?.etag, expected });
  return updated(known, { answer, sha: null, expected });
}

/**
 * The first question of a repository believes that there is no file, so that the first report does not wait for a list of files. Before a
 * run builds, and at each sweep, the list must show it.
 */
function mayExist(known: KeptPolicy | undefined): boolean {
  return known !== undefined && (known.file !== null || known.unproven === true);
}

/** Returns `known` itself when nothing has changed. */
function updated(
  known: KeptPolicy | undefined,
  { answer, sha, expected }: { answer: SettingsAnswer; sha: string | null; expected: boolean },
): KeptPolicy {
  if (answer.kind === 'unchanged' && known) return known.stale ? { ...known, sha, stale: false } : known;
  const file = answer.kind === 'file' ? answer.file : null;
  const etag = answer.kind === 'file' ? answer.etag : null;
  const unproven = file === null && !expected && !(known?.file === null && known.unproven === undefined);
  const same = known !== undefined && !known.stale && sameFile(known.file, file);
  const asProven = (known?.unproven ?? false) === unproven;
  if (same && asProven && known.etag === etag && (sha === null || sha === known.sha)) return known;
  return { sha: sha ?? (same ? known.sha : null), file, etag, stale: false, ...(unproven && { unproven }) };
}

function sameFile(a: SettingsText | null, b: SettingsText | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

interface Level {
  readonly level: RepositoryPermission | undefined;
  /** What GitHub was asked for just now, to be kept. */
  readonly fresh?: KeptPermission;
}

/** How long what GitHub said of a person counts. Events that may change it make it forgotten earlier. */
const KEPT_MS = 5 * 60_000;

/** That GitHub does not say is never kept: it may say so the next time. */
async function permissionOf({ github, clock }: Ports, repo: Question['repo'], asked: Asked): Promise<Level> {
  const login = asked.login.toLowerCase();
  const { accountId } = asked;
  const isOwner = login === repo.fullName.split('/')[0]?.toLowerCase();
  // The owner of a personal repository may do everything there. Accounts of people and organisations share one list of names.
  if (isOwner && accountId === undefined) return { level: 'admin' };
  const now = clock.now();
  const isSame = (one: KeptPermission) => accountId === undefined || one.accountId === accountId;
  const known = repo.kept?.permissions?.find(
    (one) => one.login === login && isSame(one) && isRecent(one, now),
  );
  if (known) return { level: known.level };
  const level = await github.permission(refOf(repo), asked.login, accountId);
  if (level === undefined) return { level };
  return { level, fresh: { login, level, at: now, ...(accountId !== undefined && { accountId }) } };
}

interface Asked {
  readonly login: string;
  /** The account that the login must still belong to. */
  readonly accountId?: number;
}

/** Servers' clocks differ a little; a time that is far ahead is wrong. */
function isRecent({ at }: KeptPermission, now: Date): boolean {
  return Math.abs(now.getTime() - at.getTime()) < KEPT_MS;
}

/** So many people act on one repository within five minutes; the rest is asked for again. */
const MOST_PEOPLE = 50;

function withNewest(
  { clock }: Ports,
  { kept }: Question['repo'],
  fresh: readonly KeptPermission[],
): readonly KeptPermission[] {
  const now = clock.now();
  const others = (kept?.permissions ?? []).filter(
    (one) => isRecent(one, now) && !fresh.some(({ login }) => login === one.login),
  );
  return [...others, ...fresh].slice(-MOST_PEOPLE);
}

interface Push {
  readonly repo: ReachableRepository;
  readonly branch: string;
  readonly before: string;
  readonly after: string;
}

/** The default branch moved: reads the policy of its newest commit, so that the next pull request need not wait for it. */
export async function observeDefaultBranch(
  ports: Ports,
  { repo, branch, before, after }: Push,
): Promise<DeliveryDecision> {
  const known = (await ports.repos.save(repo)).kept?.policy;
  if (known?.sha === after && !known.stale)
    return decided('ignore', 'The policy of this commit is known already.');
  const doubted = await ports.repos.doubtPolicy(repo.id);
  const inOrder = known !== undefined && known.sha === before && !known.stale;
  const sha = inOrder ? after : await newestOf(ports, { repo, branch, before, after });
  const expected = mayExist(known);
  const answer = await ports.github.settingsFile(refOf(repo), { sha, expected });
  const policy = updated(known, { answer, sha, expected });
  await ports.repos.keep({ id: repo.id, epoch: doubted?.epoch }, { policy });
  return decided('update', 'The policy of the newest commit of the default branch was read.');
}

/** GitHub promises no order of events, so GitHub says which commit is the newest. Its API may lag behind this event. */
async function newestOf({ github }: Ports, { repo, branch, before, after }: Push): Promise<string> {
  const newest = await github.branchHead(refOf(repo), branch);
  return newest === before ? after : newest;
}

function decided(action: 'ignore' | 'update', detail: string): DeliveryDecision {
  return { action, rule: 'default-branch', detail, environmentIds: [] };
}
