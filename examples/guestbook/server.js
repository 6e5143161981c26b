// A guestbook: a page with a form, and a WebSocket that shows new entries to everybody who has the page open.
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { WebSocketServer } = require('ws');

const { PORT = '3000', HOST = '127.0.0.1' } = process.env;
const MOST_ENTRIES = 100;
const MOST_BYTES = 4096;

const files = {
  '/live.js': 'text/javascript; charset=utf-8',
  '/style.css': 'text/css; charset=utf-8',
};
const read = (name) => readFileSync(join(__dirname, 'public', name), 'utf8');
const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Newest first. They are kept in memory: a preview begins with an empty book. */
const entries = [];

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://guestbook');
  if (request.method === 'POST' && pathname === '/entries') return sign(request, response);
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'text/plain', 'Read, or sign.\n');
  if (pathname === '/') {
    const list = entries.map(({ name, text }) => `<li><b>${escape(name)}</b> ${escape(text)}</li>`).join('');
    return answer(response, 200, 'text/html; charset=utf-8', read('index.html').replace('{entries}', () => list));
  }
  if (pathname === '/healthz') return answer(response, 200, 'text/plain', 'ok\n');
  if (pathname in files) return answer(response, 200, files[pathname], read(pathname));
  return answer(response, 404, 'text/plain', 'There is no such page.\n');
});

function answer(response, status, type, body) {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

async function sign(request, response) {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > MOST_BYTES) return answer(response, 413, 'text/plain', 'That is too much for one entry.\n');
  }
  const form = new URLSearchParams(body);
  const entry = { name: (form.get('name') ?? '').trim() || 'Somebody', text: (form.get('text') ?? '').trim() };
  if (entry.text === '') return answer(response, 400, 'text/plain', 'Write something first.\n');
  entries.unshift(entry);
  entries.length = Math.min(entries.length, MOST_ENTRIES);
  for (const reader of readers.clients) reader.send(JSON.stringify(entry));
  console.log(`${entries.length} entries, ${readers.clients.size} readers`);
  response.writeHead(303, { location: '/' });
  response.end();
}

const readers = new WebSocketServer({ server, path: '/live', maxPayload: 1024 });

server.listen(Number(PORT), HOST, () => console.log(`The guestbook is open at http://${HOST}:${PORT}`));

process.once('SIGTERM', () => {
  for (const reader of readers.clients) reader.close(1001, 'The guestbook closes.');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
