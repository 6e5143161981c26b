import type { Situation } from '../deployments/situation.js';
import { type Environment, isActive } from '../environments/model.js';
import { projectsOf } from '../settings/settings.js';
import { CHECK, CONCLUSION, type CheckConclusion, type CheckStatus } from '../shared/status/github.js';
import {
  attemptOf,
  CHECK_OF_ALL,
  externalId,
  GITHUB_WORDS,
  isOneOfSeveral,
  keyOfSent,
  type PlannedCheck,
  TITLES,
} from './desired-checks.js';

interface Family {
  /** The environment that reports for all projects of its pull request. */
  readonly environment: Environment;
  readonly siblings: readonly Environment[];
  /** One for each sibling, of its newest commit. */
  readonly situations: readonly Situation[];
}

/**
 * One check for all projects of a pull request, beside the check of each: a branch rule can require it, whatever the projects are named.
 * It ends when the last project has a result. Null where there is one project only, whose own check has this name.
 */
export function checkOfAll({ environment, siblings, situations }: Family): PlannedCheck | null {
  const { head } = environment;
  const own = situations[siblings.findIndex(({ id }) => id === environment.id)];
  if (!head || !own || !isOneOfSeveral(environment, siblings)) return null;
  const { sha, deploymentId } = head;
  const sent = environment.reported.checks.find(
    (check) => keyOfSent(check) === keyOfSent({ sha, ofAll: true }),
  );
  // The end of the pull request does not change a result.
  if (!isActive(environment) && sent?.settled !== false) return null;
  const { status, conclusion } = outcomeOf({ environment, siblings, situations });
  const unfinished = status !== CHECK.completed;
  const attempt = attemptOf(sent, { unfinished, awaited: false, deploymentId });
  return {
    ofAll: true,
    attempt,
    deploymentId,
    report: {
      name: CHECK_OF_ALL,
      sha,
      externalId: externalId({ name: environment.name, project: '' }, { sha, attempt }),
      status,
      conclusion,
      title: situations.map(({ project, kind }) => `${project}: ${TITLES[kind]}`).join(', '),
      detailsUrl: environment.pullRequest?.url ?? null,
      // Its times are those of one project.
      situation: { ...own, attempt: null },
      situations,
    },
  };
}

/** Bad news first. */
const ORDER: readonly CheckConclusion[] = [
  CONCLUSION.failure,
  CONCLUSION.actionRequired,
  CONCLUSION.cancelled,
  CONCLUSION.success,
  CONCLUSION.neutral,
];

interface Outcome {
  readonly status: CheckStatus;
  readonly conclusion: CheckConclusion | null;
}

function outcomeOf({ environment, siblings, situations }: Family): Outcome {
  const words = situations.map(({ kind }) => GITHUB_WORDS[kind]);
  const open = words.filter(({ check }) => check !== CHECK.completed);
  const working = open.some(({ check }) => check === CHECK.inProgress);
  if (open.length > 0) return { status: working ? CHECK.inProgress : CHECK.queued, conclusion: null };
  if (isActive(environment) && isIncomplete({ environment, siblings }))
    return { status: CHECK.queued, conclusion: null };
  const conclusion = ORDER.find((each) => words.some((one) => one.conclusion === each)) ?? CONCLUSION.neutral;
  return { status: CHECK.completed, conclusion };
}

/** An event is decided for one project after the other: some may not have the newest commit yet. */
function isIncomplete({ environment, siblings }: Pick<Family, 'environment' | 'siblings'>): boolean {
  const { settings, repository, head } = environment;
  const names = settings ? projectsOf(settings, repository).map(({ name }) => name) : [];
  return names.some((name) => {
    const sibling = siblings.find(({ project }) => project === name);
    return !sibling || (isActive(sibling) && sibling.head?.sha !== head?.sha);
  });
}
