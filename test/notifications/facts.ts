import type { Facts } from '../../src/notifications/notification.js';

/** The facts of a successful deployment of a pull request. A test names only the fields that matter to it. */
export function someFacts(changes: Partial<Facts> = {}): Facts {
  return {
    project: { id: 'a'.repeat(24), name: 'site' },
    repository: 'octo/site',
    environment: { id: 'e'.repeat(24), name: 'pr-7', url: 'http://pr-7-site.localhost:3000' },
    pullRequest: {
      number: 7,
      title: 'Add a page',
      author: 'mona',
      url: 'https://github.com/octo/site/pull/7',
    },
    deployment: {
      id: 'd'.repeat(24),
      commit: 'a1b2c3d'.padEnd(40, '0'),
      branch: 'add-page',
      commitMessage: 'Add a page\n\nWith details',
      url: 'http://pr-7-site.localhost:3000',
      commitUrl: 'http://a1b2c3d-pr-7-site.localhost:3000',
      logsUrl: 'https://github.com/octo/site/actions/runs/1',
      seconds: 72,
    },
    reason: null,
    at: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

/** The same facts with a stranger's text wherever a stranger can write one. */
export function factsWith(text: string): Facts {
  const { pullRequest, deployment, ...rest } = someFacts();
  if (!pullRequest || !deployment) throw new Error('The facts have both.');
  return {
    ...rest,
    pullRequest: { ...pullRequest, title: text, author: text },
    deployment: { ...deployment, branch: text, commitMessage: text },
    reason: text,
  };
}

/** Branch names, titles, messages and lines of logs that mean something somewhere. */
export const HOSTILE: readonly string[] = [
  // Branch names.
  ...[
    'zzz";echo${IFS}"hello";#',
    'a`id`b',
    '$(curl${IFS}x)',
    'main;touch${IFS}/tmp/p',
    '--upload-pack=x',
    '-rf',
  ],
  ...[
    'a/.b',
    'x'.repeat(244),
    'refs/heads/main',
    'cafe\u0301',
    '\uff4d\uff41\uff49\uff4e',
    'a\u202egpj',
    '😀',
    'HEAD',
  ],
  ...[
    'a'.repeat(40),
    "x'OR'1",
    '{{constructor}}',
    '${{ github.token }}',
    'feat/a_b',
    'Feature/X',
    '%2e%2e%2f',
  ],
  // Titles and messages.
  ...['a"; ls $GITHUB_WORKSPACE"', '::add-mask::a', '::stop-commands::x', '%0A::set-output name=x::y'],
  ...[
    '@org/everyone',
    '@everyone',
    '@here',
    'Fixes #1',
    '<!-- preview:sticky -->',
    '<script>alert(1)</script>',
  ],
  ...['<img src=x onerror=y>', '```\ncode\n```', '[x](javascript:alert(1))', '[x](https://evil.example)'],
  ...[
    '\u001b]8;;http://x\u0007link',
    '\u001b[2J',
    '\r\n\r\nevent: x',
    'nul\u0000byte',
    '   ',
    '😀'.repeat(5_000),
  ],
  // Slack.
  ...[
    '<!channel>',
    '<!everyone>',
    '<!here|here>',
    '<@U123>',
    '<#C123>',
    '<!subteam^S1>',
    '<https://evil.example|click>',
  ],
  ...['*bold* _italic_ ~gone~ `code`', '> quote', '&lt;!channel&gt;', ':tada:', 'https://evil.example/x'],
  // Discord.
  ...[
    '<@123456789012345678>',
    '<@&123>',
    '<#123>',
    '<t:1:R>',
    '<:name:123>',
    '**bold** __under__ ~~gone~~ ||spoiler||',
  ],
  ...[
    '# heading',
    '- list',
    '-# small',
    '[text](<https://evil.example>)',
    '<https://evil.example>',
    'www.evil.example',
  ],
  ...['discord.gg/abc', '\\*escaped\\*', 'evil.example', 'mailto:x@evil.example'],
];
