import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendRuntimeLogs } from '../../src/deployments/logs/append.js';
import { KEPT_FOR_AUDIT, PROVIDERS } from '../../src/deliveries/store.js';
import { hashToken } from '../../src/people/api-token.js';
import { LOG_LEVELS, LOG_SOURCES, LOG_TYPES } from '../../src/shared/log-lines.js';
import { DELIVERY_STATUS } from '../../src/shared/status/words.js';
import { newDeployment, newEnvironment } from '../support/builders.js';
import { startApp, type TestApp } from '../support/start-app.js';

/** docs/seeds.md maps the tables of the seeds. Each test writes and reads every field of logs, health checks and webhooks. */

const ID = 'd'.repeat(24);
const AT = '2026-11-28T10:00:00.000Z';
const TOKEN = 'vtr_of_this_run';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  await app.ports.deployments.ensure(newDeployment({ id: ID, run: { id: '1', attempt: 1, job: 'preview' } }));
  const scope = { kind: 'run', deploymentId: ID, repoId: 1 } as const;
  await app.ports.tokens.issue({ hash: hashToken(TOKEN), scope, expiresAt: null });
});
afterAll(async () => {
  await app.close();
});

async function read<T = { items: unknown[] }>(path: string): Promise<T> {
  const response = await app.api(`/api/v1${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

test('deployment_logs: a line of each type and level comes back with every field, and its age removes it', async () => {
  const lines = LOG_TYPES.flatMap((type) =>
    LOG_LEVELS.map((level) => ({ at: AT, stage: 'deploying', type, level, text: `${type} ${level}` })),
  );
  const sent = await app.api(`/api/v1/deployments/${ID}/logs`, {
    ...{ method: 'POST', token: TOKEN, headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ seq: 0, lines }),
  });
  expect(sent.status).toBe(202);
  const { items } = await read(`/deployments/${ID}/logs`);
  expect(items).toEqual(lines.map((line, index) => ({ number: index + 1, ...line })));
  // By the time of storing, not by the times of the lines.
  expect(await app.ports.logs.deleteBefore(new Date(AT), 10)).toBe(0);
  expect(await app.ports.logs.deleteBefore(new Date(Date.now() + 60_000), 10)).toBe(1);
});

test('deployment_runtime_logs: a line of each source comes back with every field', async () => {
  for (const [batch, source] of LOG_SOURCES.entries()) {
    const lines = [{ at: new Date(AT), level: 'warning', text: `from ${source}` }] as const;
    await appendRuntimeLogs(app.ports, { deploymentId: ID, source, writer: source, batch, lines });
  }
  const { items } = await read(`/deployments/${ID}/runtime-logs`);
  expect(items).toEqual(
    LOG_SOURCES.map((source, index) => ({
      ...{ number: index + 1, at: AT, type: 'runtime', stage: '', level: 'warning' },
      ...{ text: `from ${source}`, source },
    })),
  );
});

test('deployment_health_checks: what was found comes back with every field', async () => {
  const check = {
    ...{
      id: 'c'.repeat(24),
      deploymentId: ID,
      environmentId: 'e'.repeat(24),
      url: 'https://shop.example/healthz',
    },
    ...{ httpStatus: 503, latencyMs: 12, live: false, detail: 'It answered 503.' },
  };
  await app.ports.healthChecks.add({ ...check, checkedAt: new Date(AT) });
  const { items } = await read(`/deployments/${ID}/health-checks`);
  expect(items).toEqual([{ ...check, checkedAt: AT }]);
});

test('webhook_payloads: a webhook of each provider comes back with every field, also when its environment is gone', async () => {
  const { inbox, environments } = app.ports;
  const { id, projectId } = await environments.ensure(newEnvironment());
  for (const provider of PROVIDERS) {
    const fresh = {
      ...{ provider, event: 'pull_request', action: 'opened', repoId: 1, installationId: 7 },
      ...{ repository: 'acme/site', pullRequest: 7 },
      decision: { action: KEPT_FOR_AUDIT, rule: 'opened', detail: 'It was opened.', environmentIds: [id] },
    };
    const headers = { 'x-event': `${provider} push` };
    const body = Buffer.from(JSON.stringify({ of: provider }));
    await inbox.store([{ ...fresh, guid: `${provider}-1`, headers, body, receivedAt: new Date(AT) }]);
    expect(await read(`/deliveries/${provider}-1`)).toEqual({
      ...{ ...fresh, id: `${provider}-1`, receivedAt: AT, payload: { of: provider }, payloadDropped: false },
      headers: expect.objectContaining(headers),
      ...{ status: DELIVERY_STATUS.retained, error: null, attempts: 0, replays: [] },
      environments: [expect.objectContaining({ id })],
    });
  }
  await environments.deleteOfProject(projectId);
  expect(await read('/deliveries/github-1')).toMatchObject({
    decision: { environmentIds: [id] },
    environments: [],
  });
});
