import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { projectRoot } from '../../app/config/project-root.js';
import { setStage } from '../../demo/stage.js';
import { createTeller } from '../../demo/teller.js';
import { githubOptions } from '../support/start-test-github.js';

test('a stage that cannot be set says why, and leaves no server behind that would keep the demo from ending', async () => {
  const other = createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const { port } = other.address() as AddressInfo;
  const lines: string[] = [];
  const teller = createTeller({ write: (line) => lines.push(line), colour: 'off', now: () => 0 });
  const setting = setStage({
    root: projectRoot(),
    port,
    path: '/usr/bin:/bin',
    teller,
    github: githubOptions(),
  });
  await expect(setting).rejects.toThrow(`port ${port}: another program uses it`);
  other.close();
  const github = /http:\/\/127\.0\.0\.1:\d+/.exec(lines.join('\n'))?.[0] ?? '';
  await expect(fetch(github)).rejects.toThrow();
});
