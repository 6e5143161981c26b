import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openEncryptionKeys } from '../../../app/config/encryption-keys.js';
import { logOf } from '../../../app/config/log.js';
import { createKey, parseKeys } from '../../../src/secrets/keys.js';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vitrine-keys-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;

/** A server with a data directory of its own. */
function server({ production = false, mongodbUri }: { production?: boolean; mongodbUri?: string } = {}) {
  folders += 1;
  const dataDir = join(root, String(folders));
  const lines: string[] = [];
  return {
    lines,
    path: join(dataDir, 'encryption-key'),
    dataDir,
    open: (encryptionKeys?: string) =>
      openEncryptionKeys({
        config: { dataDir, production },
        secrets: { encryptionKeys, mongodbUri },
        log: (level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
      }),
  };
}

test('a server without a key makes one, that only its user can read, and keeps it', async () => {
  const { open, path, lines, dataDir } = server();
  const made = await open();
  expect(parseKeys(made).current.id).toMatch(/^file-[0-9a-f]{8}$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await open()).toBe(made);
  expect(await readdir(dataDir)).toEqual(['encryption-key']);
  expect(lines).toEqual([expect.stringMatching(/ENCRYPTION_KEYS is not set.*encryption-key/)]);
  expect(lines.join('')).not.toContain(made.split(':')[1]);
});

test('servers that start at the same time over one directory get one key', async () => {
  const { open } = server();
  const made = await Promise.all(Array.from({ length: 8 }, () => open()));
  expect(new Set(made).size).toBe(1);
});

test('keys that are given come first, and the key of the file stays readable', async () => {
  const { open, path } = server();
  const made = await open();
  const given = createKey('k1');
  const file = parseKeys(made).current.id;
  expect(parseKeys(await open(given)).ids).toEqual(['k1', file]);
  expect(parseKeys(await open(`${given} ${made}`)).ids).toEqual(['k1', file]);
  await rm(path);
  expect(parseKeys(await open(given)).ids).toEqual(['k1']);
});

test('in production with a database that others can use, a key must be given', async () => {
  const shared = server({ production: true, mongodbUri: 'mongodb://db/vitrine' });
  await expect(shared.open()).rejects.toThrow(/ENCRYPTION_KEYS must be set.*openssl rand -base64 32/);
  await expect(readFile(shared.path)).rejects.toThrow('ENOENT');
  expect(parseKeys(await shared.open(createKey('k1'))).ids).toEqual(['k1']);
  expect(parseKeys(await server({ production: true }).open()).ids).toHaveLength(1);
});

test('a key file that others can read is reported, and one that cannot be read stops the start', async () => {
  const { open, path, lines } = server();
  await open();
  await chmod(path, 0o644);
  await open();
  expect(lines.at(-1)).toMatch(/warn other users of this machine can read the encryption key: chmod 600/);
  await rm(path);
  await writeFile(join(root, 'plain'), '');
  await expect(
    openEncryptionKeys({
      config: { dataDir: join(root, 'plain'), production: false },
      secrets: { encryptionKeys: undefined, mongodbUri: undefined },
      log: () => undefined,
    }),
  ).rejects.toThrow(/holds the encryption key and cannot be read/);
});

test('no key reaches the log of the server, and its id does', () => {
  const lines: string[] = [];
  const encryptionKeys = `${createKey('k1')},${createKey('k2')}`;
  const secrets = {
    appId: 1,
    privateKey: 'p',
    webhookSecrets: ['w'],
    mongodbUri: undefined,
    signIn: { github: undefined, google: undefined, openId: undefined },
  } as const;
  const log = logOf(
    { ...secrets, encryptionKeys },
    { level: 'info', clock: { now: () => new Date(0) }, write: (line) => lines.push(line) },
  );
  for (const entry of encryptionKeys.split(',')) log('info', `a library says ${entry}`);
  expect(lines.map((line) => line.slice(31))).toEqual([
    expect.stringMatching(/^a library says k1:\*\*\*=?$/),
    expect.stringMatching(/^a library says k2:\*\*\*=?$/),
  ]);
});
