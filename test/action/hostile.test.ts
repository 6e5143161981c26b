import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { OUTPUT_NAMES } from '../../action/result/conclude.js';
import { createStepLog, readLine } from '../../demo/runner/workflow-commands.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { BRANCH_NAMES } from '../shared/branch-names.js';
import { startFakeVitrine } from './support/fake-vitrine.js';
import {
  forgetSharedFiles,
  identityEnv,
  pullRequestEvent,
  runAction,
  runSource,
} from './support/run-action.js';
import { makeWorkspace, PAGE } from './support/workspace.js';

/** What a pull request's author can make a build print, or write as its title or branch name. */
const TEXTS = [
  'a"; touch canary; echo "',
  '$(touch canary)',
  '`touch canary`',
  'main;touch${IFS}canary',
  '::add-mask::a',
  '::stop-commands::x',
  '::error file=a::b',
  '  ::error::indented',
  '##[error]old form',
  '%0A::set-output name=url::http://evil',
  '::set-env name=LD_PRELOAD::evil',
  '::endgroup::',
  '@org/everyone Fixes #1 <!-- preview:sticky --> <img onerror=x>',
  '``` ``` ```',
  '[x](javascript:alert(1))',
  '\u001b]8;;http://x\u0007 \u001b[2J',
  '\r\n\r\nevent: x',
  'nul \0 nul',
  '${{ github.token }} {{constructor}}',
];

afterAll(forgetSharedFiles);

describe('whatever a build prints', () => {
  test('is log and nothing else', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({
      ...PAGE,
      'texts.txt': `${TEXTS.join('\n')}\n${'x'.repeat(200_000)}\n`,
    });
    const inputs = {
      'server-url': server.url,
      'output-dir': '.',
      'build-command': 'cat texts.txt; printf "\\xff\\xfe no utf-8"',
    };
    const ran = await runAction({ workspace, inputs, env: identityEnv(server.url) });
    const log = createStepLog();
    for (const line of ran.stdout.split('\n')) readLine(log, line);
    expect(log.annotations).toEqual([]);
    expect(log.masked).toEqual([]);
    expect(log.groups.map(({ title }) => title)).toEqual([
      'Installing',
      'Building',
      'Copying',
      'Deploying',
      'Verifying',
    ]);
    expect(Object.keys(ran.outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
    expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
    expect(await readFile(join(workspace.root, 'env'), 'utf8')).toBe('');
  });

  test.each([0, 3])('is log even when it comes after the end of the command (exit code %d)', async (code) => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const late = `(printf '::error title=pwned::early'; sleep 3; echo; echo '::error title=pwned::late') &`;
    const inputs = {
      'server-url': server.url,
      'output-dir': '.',
      'build-command': `${late} exit ${String(code)}`,
    };
    const ran = await runAction({ workspace, inputs, env: identityEnv(server.url) });
    const log = createStepLog();
    for (const line of ran.stdout.split('\n')) readLine(log, line);
    expect(log.annotations.filter(({ properties }) => properties['title'] === 'pwned')).toEqual([]);
    expect(log.groups.find(({ title }) => title === 'Building')?.lines).toContain(
      '::error title=pwned::early',
    );
  });

  test('reaches the server as lines of text without control characters, none of them endless', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({
      ...PAGE,
      'texts.txt': `${TEXTS.join('\n')}\n${'x'.repeat(200_000)}\n`,
    });
    const inputs = { 'server-url': server.url, 'output-dir': '.', 'build-command': 'cat texts.txt' };
    await runAction({ workspace, inputs, env: identityEnv(server.url) });
    const lines = (server.bodies('logs') as { lines: { text: string }[] }[]).flatMap((batch) =>
      batch.lines.map(({ text }) => text),
    );
    expect(lines).toContain('::error file=a::b');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(16_384);

    // Colours are for display; nothing else is left that a terminal obeys.
    const bare = lines.map((line) => line.replace(/\u001b\[[\d;:]*m/g, ''));
    expect(bare.filter((line) => /[\u0000-\u0008\u000a-\u001f]/.test(line))).toEqual([]);
  });

  test('stands in the summary inside a box that it cannot leave', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({ 'texts.txt': TEXTS.join('\n') });
    const inputs = { 'server-url': server.url, 'build-command': 'cat texts.txt; exit 1' };
    const ran = await runAction({ workspace, inputs, env: identityEnv(server.url) });
    const [, fence = ''] = /\n(`{4,})text\n/.exec(ran.summary) ?? [];
    expect(fence).not.toBe('');
    expect(ran.summary.split(`\n${fence}\n`)).toHaveLength(2);
    expect(ran.summary.split(fence)[0]).not.toContain('<img');
  });
});

test.each(BRANCH_NAMES)('a branch called %j builds, and stays data', async (branch) => {
  await using server = await startFakeVitrine({ plan: { variables: { PREVIEW_BRANCH: branch } } });
  await using workspace = await makeWorkspace(PAGE);
  const inputs = {
    'server-url': server.url,
    'output-dir': '.',
    'build-command': 'echo "branch: $PREVIEW_BRANCH"; ls > list',
  };
  const env = { ...identityEnv(server.url), GITHUB_HEAD_REF: branch };
  const ran = await runSource({ workspace, inputs, env, event: pullRequestEvent({ branch }) });
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
  expect(ran.stdout).toContain(`branch: ${branch}`);
  expect((await readFile(join(workspace.code, 'list'), 'utf8')).split('\n').sort()).toEqual(
    ['', 'list', ...Object.keys(PAGE)].sort(),
  );
});

test.each(TEXTS)('a title and a branch called %j stay data', async (text) => {
  await using server = await startFakeVitrine({
    plan: { variables: { PREVIEW_BRANCH: text.replace(/\0/g, '') } },
  });
  await using workspace = await makeWorkspace(PAGE);
  const inputs = {
    'server-url': server.url,
    'output-dir': '.',
    'build-command': 'echo "branch: $PREVIEW_BRANCH"',
  };
  const event = pullRequestEvent({ title: text, branch: text });
  const ran = await runAction({
    workspace,
    inputs,
    env: { ...identityEnv(server.url), GITHUB_HEAD_REF: text.replace(/\0/g, '') },
    event,
  });
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
  expect(existsSync(join(workspace.code, 'canary'))).toBe(false);
  expect(ran.stdout).not.toMatch(/^::(error|warning|set-|add-)/m);
});
