import { expect, test } from '@jest/globals';
import { VitrineError } from '../../src/shared/errors.js';
import { probe } from '../../src/targets/probe.js';
import type { Visit } from '../../src/targets/target.js';

const look = (visit: Visit, healthPath = '/') =>
  probe({ url: 'https://host.example/pr-1', healthPath }, { visit, signal: new AbortController().signal });

test.each([
  [200, 'live'],
  [302, 'live'],
  [401, 'unhealthy'],
  [503, 'unhealthy'],
  [404, 'gone'],
  [410, 'gone'],
])('a page that answers %s is %s', async (status, state) => {
  expect(await look(async () => status)).toMatchObject({ state });
});

test('a page that is asked for other statuses is live with one of them alone', async () => {
  const asked = { url: 'https://host.example/', healthPath: '/', healthStatus: '204,404' };
  const at = (status: number) =>
    probe(asked, { visit: async () => status, signal: new AbortController().signal });
  expect([(await at(404)).state, (await at(204)).state, (await at(200)).state]).toEqual([
    'live',
    'live',
    'unhealthy',
  ]);
});

test('the path that the run checked is asked, and without one the URL itself', async () => {
  const asked: string[] = [];
  const visit: Visit = async (page) => asked.push(page);
  await look(visit, '/healthz');
  await look(visit);
  expect(asked).toEqual(['https://host.example/healthz', 'https://host.example/pr-1']);
});

test('no connection is unhealthy, with the reason of the system and nothing else', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 203.0.113.7:443'), { code: 'ECONNREFUSED' });
  expect(await look(async () => Promise.reject(refused))).toEqual({
    state: 'unhealthy',
    detail: 'It does not answer (ECONNREFUSED).',
  });
});

test('an address that must not be asked says nothing about the preview', async () => {
  const refused = new VitrineError('forbidden', 'no');
  await expect(look(async () => Promise.reject(refused))).rejects.toBe(refused);
});
