import { expect, test } from '@jest/globals';
import { githubValidator } from '../../../demo/github/openapi/validate.js';

const { request } = githubValidator();
const REPO = 'http://github.example/repos/acme/hello';
const SHA = 'a'.repeat(40);

function asked(route: string, body?: unknown) {
  const [method = '', path = ''] = route.split(' ');
  return request({ method, url: new URL(`${REPO}${path}`), body })?.errors ?? [];
}

test.each([
  ['POST /check-runs', { name: 'Preview', head_sha: SHA, headSha: SHA }, ['/headSha is not described']],
  ['PATCH /check-runs/7', { status: 'in_progress', check_run_id: 7 }, ['/check_run_id is not described']],
  ['POST /issues/1/comments', { body: 'hello', text: 'hello' }, ['/text is not described']],
  ['POST /deployments/1/statuses', { state: 'success', url: 'http://x' }, ['/url is not described']],
  ['POST /check-runs/7/rerequest', { why: 'because' }, ['/why is not described']],
])('%s: a field that GitHub would ignore without a word is a mistake', (route, body, errors) => {
  expect(asked(route, body)).toEqual(errors);
});

test.each([
  [`GET /commits/${SHA}/check-runs?name=Preview`, ['query/name is not described']],
  ['GET /pulls?state=open&per-page=100', ['query/per-page is not described']],
  ['GET /pulls?per_page=many', ['query/per_page must be integer']],
])('%s: a parameter that GitHub would ignore is a mistake', (route, errors) => {
  expect(asked(route)).toEqual(errors);
});

test.each([
  ['POST /check-runs', { name: 'Preview', head_sha: SHA, output: { title: 'a', summary: 'b' } }],
  ['PATCH /check-runs/7', { status: 'completed', conclusion: 'success' }],
  // A body whose fields GitHub leaves open.
  ['POST /dispatches', { event_type: 'go', client_payload: { anything: 1 } }],
  [`GET /commits/${SHA}/check-runs?check_name=Preview&app_id=1&filter=all&per_page=100&page=2`, undefined],
])('%s: what is described is no mistake', (route, body) => {
  expect(asked(route, body)).toEqual([]);
});
