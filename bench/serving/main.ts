import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import sirv from 'sirv';
import { answerParent } from '../harness/answer-parent.js';
import { PAGE_BYTES, pageOf } from './site.js';

const [kind = '', directory = ''] = process.argv.slice(2);

/** The floor: what node:http itself costs. */
function constantReply(): RequestListener {
  const body = Buffer.from(pageOf(PAGE_BYTES));
  const head = [
    'content-type',
    'text/html; charset=utf-8',
    'content-length',
    String(body.length),
    'etag',
    '"constant"',
  ];
  return (_request, response) => {
    response.writeHead(200, head);
    response.end(body);
  };
}

function sirvHandler(): RequestListener {
  const handle = sirv(directory, { etag: true, brotli: true, gzip: true, maxAge: 0 });
  return (request, response) => handle(request, response, () => void response.writeHead(404).end());
}

const server = createServer(kind === 'sirv' ? sirvHandler() : constantReply());
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
answerParent({ ready: { port: (server.address() as AddressInfo).port } });
