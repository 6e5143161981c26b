import type { DeliveryDecision } from '../deliveries/store.js';
import { ensureHeadDeployment, supersedeOlder } from '../deployments/change.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { applyDecision } from '../environments/apply-decision.js';
import { isActive, isAdmitted } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { limitReached } from '../pull-requests/decide/decide.js';
import type { Decision } from '../pull-requests/decide/decision.js';
import { approvalOf } from '../pull-requests/trust.js';
import type { SettingsProblem } from '../settings/problem.js';
import type { Tools } from '../shared/tools.js';
import { decideFor, type Round } from './decide-for.js';
import { keepWithinLimit } from './limit.js';
import { tellsWhoPushed } from './observation.js';
import { freshness } from './pull-request-freshness.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock' | 'newId'>;

export type Outcome = Pick<DeliveryDecision, 'action' | 'rule' | 'detail'>;

export const LATE: Outcome = {
  action: 'ignore',
  rule: 'stale-event',
  detail: 'A newer state of this pull request is known already: this event came late.',
};

const TRIES = 10;

/**
 * Decides on one environment and writes it. Whoever was first is respected: what is found instead is decided on anew, unless it is
 * newer. Null when all must be looked at again. `known`: it was there when the observation was sorted out.
 */
export async function settleEnvironment(
  ports: Ports,
  { known, ...round }: Round & { readonly known: boolean },
): Promise<Outcome | null> {
  let { environment } = round;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (freshness(environment.pullRequest, round.seen.facts) === 'older') return LATE;
    if (!(known && attempt === 0) && isNews({ ...round, environment })) return null;
    const outcome = await decideAndWrite(ports, { ...round, environment });
    if (outcome) return outcome;
    const found = await ports.environments.get(environment.id);
    if (!found || wasCutOff(environment, found)) return null;
    environment = found;
  }
  return null;
}

/** Something that the observation was not yet compared with: only the whole way round finds out what is true now. */
function isNews({ seen, environment: { pullRequest, head }, policy }: Round): boolean {
  if (freshness(pullRequest, seen.facts) === 'tie') return true;
  const told = head?.sha === seen.facts.head.sha ? head.by : undefined;
  return !tellsWhoPushed(seen) && told !== undefined && told.login !== policy.bringer.login;
}

/** The App lost the repository meanwhile. */
function wasCutOff(before: StoredEnvironment, found: StoredEnvironment): boolean {
  return before.installationId !== null && found.installationId === null;
}

async function decideAndWrite(ports: Ports, round: Round): Promise<Outcome | null> {
  const { seen, environment, policy } = round;
  const approvedSha = approved(round);
  const decision = await decideFor(ports, { ...round, environment: { ...environment, approvedSha } });
  const change = applyDecision(environment, {
    facts: seen.facts,
    decision,
    settings: stands(round) ? null : policy.settings,
    notes: policy.fresh ? policy.problems.map(sayProblem) : environment.notes,
    approvedSha,
    bringer: policy.bringer,
    repository: seen.repo.fullName,
    installationId: seen.repo.installationId,
    now: ports.clock.now(),
    newId: ports.newId,
  });
  const written = await ports.environments.change(environment, change);
  return written && followUp(ports, { round, written, decision });
}

/** Defaults that stand for what could not be read are not what is live was made with. */
function stands({ environment: { settings }, policy: { fresh, problems } }: Round): boolean {
  return !fresh || (settings !== null && problems.some(({ level }) => level === 'error'));
}

function sayProblem({ file, line, message }: SettingsProblem): string {
  return `.github/preview.yml${file === 'base' ? ' of the default branch' : ''}, line ${line}: ${message}`;
}

function approved({ seen, environment, policy }: Round): string | null {
  const { action, label, facts } = seen;
  const { senderPermission } = policy;
  return approvalOf({ action, label, senderPermission, headSha: facts.head.sha }) ?? environment.approvedSha;
}

interface Written {
  readonly round: Round;
  readonly written: StoredEnvironment;
  readonly decision: Decision;
}

async function followUp(ports: Ports, { round, written, decision }: Written): Promise<Outcome> {
  const { settings } = round.policy;
  const admitted = isAdmitted(written) && !isAdmitted(round.environment);
  const [count] = await Promise.all([
    admitted ? ports.environments.countActive(written.projectId) : 0,
    settleDeployments(ports, { before: round.environment, written }),
  ]);
  if (count <= settings.limits.environments) return decision;
  const out = await keepWithinLimit(ports, written.projectId);
  return out.has(written.id) ? limitReached(settings) : decision;
}

/** A commit that is not deployed ends the build of the one before it all the same. */
async function settleDeployments(
  ports: Ports,
  { before, written }: { before: StoredEnvironment; written: StoredEnvironment },
): Promise<void> {
  if (isAdmitted(written)) await ensureHeadDeployment(ports, { environment: written, run: null });
  else if (isActive(written) && written.generation > before.generation) await supersedeOlder(ports, written);
}
