import { CREATORS } from '../../src/environments/model.js';
import { DELIVERY_STATUS, DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { environmentIdOf, projectIdOf, repoIdOf, shaOf } from './fill.js';

/** A request for a list, with the name of its operation. */
export interface Question {
  readonly operation: string;
  readonly what: string;
  readonly path: string;
}

const DEPLOYMENTS = '/api/v1/deployments';
const ENVIRONMENTS = '/api/v1/environments';
const DELIVERIES = '/api/v1/deliveries';
const LIMIT = 'limit=20';

const SCOPES: readonly (readonly [string, string])[] = [
  ['all', ''],
  ['a project', `project=${projectIdOf(3)}`],
  ['a repository', `repository=acme/repo-${repoIdOf(3)}`],
  ['a repository by its id', `repository_id=${repoIdOf(3)}`],
  ['an environment', `environment=${environmentIdOf(3)}`],
];

const FACETS: readonly (readonly [string, string])[] = [
  ['a branch', 'branch=branch-3'],
  ['an author', 'author=author-3'],
  ['a creator', `creator=${CREATORS[0]}`],
];

const STATUS: readonly (readonly [string, string])[] = [
  ['', ''],
  [', failed', `status=${DEPLOYMENT_STATUS.failed}`],
];

function asked(operation: string, base: string, parts: readonly (readonly [string, string])[]): Question {
  const query = [...parts.map(([, one]) => one), LIMIT].filter((one) => one !== '').join('&');
  const what = parts.map(([name]) => name).join('') || 'all';
  return { operation, what: `${operation}: ${what}`, path: `${base}?${query}` };
}

function deploymentLists(): Question[] {
  const commit = ['a commit', `commit=${shaOf(3)}`] as const;
  return SCOPES.flatMap((scope) =>
    STATUS.flatMap((status) => {
      const one = (...more: (readonly [string, string])[]) =>
        asked('listDeployments', DEPLOYMENTS, [scope, ...more, status]);
      const isProject = scope[1].startsWith('project') || scope[1].startsWith('repository');
      const facets = isProject ? FACETS : [];
      return [one(), one([' and ', ''], commit), ...facets.map((facet) => one([' and ', ''], facet))];
    }),
  );
}

function environmentLists(): Question[] {
  const scopes = [
    ['all', ''],
    ['a project', `project=${projectIdOf(3)}`],
    ['a repository', `repository=acme/repo-${repoIdOf(3)}`],
  ] as const;
  const states = [
    ['', ''],
    [', active', 'active_only=true'],
    [', ready', `status=${ENVIRONMENT_STATUS.ready}`],
  ] as const;
  return scopes.flatMap((scope) =>
    states.map((state) => asked('listEnvironments', ENVIRONMENTS, [scope, state])),
  );
}

function deliveryLists(): Question[] {
  const scopes = [
    ['all', ''],
    ['a repository', `repository=acme/repo-${repoIdOf(3)}`],
    ['a repository by its id', `repository_id=${repoIdOf(3)}`],
  ] as const;
  const facets = [
    ['', ''],
    [' by status', `status=${DELIVERY_STATUS.ignored}`],
    [' by rule', 'rule=draft'],
    [' by event', 'event=push'],
  ] as const;
  const times = [
    ['', ''],
    [' in a week', 'from=2026-01-01T00:05:00Z&to=2026-01-08T00:00:00Z'],
  ] as const;
  const ofGitHub = scopes.flatMap((scope) =>
    facets.flatMap((facet) => times.map((time) => asked('listDeliveries', DELIVERIES, [scope, facet, time]))),
  );
  const pull = (scope: (typeof scopes)[number]) =>
    times.map((time) =>
      asked('listDeliveries', DELIVERIES, [scope, [' by pull request', 'pull_request=4'], time]),
    );
  const others = [
    ['of GitHub', 'provider=github'],
    ['of GitLab', 'provider=gitlab'],
    ['of GitLab and a repository', `provider=gitlab&repository=acme/repo-${repoIdOf(9)}`],
  ] as const;
  return [
    ...ofGitHub,
    ...scopes.slice(1).flatMap(pull),
    ...others.flatMap((other) => times.map((time) => asked('listDeliveries', DELIVERIES, [other, time]))),
  ];
}

/** Every list with every combination of filters that it offers. */
export const QUESTIONS: readonly Question[] = [
  ...deploymentLists(),
  ...environmentLists(),
  ...deliveryLists(),
  asked('listEnvironmentDeployments', `${ENVIRONMENTS}/${environmentIdOf(3)}/deployments`, []),
  asked('listLatestDeployments', `/api/v1/projects/${projectIdOf(3)}/deployments/latest`, []),
  {
    operation: 'listDecisions',
    what: 'listDecisions',
    path: `${ENVIRONMENTS}/${environmentIdOf(3)}/decisions`,
  },
];
