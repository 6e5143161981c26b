import type { EnvironmentView } from '../../../src/contract/schemas.js';
import type { Environment } from '../../../src/environments/model.js';
import { GONE_ENVIRONMENTS } from '../../../src/shared/status/words.js';

export function presentEnvironment(environment: Environment): EnvironmentView {
  const { id, name, project, repository, status, generation, url, head, current, error } = environment;
  return {
    id,
    name,
    namespace: environment.slug,
    project,
    repository,
    status,
    generation,
    url,
    live: current !== null && !GONE_ENVIRONMENTS.includes(status),
    commit: head?.sha ?? null,
    currentCommit: current?.sha ?? null,
    pullRequest: presentPullRequest(environment),
    decision: presentDecision(environment),
    error,
    expiresAt: isoOrNull(environment.expiresAt),
    createdAt: environment.createdAt.toISOString(),
    updatedAt: environment.updatedAt.toISOString(),
    deployedAt: isoOrNull(environment.deployedAt),
    destroyedAt: isoOrNull(environment.destroyedAt),
  };
}

export function isoOrNull(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

function presentPullRequest({ pullRequest }: Environment): EnvironmentView['pullRequest'] {
  if (!pullRequest) return null;
  const { number, title, author, head, url } = pullRequest;
  return { number, title, author: author.login, branch: head.ref, url };
}

function presentDecision({ decision }: Environment): EnvironmentView['decision'] {
  return decision && { action: decision.action, rule: decision.rule, detail: decision.detail };
}
