import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import {
  digest,
  IMAGE_TYPE,
  layer,
  manifestOf,
  type RegistryClient,
  registryClient,
} from '../../support/push-image.js';
import { type Ground, registryGround } from '../../support/registry-ground.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const PROJECT = 'a'.repeat(24);
const OTHER_PROJECT = 'b'.repeat(24);

let app: TestApp;
let mine: Ground;
let sibling: Ground;
let foreign: Ground;
let run: RegistryClient;

beforeAll(async () => {
  app = await startApp();
  mine = await registryGround(app.ports, { projectId: PROJECT });
  sibling = await registryGround(app.ports, { projectId: PROJECT });
  foreign = await registryGround(app.ports, { projectId: OTHER_PROJECT });
  run = registryClient(app.url, mine.token);
});
afterAll(async () => {
  await app.close();
});

const codeOf = async (response: Response) =>
  [response.status, ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code] as const;

describe('a push', () => {
  test('comes back as it was, by tag and by digest', async () => {
    const layers = [layer('{}'), layer(randomBytes(300_000)), layer('')];
    const manifest = await run.pushImage(mine.namespace, 'v1', layers);
    const byTag = await run.ask(`${mine.namespace}/manifests/v1`);
    expect([byTag.status, byTag.headers.get('content-type')]).toEqual([200, IMAGE_TYPE]);
    expect(byTag.headers.get('docker-content-digest')).toBe(manifest.digest);
    expect(Buffer.from(await byTag.arrayBuffer())).toEqual(manifest.bytes);
    const byDigest = await run.ask(`${mine.namespace}/manifests/${manifest.digest}`, { method: 'HEAD' });
    expect([byDigest.status, Number(byDigest.headers.get('content-length'))]).toEqual([
      200,
      manifest.bytes.length,
    ]);
    for (const { digest: name, bytes } of layers) {
      const blob = await run.ask(`${mine.namespace}/blobs/${name}`);
      expect(Buffer.from(await blob.arrayBuffer())).toEqual(bytes);
    }
  });

  test('may come in pieces, and continues after a piece was cut off', async () => {
    const blob = layer(randomBytes(200_000));
    const { pathname } = await begin(run, mine.namespace);
    await cutOff(pathname, blob.bytes.subarray(0, 70_000));
    // An upload that has nothing yet says "0-0", as one that has one byte does.
    const offset = await eventually(() => offsetOf(pathname), {
      until: (end) => end > 1,
      otherwise: 'Nothing of the piece arrived.',
    });
    const wrong = await send(pathname, {
      method: 'PATCH',
      from: offset + 1,
      body: blob.bytes.subarray(offset),
    });
    expect([wrong.status, wrong.headers.get('range')]).toEqual([416, `0-${offset - 1}`]);
    const rest = await send(pathname, { method: 'PATCH', from: offset, body: blob.bytes.subarray(offset) });
    expect(rest.status).toBe(202);
    const done = await run.ask(`${pathname.slice(4)}?digest=${blob.digest}`, { method: 'PUT' });
    expect(done.status).toBe(201);
    const back = await run.ask(`${mine.namespace}/blobs/${blob.digest}`);
    expect(digest(new Uint8Array(await back.arrayBuffer()))).toBe(blob.digest);
  });

  test('in one request needs no session', async () => {
    const { bytes, digest: name } = layer();
    const pushed = await run.ask(`${mine.namespace}/blobs/uploads/?digest=${name}`, {
      method: 'POST',
      body: bytes,
    });
    expect([pushed.status, pushed.headers.get('docker-content-digest')]).toEqual([201, name]);
  });

  test('of one layer from two runs at once succeeds twice', async () => {
    const blob = layer(randomBytes(100_000));
    const answers = await Promise.all([1, 2, 3].map(() => run.pushBlob(mine.namespace, blob, 3)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  });

  test('of other bytes than its digest says leaves nothing', async () => {
    const blob = layer();
    const lie = { bytes: layer().bytes, digest: blob.digest };
    expect(await codeOf(await run.pushBlob(mine.namespace, lie))).toEqual([400, 'DIGEST_INVALID']);
    expect((await run.ask(`${mine.namespace}/blobs/${blob.digest}`, { method: 'HEAD' })).status).toBe(404);
  });
});

async function begin(client: RegistryClient, name: string): Promise<URL> {
  const begun = await client.ask(`${name}/blobs/uploads/`, { method: 'POST' });
  return new URL(begun.headers.get('location') ?? '', app.url);
}

const send = (pathname: string, { method, from, body }: { method: string; from: number; body: Buffer }) =>
  run.ask(pathname.slice(4), {
    method,
    body,
    headers: { 'content-range': `${from}-${from + body.length - 1}` },
  });

async function offsetOf(pathname: string): Promise<number> {
  const state = await run.ask(pathname.slice(4));
  return Number(state.headers.get('range')?.split('-')[1]) + 1 || 0;
}

/** A piece whose sender goes away before its end. */
function cutOff(pathname: string, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const head = `PATCH ${pathname} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${mine.token}\r\ncontent-length: ${piece.length * 2}\r\n\r\n`;
    const socket = connect(app.port, '127.0.0.1', () => {
      socket.write(head);
      socket.write(piece, () => socket.end());
    });
    socket
      .on('close', () => resolve())
      .on('error', reject)
      .resume();
  });
}

describe('a manifest', () => {
  test.each<[string, () => ReturnType<typeof manifestOf>, string, readonly [number, string]]>([
    [
      'with a missing layer',
      () => manifestOf([layer(), layer()]),
      IMAGE_TYPE,
      [400, 'MANIFEST_BLOB_UNKNOWN'],
    ],
    ['that is not JSON', () => layer('hello'), IMAGE_TYPE, [400, 'MANIFEST_INVALID']],
    ['with the wrong type', () => manifestOf([layer()]), 'application/json', [400, 'MANIFEST_INVALID']],
    ['of the first schema', () => layer('{"schemaVersion":1}'), IMAGE_TYPE, [400, 'MANIFEST_INVALID']],
    [
      'of 4 MiB and more',
      () => layer(Buffer.alloc(4 * 1024 * 1024 + 1, 32)),
      IMAGE_TYPE,
      [413, 'SIZE_INVALID'],
    ],
  ])('%s is refused', async (_what, make, type, expected) => {
    expect(await codeOf(await run.pushManifest(mine.namespace, 'bad', make(), type))).toEqual(expected);
  });

  test('of several platforms needs the manifest of each', async () => {
    const one = await run.pushImage(mine.namespace, 'amd64', [layer('{"a":1}')]);
    const type = 'application/vnd.oci.image.index.v1+json';
    const index = (digests: readonly string[]) =>
      layer(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: type,
          manifests: digests.map((name) => ({ mediaType: IMAGE_TYPE, digest: name, size: one.bytes.length })),
        }),
      );
    const missing = await run.pushManifest(mine.namespace, 'all', index([one.digest, layer().digest]), type);
    expect(await codeOf(missing)).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    expect((await run.pushManifest(mine.namespace, 'all', index([one.digest]), type)).status).toBe(201);
  });

  test('is listed by its tags, page by page, until they are deleted', async () => {
    const name = `${mine.namespace}/web`;
    for (const tag of ['b', 'a', 'c']) await run.pushImage(name, tag, [layer('{"t":1}')]);
    const first = await run.ask(`${name}/tags/list?n=2`);
    expect(await first.json()).toEqual({ name, tags: ['a', 'b'] });
    expect(first.headers.get('link')).toBe(`</v2/${name}/tags/list?n=2&last=b>; rel="next"`);
    expect((await run.ask(`${name}/manifests/b`, { method: 'DELETE' })).status).toBe(202);
    expect(await (await run.ask(`${name}/tags/list?last=a`)).json()).toEqual({ name, tags: ['c'] });
  });

  test('that says something about another one is found by it', async () => {
    const image = await run.pushImage(mine.namespace, 'signed', [layer('{"s":1}')]);
    const config = layer('{"signature":true}');
    await run.pushBlob(mine.namespace, config);
    const subject = { mediaType: IMAGE_TYPE, digest: image.digest, size: image.bytes.length };
    const signature = manifestOf([config], { subject, artifactType: 'application/example' });
    const pushed = await run.pushManifest(mine.namespace, signature.digest, signature);
    expect([pushed.status, pushed.headers.get('oci-subject')]).toEqual([201, image.digest]);
    const found = await run.ask(
      `${mine.namespace}/referrers/${image.digest}?artifactType=application/example`,
    );
    expect(await found.json()).toMatchObject({ manifests: [{ digest: signature.digest }] });
    const none = await run.ask(`${mine.namespace}/referrers/${image.digest}?artifactType=other`);
    expect(await none.json()).toMatchObject({ manifests: [] });
  });
});

describe('what belongs to others', () => {
  let secret: ReturnType<typeof layer>;

  beforeAll(async () => {
    secret = layer(randomBytes(1_000));
    await registryClient(app.url, foreign.token).pushImage(foreign.namespace, 'v1', [secret]);
  });

  test('is not there for a run of another project, whatever it asks', async () => {
    const { namespace } = mine;
    const head = await run.ask(`${namespace}/blobs/${secret.digest}`, { method: 'HEAD' });
    expect(head.status).toBe(404);
    expect(await codeOf(await run.ask(`${namespace}/blobs/${secret.digest}`))).toEqual([404, 'BLOB_UNKNOWN']);
    const mount = `${namespace}/blobs/uploads/?mount=${secret.digest}&from=${foreign.namespace}`;
    expect((await run.ask(mount, { method: 'POST' })).status).toBe(202);
    const named = await run.pushManifest(namespace, 'stolen', manifestOf([secret]));
    expect(await codeOf(named)).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    expect(await codeOf(await run.ask(`${foreign.namespace}/manifests/v1`))).toEqual([404, 'NAME_UNKNOWN']);
  });

  test('can be mounted within one project, and then is there', async () => {
    const shared = layer(randomBytes(1_000));
    await registryClient(app.url, sibling.token).pushBlob(sibling.namespace, shared);
    expect((await run.ask(`${mine.namespace}/blobs/${shared.digest}`)).status).toBe(404);
    const path = `${mine.namespace}/blobs/uploads/?mount=${shared.digest}&from=${sibling.namespace}`;
    expect((await run.ask(path, { method: 'POST' })).status).toBe(201);
    expect((await run.ask(`${mine.namespace}/blobs/${shared.digest}`)).status).toBe(200);
  });

  test('cannot be pushed over, and the refusal says what a token would need', async () => {
    const pushed = await run.ask(`${sibling.namespace}/blobs/uploads/`, { method: 'POST' });
    expect([pushed.status, pushed.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="${app.url}/v2/token",service="${new URL(app.url).host}",scope="repository:${sibling.namespace}:pull,push"`,
    ]);
  });

  test('an operator pulls everything and pushes nothing', async () => {
    const operator = registryClient(app.url, app.operatorToken);
    expect((await operator.ask(`${foreign.namespace}/manifests/v1`)).status).toBe(200);
    expect((await operator.ask(`${foreign.namespace}/blobs/uploads/`, { method: 'POST' })).status).toBe(401);
  });
});

test('a run whose deployment has ended may push no more', async () => {
  const ended = await registryGround(app.ports, { projectId: PROJECT });
  const client = registryClient(app.url, ended.token);
  const post = async () => {
    const answer = await client.ask(`${ended.namespace}/blobs/uploads/`, { method: 'POST' });
    return answer.status;
  };
  expect(await post()).toBe(202);
  const deployment = await app.ports.deployments.get(ended.deploymentId);
  if (!deployment) throw new Error('The deployment is gone.');
  const change = { status: DEPLOYMENT_STATUS.failed, completedAt: new Date() };
  await app.ports.deployments.change(deployment, change);
  await eventually(post, { until: (status) => status === 401, otherwise: 'The run can still push.' });
});

describe('a login', () => {
  test('exchanges a token, given as a password, for itself', async () => {
    const anonymous = await registryClient(app.url, null).ask('');
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('/v2/token'),
    ]);
    const basic = (password: string) => ({
      headers: { authorization: `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}` },
    });
    const given = await fetch(`${app.url}/v2/token?service=x&scope=y`, basic(mine.token));
    expect(await given.json()).toMatchObject({ token: mine.token });
    expect((await fetch(`${app.url}/v2/token`, basic('wrong'))).status).toBe(401);
  });

  test.each([
    ['UPPER/blobs/sha256:x', [400, 'NAME_INVALID']],
    ['nothing/here/at/all', [404, 'NAME_UNKNOWN']],
    ['a..b/manifests/v1', [400, 'NAME_INVALID']],
  ])('does not help for %s', async (path, expected) => {
    expect(await codeOf(await run.ask(path))).toEqual(expected);
  });
});

test('a blob is sent in parts to whoever asks for a part', async () => {
  const blob = layer('0123456789');
  await run.pushBlob(mine.namespace, blob);
  const part = (range: string) => run.ask(`${mine.namespace}/blobs/${blob.digest}`, { headers: { range } });
  const middle = await part('bytes=2-4');
  expect([middle.status, middle.headers.get('content-range'), await middle.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ]);
  expect(await (await part('bytes=-3')).text()).toBe('789');
  expect((await part('bytes=10-')).status).toBe(416);
});
