import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { photographerOptions } from '../../compose/screenshots.js';
import { findTools } from '../../runners/process/sandbox.js';
import {
  createPhotographer,
  findChromium,
  type PhotographerOptions,
} from '../../screenshots/photographer.js';
import { type Check, failed, good, skipped, warning } from './check.js';

export const screenshots: Check = {
  id: 'screenshots',
  title: 'Pictures of previews',
  async run({ config }) {
    const options = photographerOptions(config);
    if (options === null) return skipped('SCREENSHOTS is not on: previews are not photographed.');
    const chromium = await findChromium(options);
    if (chromium === null)
      return failed(
        `There is no Chromium${options.chromium === undefined ? '' : ` at ${options.chromium}`}.`,
        'Install it ("apt-get install chromium"), or set CHROMIUM to its path.',
      );
    const problem = await tryOut(options);
    if (problem !== null)
      return failed(`${chromium} takes no pictures. ${problem}`, options.sandbox ? SANDBOX : START);
    if (!options.sandbox)
      return warning(
        `${chromium} takes pictures, without its sandbox: a page that breaks out of it can do what the user of this server can.`,
        'Let it make user namespaces, and remove CHROMIUM_SANDBOX: docs/screenshots.md.',
      );
    if ((await findTools()).prlimit === null)
      return warning(
        `${chromium} takes pictures. prlimit cannot be used: nothing limits what one of its processes uses.`,
        'Install it, with the package util-linux.',
      );
    return good(`${chromium} takes pictures, in its sandbox and within limits.`);
  },
};

const START = 'Start it by hand, with --headless, as the user of this server: it says what is missing.';
const SANDBOX = `${START} It may be its sandbox, which does not work as root or without user namespaces: docs/screenshots.md.`;

const LIMITS = { wholeMs: 8_000 };

/** Takes a picture of a page of our own. Answers why it cannot. */
async function tryOut(options: PhotographerOptions): Promise<string | null> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><h1>Hello</h1>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const order = { url: `http://doctor.localhost:${String(port)}/`, others: [], isOurs: true, cookies: [] };
    const photograph = await createPhotographer({ ...options, limits: LIMITS }).photograph(order);
    return 'page' in photograph ? null : photograph.reason;
  } finally {
    server.close();
  }
}
