import { z } from 'zod';
import { ask } from '../../../action/http/ask.js';
import { createHttp } from '../../../action/http/exchange.js';
import { createClient } from '../../../src/contract/client.js';
import { hashDirectory } from '../../../src/uploads/client/directory.js';
import { deploy } from '../../../src/uploads/client/send.js';

const [directory, server, id, token] = z
  .tuple([z.string(), z.string(), z.string(), z.string()])
  .parse(process.argv.slice(2));

/** The upload as the Action does it, without what the Action does around it. */
const http = createHttp();
const world = { http, now: () => new Date() };
const signal = new AbortController().signal;
const client = createClient({
  token: () => token,
  send: ({ method, path, token: bearer, contentType, body }) =>
    ask(world, {
      method,
      url: `${server}${path}`,
      headers: { authorization: `Bearer ${bearer}`, ...(contentType && { 'content-type': contentType }) },
      ...(body && { body }),
      signal,
    }),
});
const { files } = await hashDirectory(directory);
await deploy({ client, id, artifact: { directory, files }, log: () => undefined });
http.close();
