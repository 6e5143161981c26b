import type { Refused } from '../environments/model.js';
import type { Claim, EnvironmentPorts, HeldClaim } from '../environments/store.js';
import { GitHubFailure, isGitHubFailure } from '../repositories/github.js';
import type { RepoRef } from '../repositories/model.js';
import { VitrineError } from '../shared/errors.js';
import type { Desired } from './desired.js';
import { type Book, createBook } from './reported-state.js';
import type { Recipient, ReporterPorts } from './reporter.js';
import { requestFullReport } from './request.js';

type Ports = EnvironmentPorts & ReporterPorts;

interface Telling {
  readonly ports: Pick<Ports, 'environments' | 'reporter'>;
  readonly claim: Claim | HeldClaim;
  readonly repo: RepoRef;
  readonly desired: Desired;
}

/** One thing to tell, by a name that says of what it is. */
interface Part {
  readonly part: string;
  readonly tell: () => Promise<void>;
}

/**
 * Sends everything side by side. One refusal does not keep the others from being told, and what was told is kept at once. Throws
 * what failed. Whoever has lost the claim sends nothing more.
 */
export async function sendReports({ ports, claim, repo, desired }: Telling): Promise<void> {
  const watch = createWatch(ports, claim);
  const book = createBook(ports, { claim, desired });
  if (!(await book.begin())) {
    watch.lose();
    return watch.close();
  }
  const to: Recipient = { ...repo, mayTell: watch.mayTell };
  const before = refusedBefore(claim);
  const outcomes = await Promise.all(
    partsOf({ ports, to, desired, book }).map((one) => outcomeOf(one, before.get(one.part))),
  );
  const failures = outcomes.filter((outcome) => outcome !== null);
  if (!(await book.save(refusedNow(claim, failures)))) watch.lose();
  await watch.close();
  if (failures.length > 0) throw asOneError(failures);
}

async function outcomeOf({ part, tell }: Part, refused: Error | undefined): Promise<Failure | null> {
  if (refused) return { part, error: refused };
  try {
    await tell();
    return null;
  } catch (error) {
    return { part, error };
  }
}

interface Telltale extends Pick<Telling, 'desired'> {
  readonly ports: Pick<Ports, 'reporter'>;
  readonly to: Recipient;
  readonly book: Book;
}

function partsOf({ ports: { reporter }, to, desired, book }: Telltale): Part[] {
  const { comment, commitStatus } = desired;
  return [
    ...desired.checks.map((planned) => ({
      part: `check ${planned.report.externalId}`,
      tell: async () => book.setCheck(planned, await reporter.check(to, planned.report, book.check(planned))),
    })),
    ...desired.deployments.map((report) => ({
      part: `deployment ${report.deploymentId}`,
      tell: async () =>
        book.setDeployment(report, await reporter.deployment(to, report, book.deployment(report))),
    })),
    ...(comment
      ? [part('comment', async () => book.setComment(await reporter.comment(to, comment, book.comment())))]
      : []),
    ...(commitStatus
      ? [
          part('commit status', async () =>
            book.setCommitStatus(await reporter.commitStatus(to, commitStatus, book.commitStatus())),
          ),
        ]
      : []),
  ];
}

function part(name: string, tell: () => Promise<void>): Part {
  return { part: name, tell };
}

interface Failure {
  readonly part: string;
  readonly error: unknown;
}

/** What GitHub refused for good when this very state was told before. */
function refusedBefore({ environment, wanted }: Claim): ReadonlyMap<string, GitHubFailure> {
  const { refused } = environment.reported;
  if (!refused || refused.wanted !== wanted) return new Map();
  return new Map(refused.parts.map(({ part, message }) => [part, new GitHubFailure('poison', message)]));
}

/**
 * Kept while something else has to be tried again soon, so that what GitHub will not have is not offered with every try. When nothing
 * else is left, it is forgotten: the next try is a day away, and somebody may have changed the rules.
 */
function refusedNow({ wanted }: Claim, failures: readonly Failure[]): Refused | null {
  const refused = failures.filter(({ error }) => isPoison(error));
  if (refused.length === 0 || refused.length === failures.length) return null;
  return { wanted, parts: refused.map(({ part, error }) => ({ part, message: messageOf(error) })) };
}

/** One error that stands for all: who decides when to try again looks at each. */
function asOneError(failures: readonly Failure[]): unknown {
  const errors = failures.map(({ error }) => error);
  if (errors.length === 1) return errors[0];
  return new AggregateError(errors, [...new Set(errors.map(messageOf))].join('; '));
}

function isPoison(error: unknown): boolean {
  return isGitHubFailure(error) && error.kind === 'poison';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** For claims that nobody keeps alive. */
const LEASE_MS = 15_000;

interface Watch {
  /** Asked before anything is written on GitHub. Once false, always false. */
  mayTell(): Promise<boolean>;
  /** The store refused a write: somebody else holds the claim now. */
  lose(): void;
  /** Throws when the claim was lost on the way, after it has seen to it that GitHub is told the truth again. */
  close(): Promise<void>;
}

/** Whoever lost its claim must fall silent: what it knows is old, and another one has told what is new. */
function createWatch(ports: Pick<Ports, 'environments'>, claim: Claim | HeldClaim): Watch {
  let lost = false;
  let spoke = false;
  const held = 'held' in claim ? claim.held : () => ports.environments.renew(claim, LEASE_MS);
  return {
    async mayTell() {
      lost ||= !(await held());
      spoke ||= !lost;
      return !lost;
    },
    lose: () => {
      lost = true;
    },
    async close() {
      if (!lost) return;
      // What was said last may have reached GitHub after the words of the new holder, who believes that it told everything.
      if (spoke) await requestFullReport(ports, { id: claim.environment.id });
      throw new VitrineError(
        'conflict',
        'The claim on this report went to somebody else meanwhile: they tell GitHub from here on.',
      );
    },
  };
}
