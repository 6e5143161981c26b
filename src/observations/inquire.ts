import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Project, ProjectPorts } from '../projects/project.js';
import type { GitHubPorts } from '../repositories/github.js';
import { readPolicy, storedPolicy, type Policy, type Question } from './inputs.js';
import { bringerOf, type Observation } from './observation.js';

type Ports = EnvironmentPorts & ProjectPorts & GitHubPorts;

export interface Inquiry {
  readonly policy: Policy;
  /** The projects of the repository, when this is about a pull request that has no environment yet. */
  readonly projects: readonly Project[];
}

/** All that must be known to settle a pull request. What the database knows costs no time while GitHub is asked. */
export async function inquire(
  ports: Pick<Ports, 'github' | 'projects'>,
  question: Question,
): Promise<Inquiry> {
  const { seen, known } = question;
  const [policy, projects] = await Promise.all([
    seen.facts.state === 'open' ? readPolicy(ports, question) : storedPolicy(question),
    known.length > 0 ? [] : ports.projects.ofRepo(seen.repo.id),
  ]);
  return { policy, projects };
}

export interface LookUp {
  readonly known: readonly StoredEnvironment[];
  /** What was asked at once, if it is what would be asked now. */
  readonly inquiry: Promise<Inquiry> | undefined;
}

/** One that was opened just now is hardly ever known already: GitHub is asked in the same moment as the database. */
export async function lookUp(
  ports: Pick<Ports, 'github' | 'projects' | 'environments'>,
  seen: Observation,
): Promise<LookUp> {
  const { repo, facts, action } = seen;
  const inquiry = action === 'opened' ? inquire(ports, { seen, known: [] }) : undefined;
  // Who comes late is told so by the database alone: then nobody awaits GitHub, and its failure is nobody's.
  inquiry?.catch(() => undefined);
  const known = await ports.environments.ofPullRequest(repo.id, facts.number);
  const asSupposed = bringerOf(seen, known).login === bringerOf(seen, []).login;
  return { known, inquiry: asSupposed ? inquiry : undefined };
}
