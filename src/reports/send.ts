import type { Claim, EnvironmentPorts, HeldClaim } from '../environments/store.js';
import type { Recipient, ReporterPorts } from '../repositories/github.js';
import type { RepoRef } from '../repositories/model.js';
import type { Desired } from './desired.js';
import { asOneError, refusedBefore, refusedNow, type Failure } from './report-refused.js';
import { createWatch } from './report-watch.js';
import { createBook, type Book } from './reported-state.js';

type Ports = EnvironmentPorts & ReporterPorts;

export interface Telling {
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
export async function tellAll({ ports, claim, repo, desired }: Telling): Promise<void> {
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
