import { hash as hashOnce } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDiskBlobStore } from '../../app/blobs/disk-store.js';
import { createActivity } from '../../app/previews/activity.js';
import type { LivePreview, Preview } from '../../app/previews/preview.js';
import { createGate } from '../../app/previews/gate.js';
import { createProxy } from '../../app/previews/proxy.js';
import { createPreviewHandler } from '../../app/previews/serve.js';
import { createWaker } from '../../app/previews/waker.js';
import { createPreviewPages } from '../../app/previews/wait-pages.js';
import type { AccessRule } from '../../src/access/grant.js';
import { manifestRoot } from '../../src/uploads/manifest.js';
import { createGateParts } from './gate-parts.js';
import { createMemoryArtifactStore } from './memory-artifact-store.js';

export type SiteFiles = Readonly<Record<string, string | Buffer>>;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export const sha = (content: string | Buffer) => hashOnce('sha256', content, 'hex');

/** A real server that serves one preview, `site`, on a port of its own. */
export async function startPreviewServer(hotBytes?: number) {
  const dir = await mkdtemp(join(tmpdir(), 'vitrine-previews-'));
  const blobs = createDiskBlobStore({ dir });
  const artifacts = createMemoryArtifactStore();
  const errors: unknown[] = [];
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  let shown: Preview = { kind: 'unknown' };
  let access: AccessRule | null = null;
  const gateParts = createGateParts(clock);
  const activity = createActivity({ record: async () => undefined, clock, onError: () => undefined });
  const handle = createPreviewHandler({
    blobs,
    artifacts,
    resolve: () => ({ preview: shown, access }),
    gate: createGate(gateParts),
    forget: () => undefined,
    activity,
    waker: createWaker({ wake: async () => undefined }),
    clock,
    proxy: createProxy({ previewBase: { protocol: 'http', domain: 'localhost' } }),
    pages: createPreviewPages(join(process.cwd(), 'templates')),
    onError: (error) => void errors.push(error),
    ...(hotBytes === undefined ? {} : { hotBytes }),
  });
  const server = createServer((incoming, response) =>
    handle({ label: 'pr-1-hello', request: incoming, response }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const publish = async (site: SiteFiles, options: Partial<LivePreview> = {}) => {
    const files = [];
    for (const [path, content] of Object.entries(site)) {
      const file = { path, hash: sha(content), size: Buffer.byteLength(content) };
      files.push(file);
      await blobs.write({ ...file, content: [Buffer.from(content)] });
    }
    files.sort((a, b) => (a.path < b.path ? -1 : 1));
    const root = manifestRoot(files);
    await artifacts.save({ projectId: 'p1', root, files, complete: true });
    shown = {
      kind: 'live',
      deploymentId: 'd1',
      projectId: 'p1',
      root,
      spa: false,
      ...options,
    };
    return { root, files };
  };

  const close = async () => {
    server.closeAllConnections();
    await activity.close();
    await new Promise((resolve) => server.close(resolve));
    await rm(dir, { recursive: true, force: true });
  };
  return {
    blobs,
    artifacts,
    errors,
    publish,
    /** Who may see what is shown; null for everybody. */
    protect: (rule: AccessRule | null) => void (access = rule),
    pass: (ms: number) => void (ahead += ms),
    gate: gateParts,
    show: (preview: Preview) => void (shown = preview),
    ask: (path: string, { method = 'GET', headers = {}, body = '' }: Ask = {}) =>
      send({ port, path, method, headers, body }),
    url: `http://127.0.0.1:${port}`,
    close,
  };
}

interface Sent extends Required<Ask> {
  readonly port: number;
  readonly path: string;
}

/** Not fetch: that would tidy the path and unpack the body. */
function send({ port, path, method, headers, body: sentBody }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        const { statusCode = 0, headers: answered, rawHeaders } = response;
        resolve({ status: statusCode, headers: answered, rawHeaders, body, text: body.toString() });
      });
    });
    sent.on('error', reject);
    sent.end(sentBody);
  });
}
