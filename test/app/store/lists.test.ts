import { expect, test } from '@jest/globals';
import { QUESTIONS } from '../../../bench/lists/questions.js';
import { OPERATIONS } from '../../../src/contract/openapi.js';
import type { Operation } from '../../../src/contract/operation.js';
import { playLists } from './lists-play.js';

playLists(2_000);

/** Lists that grow with something else than deployments, environments and webhooks, and where their plans are tested. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  readLogs: 'query-plans.test.ts',
  listTargets: 'nowhere: it asks no database',
  listLeaks: 'query-plans.test.ts: it has a fixed length',
  ...Object.fromEntries(
    [
      ...['searchLogs', 'readRuntimeLogs', 'searchRuntimeLogs', 'listHealthChecks'],
      ...[
        'listSessions',
        'listTokens',
        'listMembers',
        'listInvitations',
        'listShareLinks',
        'listChannels',
        'listNotifications',
      ],
      ...['listVariables', 'listSecrets', 'listOrganizationVariables', 'listOrganizationSecrets'],
      ...['listUsers', 'listAudit'],
      ...['listEncryptionKeys', 'listProjects', 'listRepositories', 'listContainers', 'listScreenshots'],
    ].map((name) => [name, 'query-plans.test.ts']),
  ),
};

test('every list of the API is asked, or tested elsewhere', () => {
  const lists = Object.entries<Operation>(OPERATIONS)
    .filter(([, { answers }]) => isList(answers[200]))
    .map(([name]) => name);
  const asked = QUESTIONS.map(({ operation }) => operation);
  expect(lists.filter((name) => !asked.includes(name) && !(name in ELSEWHERE))).toEqual([]);
});

function isList(schema: Operation['answers'][number] | undefined): boolean {
  if (typeof schema !== 'function') return false;
  const made = schema();
  return 'shape' in made && 'nextCursor' in (made.shape as object);
}
