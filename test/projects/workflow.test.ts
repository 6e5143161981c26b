import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { callsServer, newFileUrl, workflowFile } from '../../src/projects/workflow.js';
import { ROOT } from '../support/architecture/read-sources.js';

const FACTS = {
  action: 'your-org/preview-action@v1',
  serverUrl: 'https://preview.example.com',
  detected: null,
  project: null,
} as const;
const site = { served: 'files', packageManager: 'npm', node: null } as const;

test('the workflow is the one of the README', () => {
  const text = workflowFile(FACTS);
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(`\`\`\`yaml\n${text}\`\`\``);
  expect(workflowFile({ ...FACTS, detected: site })).toBe(text);
});

interface Job {
  readonly jobs: { readonly preview: { readonly steps: readonly { uses: string; with?: object }[] } };
}

test('a project gets the steps that it needs before the Action, and the Action its inputs', () => {
  const steps = (facts: object) => {
    const text = workflowFile({ ...FACTS, ...facts });
    return (parse(text) as Job).jobs.preview.steps.map(({ uses, with: inputs }) => [
      uses.split('@')[0],
      inputs,
    ]);
  };
  const node = { version: '22', file: '.nvmrc' };
  expect(
    steps({ detected: { ...site, packageManager: 'pnpm', node }, project: 'web: "a"' }).slice(1),
  ).toEqual([
    ['pnpm/action-setup', undefined],
    ['actions/setup-node', { 'node-version-file': '.nvmrc' }],
    ['your-org/preview-action', { 'server-url': 'https://preview.example.com', project: 'web: "a"' }],
  ]);
  expect(steps({ detected: { ...site, packageManager: 'bun' } })[1]).toEqual([
    'oven-sh/setup-bun',
    undefined,
  ]);
  expect(steps({ detected: { served: 'image', packageManager: 'npm', node } }).slice(1)).toEqual([
    ['docker/setup-buildx-action', undefined],
    ['your-org/preview-action', { 'server-url': 'https://preview.example.com', cache: 'gha' }],
  ]);
});

test('the page of GitHub for a new file is given its name and its content, whatever they hold', () => {
  const url = new URL(
    newFileUrl({
      website: 'https://github.com',
      repository: 'acme/hello',
      branch: 'release/1 #2',
      content: 'a: "b" & ${{ c }}\n',
    }),
  );
  expect(url.pathname).toBe('/acme/hello/new/release/1%20%232');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    filename: '.github/workflows/preview.yml',
    value: 'a: "b" & ${{ c }}\n',
  });
});

test.each([
  ['server-url: https://preview.example.com', true],
  ['  server-url: "https://preview.example.com/" # ours', true],
  ['server-url: ${{ vars.SERVER }}', true],
  ['server-url: https://other.example.com', false],
  ['run: curl https://preview.example.com', false],
])('a workflow with %j calls the server: %s', (text, expected) => {
  expect(callsServer(`steps:\n  ${text}\n`, 'https://preview.example.com')).toBe(expected);
});
