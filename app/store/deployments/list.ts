import { type Model, trusted } from 'mongoose';
import type { DeploymentStore, StoredDeployment } from '../../../src/deployments/store.js';
import { CREATORS } from '../../../src/environments/model.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Page } from '../../../src/shared/pages.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { cursorOf, limitOf, oneOf, onlyKeys, pageOf, text } from '../shared/query.js';
import { type DeploymentDocument, toDeployment, type VisibleDeployment, WITHOUT_SHA7 } from './document.js';

type Query = Parameters<DeploymentStore['list']>[0];

const STATUSES = Object.values(DEPLOYMENT_STATUS);

/** MongoDB merges sorted runs of an index only up to 200 of them, and sorts in memory beyond that. */
const MOST_RUNS = 200;

/**
 * Newest first. Every index below ends with the status and the id, so each status of each project is a sorted run of it, and the runs are
 * merged: no document is read that is not shown. A person who sees many projects is answered by several such queries side by side.
 */
export async function listDeployments(
  model: Model<DeploymentDocument>,
  { scope, filter, page }: Query,
): Promise<Page<StoredDeployment>> {
  onlyKeys(scope, ['environmentId', 'projectIds']);
  onlyKeys(filter, ['status', 'branch', 'author', 'creator', 'sha']);
  const limit = limitOf(page);
  const after = cursorOf(page, /^[0-9A-Za-z_-]{1,64}$/);
  const statuses = filter.status === undefined ? STATUSES : [oneOf(filter.status, STATUSES)];
  const common = {
    status: trusted({ $in: statuses }),
    deletedAt: null,
    ...(after && { _id: trusted({ $lt: after[0] }) }),
  };
  const questions = questionsOf({ scope, filter }, Math.floor(MOST_RUNS / statuses.length));
  const answers = await Promise.all(
    questions.map(({ where, index }) =>
      model
        .find({ ...where, ...common }, WITHOUT_SHA7)
        .sort({ _id: -1 })
        .limit(limit + 1)
        .hint(index)
        .lean<VisibleDeployment[]>(),
    ),
  );
  const found = newestOf(answers).slice(0, limit + 1);
  return pageOf(found.map(toDeployment), { limit, cursor: ({ id }) => id });
}

/** One after the other in a page, though several questions may have found it. */
function newestOf(answers: readonly (readonly VisibleDeployment[])[]): readonly VisibleDeployment[] {
  if (answers.length === 1) return answers[0] ?? [];
  const all = new Map(answers.flat().map((one) => [one._id, one]));
  return [...all.values()].sort((a, b) => (a._id < b._id ? 1 : -1));
}

interface Question {
  readonly where: object;
  readonly index: string;
}

function questionsOf({ scope, filter }: Pick<Query, 'scope' | 'filter'>, most: number): readonly Question[] {
  const { environmentId, projectIds } = scope;
  const facet = facetOf(filter);
  // A commit has few deployments: whose they are is read from them.
  if (facet?.name === 'sha')
    return [{ where: { ...facet.where, ...scopeOfCommit(scope) }, index: 'listed_sha' }];
  if (environmentId !== undefined && !facet) {
    const where = { environmentId: text(environmentId, 'the environment') };
    return [{ where, index: 'listed_environment' }];
  }
  if (environmentId !== undefined) throw notServed();
  if (projectIds === undefined) {
    if (facet) throw notServed();
    return [{ where: {}, index: 'listed' }];
  }
  return inBatches(projectIds, most).map((ids) => ({
    where: { projectId: trusted({ $in: ids.map((id) => text(id, 'the project')) }), ...facet?.where },
    index: facet ? `listed_project_${facet.name}` : 'listed_project',
  }));
}

function scopeOfCommit({ environmentId, projectIds }: Query['scope']): object {
  if (environmentId !== undefined) return { environmentId: text(environmentId, 'the environment') };
  return projectIds ? { projectId: trusted({ $in: projectIds.map((id) => text(id, 'the project')) }) } : {};
}

interface Facet {
  readonly name: 'branch' | 'author' | 'creator' | 'sha';
  readonly where: object;
}

function facetOf({ branch, author, creator, sha }: Query['filter']): Facet | null {
  const given: Facet[] = [
    ...(branch === undefined ? [] : [facet('branch', text(branch, 'the branch'))]),
    ...(author === undefined ? [] : [facet('author', text(author, 'the author'))]),
    ...(creator === undefined ? [] : [facet('creator', oneOf(creator, CREATORS))]),
    ...(sha === undefined ? [] : [facet('sha', text(sha, 'the commit'))]),
  ];
  if (given.length > 1) throw notServed();
  return given[0] ?? null;
}

function facet(name: Facet['name'], value: string): Facet {
  return { name, where: { [name]: value } };
}

function notServed(): VitrineError {
  return new VitrineError('bad_request', 'These filters cannot be combined: no index serves them together.');
}

function inBatches<T>(items: readonly T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}
