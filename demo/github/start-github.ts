import { createServer, type RequestListener, type Server } from 'node:http';
import { createWorld } from './create-world.js';
import { controlsOf, type EmulatedGitHub } from './emulated-github.js';
import { createFaults } from './gateway/faults.js';
import { createGateway } from './gateway/gateway.js';
import { resolveOptions, type GitHubOptions } from './options.js';
import { createRepository } from './story/repositories.js';

/** A GitHub on 127.0.0.1: API, webhooks, Actions' OIDC issuer, and controls to make things happen, fail and be seen. */
export async function startGitHub(given: GitHubOptions = {}): Promise<EmulatedGitHub> {
  const options = resolveOptions(given);
  const faults = createFaults();
  let handle: RequestListener = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => handle(request, response));
  const world = await createWorld(options, await listen(server, options.port));
  handle = createGateway(world, faults);
  for (const repository of options.repositories) await createRepository(world, repository);
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await world.webhooks.settled();
    await world.emulate.close();
  };
  return controlsOf(world, { faults, close });
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return `http://127.0.0.1:${actual}`;
}
