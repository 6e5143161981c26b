import { expect, test } from '@jest/globals';
import { createViews } from '../../../../app/github/create-github.js';
import { DEPLOYMENT_STATUS } from '../../../../src/shared/status/words.js';
import { type Scene, SCENES, checkOf, commentOf, deploymentWith, environmentWith } from './scenes.js';

const views = createViews();

/** Everything that somebody else can write, in every place where it is shown. */
function rowOf(foreign: string): Scene {
  return {
    environment: environmentWith({
      project: foreign,
      decision: { action: 'deploy', rule: 'opened', detail: foreign },
    }),
    deployment: deploymentWith(DEPLOYMENT_STATUS.failed, {
      branch: foreign,
      commitMessage: foreign,
      error: foreign,
      logTail: [foreign, foreign],
      cause: { line: foreign, excerpt: [foreign, foreign], at: 0 },
    }),
  };
}

function held(foreign: string): Scene {
  const decision = { action: 'hold', rule: 'awaiting-approval', detail: foreign } as const;
  return { environment: environmentWith({ decision }), deployment: null };
}

/** What GitHub would still act on: everything outside of code. */
function outsideCode(markdown: string): string {
  return markdown
    .replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '')
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '')
    .replace(/^<!-- vitrine:42:7 -->/, '');
}

test.each([
  ['a mention', '@org/everyone', /@org/],
  ['a closing keyword', 'Fixes #1', /#1\b/],
  ['an element', '<img src=x onerror=alert(1)>', /<img/],
  ['a script', '<script>alert(1)</script>', /<script/],
  ['a link', '[x](javascript:alert(1))', /\]\(javascript/],
  ['an image', '![x](https://evil.example/x.png)', /!\[x\]\(/],
  ['a bare address', 'https://evil.example', /https:\/\/evil/],
  ['our own marker', '<!-- vitrine:42:7 -->', /<!--/],
  ['the end of a table cell', 'a | b | c', /[^|\n] \| b \|/],
  ['a heading after a line break', 'a\n# b', /^# b/m],
  ['the end of the details', 'x</details>', /x<\/details>/],
])('%s in foreign text does nothing in a comment or a check', (_what, foreign, alive) => {
  expect(outsideCode(`x ${foreign}`)).toMatch(alive);
  for (const row of [rowOf(foreign), held(foreign)]) {
    const report = checkOf(row, { title: foreign });
    expect(outsideCode(views.comment(commentOf(row)))).not.toMatch(alive);
    expect(outsideCode(views.check(report).summary)).not.toMatch(alive);
  }
});

test('a template expression in foreign text stays text', () => {
  expect(views.comment(commentOf(rowOf('{{constructor}}')))).toContain('{{constructor}}');
});

test('what a decision quotes can be copied as it is', () => {
  const text = views.comment(commentOf(held('Set the label "preview:approved", or "a`b" (it\'s @org).')));
  expect(text).toContain('Set the label `preview:approved`, or ``a`b``');
  expect(text).not.toContain('@org');
});

test('fences inside a log end nothing', () => {
  const comment = views.comment(commentOf(rowOf('```\n~~~~\n````` x')));
  expect(outsideCode(comment)).toContain('<details>');
  expect(outsideCode(comment)).not.toContain('~~~~');
});

test.each(['javascript:alert(1)', 'data:text/html,x', 'not an address', '//evil.example'])(
  'an address such as %s becomes no link',
  (logsUrl) => {
    const { environment } = rowOf('x');
    const comment = views.comment(
      commentOf({ environment, deployment: deploymentWith(DEPLOYMENT_STATUS.failed, { logsUrl }) }),
    );
    expect(comment).toContain('Build log');
    expect(comment).not.toContain('[Build log]');
  },
);

test('an address cannot leave its link', () => {
  const logsUrl = 'https://ci.example/a)b|c<d>?x=(1) @org';
  const comment = views.comment(
    commentOf({
      environment: environmentWith(),
      deployment: deploymentWith(DEPLOYMENT_STATUS.failed, { logsUrl }),
    }),
  );
  expect(comment).toContain('[Build log](<https://ci.example/a)b%7Cc%3Cd%3E?x=(1)%20@org>)');
});

test.each([
  ['a long log', Array.from({ length: 50 }, () => '🧨'.repeat(20_000))],
  ['many lines', Array.from({ length: 5_000 }, (_, line) => `line ${line}`)],
  ['one endless line', ['x'.repeat(1_000_000)]],
])('%s leaves both within the limits of GitHub, with every fence closed', (_what, logTail) => {
  const row = {
    environment: environmentWith(),
    deployment: deploymentWith(DEPLOYMENT_STATUS.failed, {
      logTail,
      error: '🧨'.repeat(99_999),
      cause: { line: '🧨'.repeat(99_999), excerpt: logTail, at: 0 },
    }),
  };
  const rows = Array.from({ length: 40 }, () => row);
  const texts: [string, number][] = [
    [views.comment(commentOf(...rows)), 65_536],
    [views.check(checkOf(row)).summary, 65_535],
  ];
  for (const [text, limit] of texts) {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
    expect(Buffer.from(text).toString()).toBe(text);
    expect((text.match(/^`{3,}/gm) ?? []).length % 2).toBe(0);
  }
});

test('the last lines of a log are those that are kept', () => {
  const logTail = Array.from({ length: 300 }, (_, line) => `line ${line}`);
  const row = {
    environment: environmentWith(),
    deployment: deploymentWith(DEPLOYMENT_STATUS.failed, { logTail }),
  };
  const comment = views.comment(commentOf(row));
  expect(comment).toContain('line 299');
  expect(comment).toContain('line 290');
  expect(comment).not.toContain('line 289');
});

test.each([
  ['Ready', 'ready', 'Ready in 1 min 12 s'],
  ['Failed', 'failed-first', 'Failed while building, after 42 s'],
  [
    'Failed',
    'failed-with-cause',
    'Failed while installing: `npm ci` can only install packages when your package.json and package-lock.json are in sync. Missing: left-pad@1.3.0 from lock file',
  ],
  ['Queued', 'waiting', 'Queued'],
])('the title %s says how it went', (title, name, expected) => {
  const row = SCENES[name];
  expect(row && views.check(checkOf(row, { title })).title).toBe(expected);
});

test('a title is one line of at most 255 characters', () => {
  const { title } = views.check(checkOf(held('x'), { title: `a\nb ${'🧨'.repeat(300)}` }));
  expect(title.startsWith('a b 🧨')).toBe(true);
  expect(Array.from(title)).toHaveLength(255);
});

test('a cause with line breaks and controls stays one line of the title', () => {
  const { title } = views.check(checkOf(rowOf('a\nb\u0007 \u001b[31mc'), { title: 'Failed' }));
  expect(title).toBe('Failed: a b c');
});

test('without room for all of it, the excerpt shows the error and the lines before it', () => {
  const excerpt = Array.from({ length: 40 }, (_, line) => `line ${line}`);
  const row = {
    environment: environmentWith(),
    deployment: deploymentWith(DEPLOYMENT_STATUS.failed, { cause: { line: 'x', excerpt, at: 20 } }),
  };
  const comment = views.comment(commentOf(row));
  expect(comment).toContain('line 16\n');
  expect(comment).toContain('line 20\n');
  expect(comment).not.toContain('line 15\n');
  expect(views.check(checkOf(row)).summary).toContain('line 0\n');
});

test('the same document gives the same text at any time, so that nothing is sent for nothing', () => {
  const row = rowOf('x');
  const later = { ...row, environment: { ...row.environment, updatedAt: new Date('2030-01-01') } };
  expect(views.comment(commentOf(later))).toBe(views.comment(commentOf(row)));
  expect(views.check(checkOf(later))).toEqual(views.check(checkOf(row)));
});
