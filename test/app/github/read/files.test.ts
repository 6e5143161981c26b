import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inspectRepository } from '../../../../src/repositories/inspect.js';
import { type Stage, startStage } from '../stage.js';

const WORKFLOW =
  'jobs:\n  preview:\n    steps:\n      - with:\n          server-url: https://v.example.com\n';
const FILES = {
  'package.json': JSON.stringify({ scripts: { build: 'x' }, dependencies: { astro: '*' } }),
  '.nvmrc': '22',
  'next.config.js': 'x'.repeat(300_000),
  '.github/workflows/ci.yml': 'on: push\n',
  '.github/workflows/previews.yaml': WORKFLOW,
  'src/ü & #1.txt': 'text',
};

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ emulator: { repositories: [{ fullName: 'acme/hello', files: FILES }] } });
});
afterAll(() => stage.close());

const ports = () => ({ github: stage.github, publicUrl: 'https://v.example.com' });

test('a folder is listed, a file is read, and what is not there is nothing', async () => {
  const { github, repo } = stage;
  const top = await github.folder(repo, '');
  expect(top?.map(({ name, kind }) => [name, kind])).toEqual(
    expect.arrayContaining([
      ['package.json', 'file'],
      ['src', 'dir'],
    ]),
  );
  expect(await github.textFile(repo, 'src/ü & #1.txt')).toBe('text');
  expect(await github.textFile(repo, 'src')).toBeNull();
  expect(await github.textFile(repo, 'nothing')).toBeNull();
  expect(await github.folder(repo, 'nothing')).toBeNull();
  expect(await github.folder(repo, 'package.json')).toBeNull();
});

test('what a repository is comes from a few small files, and the workflow from its text', async () => {
  stage.emulated.forgetRequests();
  expect(await inspectRepository(ports(), stage.repo)).toMatchObject({
    detected: { framework: 'Astro', node: { version: '22' } },
    workflow: '.github/workflows/previews.yaml',
    trouble: '',
  });
  const read = stage.emulated.requests().filter(({ path }) => /\/contents|\/trees/.test(path));
  // Two folders, two files and two workflows; the large file is left alone.
  expect(read).toHaveLength(6);
});

test('what GitHub does not show is told, and is no error of the page', async () => {
  stage.emulated.fail({ path: /\/contents|\/trees/, kind: 'status', status: 403, times: 9 });
  const found = await inspectRepository(ports(), stage.repo);
  stage.emulated.stopFailing();
  expect(found).toMatchObject({ detected: null, workflow: null });
  expect(found.trouble).toContain('GitHub does not show the files');
});

test('a login is looked up, and the page of the App is asked for once', async () => {
  const { github, repo, emulated } = stage;
  const id = emulated.state.accounts.get('hubot')?.id;
  expect(await github.account(repo, 'hubot')).toMatchObject({ id, login: 'hubot' });
  expect(await github.account(repo, 'nobody-has-this')).toBeNull();
  const page = `${emulated.url}/apps/${emulated.app.slug}/installations/new`;
  emulated.forgetRequests();
  expect([await github.installationPage(), await github.installationPage()]).toEqual([page, page]);
  expect(emulated.requests({ path: /^\/app$/ })).toHaveLength(1);
});
