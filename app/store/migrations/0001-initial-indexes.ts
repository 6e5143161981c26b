import { DELIVERY_STATUS } from '../../../src/shared/status/words.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';

const DUE = { $gt: new Date(0) };

/** Names are part of the contract: the stores name the index that must serve a list. */
const environments: readonly IndexDefinition[] = [
  { name: 'identity', key: { projectId: 1, repoId: 1, name: 1 }, unique: true },
  { name: 'slug', key: { slug: 1 }, unique: true },
  { name: 'pull_request', key: { repoId: 1, 'pullRequest.number': 1, _id: 1 } },
  { name: 'project_status_id', key: { projectId: 1, status: 1, _id: -1 } },
  { name: 'project_decision_status', key: { projectId: 1, 'decision.action': 1, status: 1 } },
  { name: 'repo_status_id', key: { repoId: 1, status: 1, _id: -1 } },
  { name: 'repository_status_id', key: { repository: 1, status: 1, _id: -1 } },
  { name: 'status_id', key: { status: 1, _id: -1 } },
  { name: 'project_artifact', key: { projectId: 1, 'resources.artifactRoot': 1 } },
  { name: 'due_report', key: { 'due.report.at': 1 }, partial: { 'due.report.at': DUE } },
  { name: 'due_teardown', key: { 'due.teardown.at': 1 }, partial: { 'due.teardown.at': DUE } },
].map((index) => ({ collection: 'environments', ...index }) as IndexDefinition);

const deployments: readonly IndexDefinition[] = [
  {
    name: 'run',
    key: { environmentId: 1, sha: 1, 'run.id': 1, 'run.attempt': 1, 'run.job': 1 },
    unique: true,
    partial: { 'run.id': { $exists: true } },
  },
  { name: 'environment_id', key: { environmentId: 1, _id: -1 } },
  { name: 'environment_status_id', key: { environmentId: 1, status: 1, _id: -1 } },
  { name: 'environment_sha7_id', key: { environmentId: 1, sha7: 1, _id: -1 } },
  { name: 'repo_run_status_id', key: { repoId: 1, 'run.id': 1, status: 1, _id: 1 } },
  { name: 'project_started', key: { projectId: 1, startedAt: -1 } },
  { name: 'status_updated', key: { status: 1, updatedAt: 1 } },
].map((index) => ({ collection: 'deployments', ...index }) as IndexDefinition);

const deliveries: readonly IndexDefinition[] = [
  {
    name: 'stored_received',
    key: { receivedAt: 1, _id: 1, readyAt: 1 },
    partial: { status: DELIVERY_STATUS.stored },
  },
  { name: 'status_received', key: { status: 1, receivedAt: -1, _id: -1 } },
  { name: 'repo_status_received', key: { repoId: 1, status: 1, receivedAt: -1, _id: -1 } },
].map((index) => ({ collection: 'webhookDeliveries', ...index }) as IndexDefinition);

const others: readonly IndexDefinition[] = [
  { collection: 'projects', name: 'repo_name', key: { repoId: 1, name: 1 }, unique: true },
  { collection: 'projects', name: 'slug', key: { slug: 1 }, unique: true },
  { collection: 'repos', name: 'installation', key: { installationId: 1, _id: 1 } },
  { collection: 'repos', name: 'name', key: { nameKey: 1, removedAt: 1, updatedAt: -1 } },
  { collection: 'logs', name: 'deployment_seq', key: { deploymentId: 1, seq: 1 }, unique: true },
  { collection: 'artifacts', name: 'project_root', key: { projectId: 1, root: 1 }, unique: true },
  { collection: 'artifacts', name: 'project_saved', key: { projectId: 1, savedAs: -1 } },
  { collection: 'apiTokens', name: 'repo', key: { 'scope.repoId': 1 } },
  { collection: 'apiTokens', name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  { collection: 'tokenUses', name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
];

/** Ids of GitHub, delivery guids, token hashes and `jti`s are the `_id` of their documents, and unique by that. */
const indexes = [...environments, ...deployments, ...deliveries, ...others];

export const initialIndexes: Migration = {
  version: 1,
  name: 'initial-indexes',
  indexes,
  up: (db) => makeIndexes(db, indexes),
  down: (db) => dropIndexes(db, indexes),
};
