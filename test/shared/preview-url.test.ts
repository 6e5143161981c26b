import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addressVariable,
  commitLabel,
  environmentNameFor,
  hostLabel,
  MAX_ENVIRONMENT_LABEL,
  MAX_LABEL,
  ownerOfService,
  previewUrl,
  pullRequestOf,
  serviceLabel,
} from '../../src/shared/preview-url.js';
import { slug } from '../../src/shared/slug.js';
import { BRANCH_NAMES } from './branch-names.js';

const SHA = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

test.each([
  [{ pullRequest: 42 }, 'pr-42'],
  [{ branch: 'staging' }, 'staging'],
])('the environment of %j is %s', (of, expected) => {
  expect(environmentNameFor(of)).toBe(expected);
});

test('a branch that calls itself pr-42 is not pull request 42', () => {
  expect(environmentNameFor({ branch: 'pr-42' })).toMatch(/^pr-42-[0-9][a-z0-9]{7}$/);
});

test.each([
  ['pr-42', 'hello', 'pr-42-hello'],
  ['staging', 'my-app', 'staging-my-app'],
  ['pr-1', slug('Hello World'), `pr-1-${slug('Hello World')}`],
])('%s of %s is served at %s', (environment, project, expected) => {
  expect(hostLabel({ environment, project })).toBe(expected);
});

test('two pairs of names that read the same have two hosts', () => {
  const pairs = [
    ['main', 'foo-bar'],
    ['main-foo', 'bar'],
    ['main-foo-bar', 'bar'],
    ['main-foo', 'bar-bar'],
    ['main', 'foo-bar-bar'],
  ] as const;
  const labels = pairs.map(([environment, project]) => hostLabel({ environment, project }));
  expect(new Set(labels).size).toBe(pairs.length);
  expect(labels[0]).toBe('main-foo-bar');
  expect(labels[1]).toMatch(/^main-foo-bar-[0-9][a-z0-9]{7}$/);
});

test('a project that calls itself as the address of another has an address of its own', () => {
  const taken = slug('Hello World');
  const labels = ['Hello World', taken, slug(taken)].map((name) =>
    hostLabel({ environment: 'pr-1', project: slug(name) }),
  );
  expect(new Set(labels).size).toBe(3);
  expect(labels[0]).toBe(`pr-1-${taken}`);
});

test('no two environments of branches ever share a host', () => {
  const name = fc.stringMatching(/^[a-c](?:-?[a-c]){0,3}$/);
  const pair = fc.record({ branch: name, project: name });
  const label = ({ branch, project }: { branch: string; project: string }) =>
    hostLabel({ environment: environmentNameFor({ branch }), project });
  fc.assert(
    fc.property(pair, pair, (a, b) => {
      const same = a.branch === b.branch && a.project === b.project;
      return same === (label(a) === label(b));
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ['pr-1-hello', 'web'],
  ['pr-01', 'hello'],
  ['1a2b3c4', 'pr-1-hello'],
])('branch %s of %s cannot take the host of a pull request or of a commit', (environment, project) => {
  const label = hostLabel({ environment, project });
  expect(label).toMatch(/-[0-9][a-z0-9]{7}$/);
  expect(label).not.toBe(`${environment}-${project}`);
});

test('a long label is cut and told apart by its hash', () => {
  const long = hostLabel({ environment: 'a'.repeat(40), project: 'b'.repeat(40) });
  const other = hostLabel({ environment: 'a'.repeat(40), project: `${'b'.repeat(39)}c` });
  expect([long.length, other.length]).toEqual([MAX_ENVIRONMENT_LABEL, MAX_ENVIRONMENT_LABEL]);
  expect(long).not.toBe(other);
});

test('a commit keeps its own host, however long the label', () => {
  expect(commitLabel({ sha: SHA, label: 'pr-42-hello' })).toBe('1a2b3c4-pr-42-hello');
  const full = 'x'.repeat(MAX_LABEL);
  const cut = commitLabel({ sha: SHA, label: full });
  expect(cut).toMatch(/^1a2b3c4-x+-[0-9][a-z0-9]{7}$/);
  expect(cut).toHaveLength(MAX_LABEL);
});

test('services of a preview have readable hosts, unless these would be those of others', () => {
  const label = 'pr-42-shop';
  expect(serviceLabel({ service: 'api', label })).toBe('api-pr-42-shop');
  expect(serviceLabel({ service: 'Api_2', label })).toBe(`${slug('Api_2')}-pr-42-shop`);
  // As a commit, another pull request, its service, or a code begins; and services of what is no pull request.
  for (const service of ['1a2b3c4', 'pr-7', 'pr-7-x', 'api-pr-7', '1xabcde'])
    expect(serviceLabel({ service, label })).toMatch(/^\dx[a-z0-9]{5}-pr-42-shop$/);
  const long = `pr-42-${'s'.repeat(MAX_ENVIRONMENT_LABEL - 6)}`;
  expect(serviceLabel({ service: 'apiserver', label: long })).toMatch(/^\dx[a-z0-9]{5}-pr-42-s+$/);
  expect(serviceLabel({ service: 'api', label: 'staging-shop' })).toMatch(/^\dx[a-z0-9]{5}-staging-shop$/);
  for (const [environment, project] of [
    ['api', 'pr-42-shop'],
    ['1xabcde', 'pr-42-shop'],
    ['1xabcde', 'staging-shop'],
  ] as const)
    expect(hostLabel({ environment, project })).toMatch(/-[0-9][a-z0-9]{7}$/);
  expect([ownerOfService('pr-42-shop'), ownerOfService('staging-shop')]).toEqual([null, null]);
});

test('every service of every preview has a label that DNS accepts, which leads back to its preview and is nobody else’s', () => {
  const text = fc.oneof(
    fc.stringMatching(/^[a-zA-Z0-9._-]{1,63}$/),
    fc.constantFrom('api', 'pr-1', 'api-pr-1', 'x-pr-2-y', '1a2b3c4', '0xabcde'),
  );
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 3 }), text, (service, project, number, branch) => {
      for (const environment of [
        environmentNameFor({ pullRequest: number }),
        environmentNameFor({ branch }),
      ]) {
        const label = hostLabel({ environment, project: slug(project) });
        const host = serviceLabel({ service, label });
        for (const [one, of] of [
          [host, `${service} of ${label}`],
          [label, label],
          [commitLabel({ sha: SHA, label }), `commit of ${label}`],
        ] as const) {
          expect(seen.get(one) ?? of).toBe(of);
          seen.set(one, of);
        }
        expect(host).toMatch(LABEL);
        expect(ownerOfService(host)).toBe(label);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a program finds the URL of a service in a variable', () => {
  expect(addressVariable('mail-ui.2')).toBe('PREVIEW_URL_MAIL_UI_2');
});

test('every environment of every project has a label that DNS accepts, and pull requests never share one', () => {
  const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...BRANCH_NAMES));
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: 30 }), name, (project, number, branch) => {
      const environments = [environmentNameFor({ pullRequest: number }), environmentNameFor({ branch })];
      const labels = environments.map((environment) => hostLabel({ environment, project: slug(project) }));
      const [ofPullRequest = ''] = labels;
      const before = seen.get(ofPullRequest);
      seen.set(ofPullRequest, `${String(number)} ${project}`);
      const unique = before === undefined || before === `${String(number)} ${project}`;
      const commits = labels.map((label) => commitLabel({ sha: SHA, label }));
      return unique && labels[0] !== labels[1] && [...labels, ...commits].every((label) => LABEL.test(label));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [{ protocol: 'http', domain: 'localhost', port: 3000 }, 'http://pr-1-hello.localhost:3000'],
  [{ protocol: 'http', domain: 'localhost', port: 80 }, 'http://pr-1-hello.localhost'],
  [{ protocol: 'https', domain: 'preview.example.com', port: 443 }, 'https://pr-1-hello.preview.example.com'],
  [{ protocol: 'https', domain: 'preview.example.com' }, 'https://pr-1-hello.preview.example.com'],
] as const)('with %j the URL is %s', (base, expected) => {
  expect(previewUrl({ label: 'pr-1-hello', base })).toBe(expected);
});

test.each([
  [{ protocol: 'http', domain: 'localhost', port: 3000 }, 'http://pr-42-hello.localhost:3000'],
  [
    { protocol: 'https', domain: 'preview.example.com', port: 443 },
    'https://pr-42-hello.preview.example.com',
  ],
  [{ protocol: 'https', domain: 'preview.example.com' }, 'https://pr-42-hello.preview.example.com'],
] as const)('the URL of a preview under %j is %s', (base, url) => {
  expect(previewUrl({ label: 'pr-42-hello', base })).toBe(url);
});

test.each([
  ['pr-42', 42],
  ['pr-042', null],
  ['staging', null],
  ['pr-42-hello', null],
])('the environment %s belongs to pull request %p', (environment, number) => {
  expect(pullRequestOf(environment)).toBe(number);
});
