import type { Refused } from '../environments/model.js';
import type { Claim, EnvironmentPorts, HeldClaim } from '../environments/store.js';
import { GitHubFailure, isGitHubFailure } from '../repositories/github.js';
import type { RepoRef } from '../repositories/model.js';
import { messageOf, VitrineError } from '../shared/errors.js';
import type { Desired } from './desired.js';
import { createReportedState, type ReportedState } from './reported-state.js';
import type { Recipient, ReporterPorts } from './reporter.js';
import { requestFullReport } from './request.js';

type Ports = EnvironmentPorts & ReporterPorts;

interface SendInput {
  readonly ports: Pick<Ports, 'environments' | 'reporter'>;
  readonly claim: Claim | HeldClaim;
  readonly repo: RepoRef;
  readonly desired: Desired;
  /** Nothing but this is left to do under the claim. */
  readonly last: boolean;
}

/** One check, deployment, comment or commit status. The name identifies it in the stored list of refusals. */
interface Part {
  readonly name: string;
  readonly send: () => Promise<void>;
}

/**
 * Sends all parts side by side, so that one refusal does not hold back the others, and stores what was sent. Throws what failed. Writes
 * nothing more once the claim is lost. Answers whether the claim was ended with that.
 */
export async function sendReports({ ports, claim, repo, desired, last }: SendInput): Promise<boolean> {
  const guard = createClaimGuard(ports, claim);
  const state = createReportedState(ports, { claim, desired });
  if (!(await state.begin())) {
    guard.lose();
    await guard.close();
  }
  const to: Recipient = { ...repo, mayWrite: guard.mayWrite };
  const parts = partsOf({ ports, to, desired, state });
  const refused = refusedBefore(claim);
  const results = await Promise.allSettled(
    parts.map(({ name, send }) => {
      const refusal = refused.get(name);
      return refusal ? Promise.reject(refusal) : send();
    }),
  );
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ name: parts[index]?.name ?? '', error: result.reason as unknown }] : [],
  );
  const ends = last && failures.length === 0;
  if (!(await state.save(refusedNow(claim, failures), { ends }))) guard.lose();
  await guard.close();
  if (failures.length > 0) throw asOneError(failures);
  return ends;
}

interface PartsInput extends Pick<SendInput, 'desired'> {
  readonly ports: Pick<Ports, 'reporter'>;
  readonly to: Recipient;
  readonly state: ReportedState;
}

function partsOf({ ports: { reporter }, to, desired, state }: PartsInput): Part[] {
  const { comment, commitStatus } = desired;
  const parts: Part[] = [
    ...desired.checks.map((planned) => ({
      name: `check ${planned.report.externalId}`,
      send: async () =>
        state.setCheck(planned, await reporter.check(to, planned.report, state.check(planned))),
    })),
    ...desired.deployments.map((report) => ({
      name: `deployment ${report.deploymentId}`,
      send: async () =>
        state.setDeployment(report, await reporter.deployment(to, report, state.deployment(report))),
    })),
  ];
  if (comment)
    parts.push({
      name: 'comment',
      send: async () => state.setComment(await reporter.comment(to, comment, state.comment())),
    });
  if (commitStatus)
    parts.push({
      name: 'commit status',
      send: async () =>
        state.setCommitStatus(await reporter.commitStatus(to, commitStatus, state.commitStatus())),
    });
  return parts;
}

interface Failure {
  readonly name: string;
  readonly error: unknown;
}

/** What GitHub refused for good when the same document was sent before. */
function refusedBefore({ environment, wanted }: Claim): ReadonlyMap<string, GitHubFailure> {
  const { refused } = environment.reported;
  if (!refused || refused.wanted !== wanted) return new Map();
  return new Map(refused.parts.map(({ part, message }) => [part, new GitHubFailure('poison', message)]));
}

/**
 * Stored while another part has to be sent again soon, so that a refused part is not sent with every attempt. When refusals are all that
 * is left, the list is dropped: the next attempt is a day away, and the rules of the repository may have changed by then.
 */
function refusedNow({ wanted }: Claim, failures: readonly Failure[]): Refused | null {
  const refused = failures.filter(({ error }) => isPoison(error));
  if (refused.length === 0 || refused.length === failures.length) return null;
  return { wanted, parts: refused.map(({ name, error }) => ({ part: name, message: messageOf(error) })) };
}

/** The worker looks at every error in it to decide when to try again. */
function asOneError(failures: readonly Failure[]): unknown {
  const errors = failures.map(({ error }) => error);
  if (errors.length === 1) return errors[0];
  return new AggregateError(errors, [...new Set(errors.map(messageOf))].join('; '));
}

function isPoison(error: unknown): boolean {
  return isGitHubFailure(error) && error.kind === 'poison';
}

/** For a claim that its worker does not keep alive. */
const LEASE_MS = 15_000;

interface ClaimGuard {
  /** Asked before every write to GitHub. Stays false once it was false. */
  mayWrite(): Promise<boolean>;
  /** The store refused a write: another worker holds the claim. */
  lose(): void;
  /** Throws when the claim was lost, after it has requested a full report where this worker may have overwritten a newer one. */
  close(): Promise<void>;
}

/** A worker that lost its claim has an old document, and another worker has reported the new one: it must not write any more. */
function createClaimGuard(ports: Pick<Ports, 'environments'>, claim: Claim | HeldClaim): ClaimGuard {
  let lost = false;
  let wrote = false;
  const held = 'held' in claim ? claim.held : () => ports.environments.renew(claim, LEASE_MS);
  return {
    async mayWrite() {
      lost ||= !(await held());
      wrote ||= !lost;
      return !lost;
    },
    lose: () => {
      lost = true;
    },
    async close() {
      if (!lost) return;
      // The last write may have reached GitHub after those of the new holder, which takes its own report for the current one.
      if (wrote) await requestFullReport(ports, { id: claim.environment.id });
      throw new VitrineError(
        'conflict',
        'Another worker took over the claim on this report and reports to GitHub from here on.',
      );
    },
  };
}
