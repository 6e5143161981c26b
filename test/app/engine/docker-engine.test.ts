import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { versionFor } from '../../../app/engine/connection.js';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import { readLines } from '../../../app/engine/log-frames.js';
import { encodeLogin } from '../../../app/engine/pull-image.js';
import { testEngine } from '../../contracts/engine-contract.js';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine.js';

testEngine('the engine of the tests', async () => {
  const fake = await startFakeEngine();
  return {
    engine: createDockerEngine(fake.address),
    image: async (program) => {
      const reference = `vitrine-test:${program.join('-').replace(/\W+/g, '-')}`;
      fake.addImage(reference, { Cmd: program });
      return reference;
    },
    addVolume: async (name, labels) => fake.addVolume(name, labels),
    [Symbol.asyncDispose]: async () => fake[Symbol.asyncDispose](),
  };
});

describe('an engine', () => {
  let fake: FakeEngine;
  beforeAll(async () => {
    fake = await startFakeEngine();
  });
  afterAll(async () => fake[Symbol.asyncDispose]());

  test('that was updated is asked again which version it speaks', async () => {
    const engine = createDockerEngine(fake.address);
    fake.speak({ newest: '1.43', least: '1.24' });
    expect(await engine.containers({})).toEqual([]);
    fake.speak({ newest: '1.52', least: '1.44' });
    expect(await engine.containers({})).toEqual([]);
  });

  test('that is away is unavailable, and its address is not told', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vitrine-socket-'));
    const engine = createDockerEngine({ socketPath: join(dir, 'canary.sock') });
    const failure = await engine.describe().catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/does not answer/) });
    expect(String(failure)).not.toContain('canary');
    await rm(dir, { recursive: true });
  });

  test('that goes away in the middle of an answer is unavailable', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/version') return response.end('{"ApiVersion":"1.44"}');
      response.writeHead(200, { 'content-length': '100' });
      return response.write('{', () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const engine = createDockerEngine({ host: '127.0.0.1', port });
    const pull = {
      reference: 'a/b',
      auth: null,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    };
    for (const work of [engine.networks(), engine.pullImage(pull)])
      await expect(work).rejects.toMatchObject({ code: 'unavailable' });
    server.close();
  });
});

test.each([
  [{ ApiVersion: '1.51' }, '1.51'],
  [{ ApiVersion: '1.52', MinAPIVersion: '1.40' }, '1.51'],
  [{ ApiVersion: '1.41', MinAPIVersion: '1.12' }, '1.41'],
])('of %j the version %s is spoken', (theirs, spoken) => {
  expect(versionFor(theirs)).toBe(spoken);
});

test.each([
  [{ ApiVersion: '1.39' }, /too old.*Update the engine/],
  [{ ApiVersion: '1.60', MinAPIVersion: '1.52' }, /too new.*Update this server/],
])('%j is refused with what to do', (theirs, reason) => {
  expect(() => versionFor(theirs)).toThrow(reason);
});

describe('the log of a container', () => {
  const TIME = '2026-11-28T18:26:17.703917051Z';
  const at = new Date('2026-11-28T18:26:17.703Z');
  const frame = (stream: number, text: string) => {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  const read = async (bytes: Buffer, framed: boolean, size: number) => {
    const chunks = async function* () {
      for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
    };
    const lines = [];
    for await (const line of readLines(chunks(), { framed })) lines.push(line);
    return lines;
  };

  test.each([1, 3, 1_000])('is read from frames, however they arrive (%i bytes at a time)', async (size) => {
    const bytes = Buffer.concat([
      frame(1, `${TIME} first \u00e9\n`),
      frame(2, `${TIME} part one, `),
      frame(1, `${TIME} \n`),
      frame(2, `${TIME} part two\n`),
      frame(1, `${TIME} without an end`),
    ]);
    expect(await read(bytes, true, size)).toEqual([
      { at, stream: 'stdout', text: 'first \u00e9' },
      { at, stream: 'stdout', text: '' },
      { at, stream: 'stderr', text: 'part one, part two' },
      { at, stream: 'stdout', text: 'without an end' },
    ]);
  });

  test('of a terminal has no frames', async () => {
    const bytes = Buffer.from(`${TIME} one\r\n${TIME} two\r\n`);
    expect((await read(bytes, false, 7)).map(({ text }) => text)).toEqual(['one', 'two']);
  });
});

test('a login is padded, whatever its length: the engine takes one without padding for none', () => {
  for (const host of ['127.0.0.1:3000', '127.0.0.1:41234', 'vitrine.example.com']) {
    const login = encodeLogin({ username: 'vitrine', password: '~~~???', token: 't' }, `${host}/pr-1-shop`);
    expect(login).toMatch(/^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/);
    expect(JSON.parse(Buffer.from(login, 'base64url').toString())).toMatchObject({ serveraddress: host });
  }
});
