import { once } from 'node:events';
import { createServer } from 'node:http';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * One Chromium for all suites of a run: starting one costs more than most pages that are looked at in it. It is started when the first suite
 * asks where it is, because most runs of a few suites need none.
 */
export async function shareBrowser() {
  let started;
  const server = createServer((request, response) => {
    const executablePath = new URL(request.url, 'http://localhost').searchParams.get('program');
    started ??= launch(executablePath);
    started.then(
      (browser) => response.end(browser.wsEndpoint()),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      server.close();
      await started?.then((browser) => browser.close()).catch(() => undefined);
    },
  };
}

/** Most runs need no browser, and the package takes a third of a second. */
async function launch(executablePath) {
  const { chromium } = await import('playwright-core');
  return chromium.launchServer({ executablePath, args: ARGUMENTS, host: '127.0.0.1' });
}
