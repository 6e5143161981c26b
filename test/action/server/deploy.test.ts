import { describe, expect, test } from '@jest/globals';
import type { Client } from '../../../src/contract/client.js';
import { uploadPlan } from '../../../src/contract/uploads.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { showBytes } from '../../../src/shared/text.js';
import { hashDirectory } from '../../../src/uploads/client/directory.js';
import { deploy } from '../../../src/uploads/client/send.js';
import { decodePlan } from '../../../src/uploads/plan.js';
import { makeWorkspace, PAGE, type Workspace } from '../support/workspace.js';

interface Script {
  /** Answers to one plan after the other: which blobs are missing, of how many. */
  readonly known?: boolean;
  readonly pack?: (count: number) => unknown;
}

const COMMIT_URL = 'http://1234567-pr-7-hello.localhost';
const WHOLE = { complete: true, notes: [], commitUrl: COMMIT_URL };
const PART = { complete: false, notes: [], commitUrl: null };

async function deployed(workspace: Workspace, { known = false, pack = () => WHOLE }: Script) {
  const bases: string[] = [];
  const lines: string[] = [];
  let packs = 0;
  const client = async (operation: unknown, { body }: { body: Uint8Array }) => {
    if (operation !== uploadPlan) return pack((packs += 1));
    const { root, base, keys } = decodePlan(Buffer.from(body));
    bases.push(base);
    const all = [[0, keys.length]];
    const missing = known ? [] : all;
    const answer = { root, known, base: null, kept: [], entries: missing, blobs: missing };
    return { ...answer, ...(known ? WHOLE : PART) };
  };
  const { files } = await hashDirectory(workspace.code);
  const artifact = { directory: workspace.code, files };
  const log = (line: string): void => void lines.push(line);
  const commitUrl = await deploy({ client: client as unknown as Client, id: 'x', artifact, log });
  return { bases, packs, lines, commitUrl };
}

describe('an upload', () => {
  test('is one plan and one pack', async () => {
    await using workspace = await makeWorkspace(PAGE);
    const { bases, packs, lines, commitUrl } = await deployed(workspace, {});
    expect([bases, packs, commitUrl]).toEqual([['any'], 1, COMMIT_URL]);
    expect(lines[0]).toBe('The server lacks 2 of 2 files, 32 bytes before compression.');
    expect(lines[1]).toMatch(/^Sent \d+ bytes\.$/);
  });

  test('sends nothing that the server has', async () => {
    await using workspace = await makeWorkspace(PAGE);
    expect(await deployed(workspace, { known: true })).toMatchObject({
      bases: ['any'],
      packs: 0,
      commitUrl: COMMIT_URL,
    });
  });

  test('goes another round when the server has lost something meanwhile', async () => {
    await using workspace = await makeWorkspace(PAGE);
    const pack = (count: number) => (count > 1 ? WHOLE : PART);
    expect(await deployed(workspace, { pack })).toMatchObject({ bases: ['any', 'any'], packs: 2 });
  });

  test('sends every name when the server cannot rebuild the list', async () => {
    await using workspace = await makeWorkspace(PAGE);
    const pack = (count: number) => {
      if (count < 3) throw new VitrineError('unprocessable', 'The root does not fit.');
      return WHOLE;
    };
    expect(await deployed(workspace, { pack })).toMatchObject({ bases: ['any', 'any', 'none'], packs: 3 });
  });

  test('gives up after three rounds', async () => {
    await using workspace = await makeWorkspace(PAGE);
    await expect(deployed(workspace, { pack: () => PART })).rejects.toThrow('after three rounds');
  });

  test('stops at once at any other refusal', async () => {
    await using workspace = await makeWorkspace(PAGE);
    const pack = () => {
      throw new VitrineError('disk_full', 'No room.');
    };
    await expect(deployed(workspace, { pack })).rejects.toThrow('No room.');
  });

  test('passes on what the server notes, as it is', async () => {
    await using workspace = await makeWorkspace(PAGE);
    const pack = () => ({ ...WHOLE, notes: ['No index.html at the top.'] });
    expect((await deployed(workspace, { pack })).lines).toContain('No index.html at the top.');
  });
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_500, '1.5 kB'],
  [98_700_000, '98.7 MB'],
])('%d bytes are shown as %s', (bytes, shown) => {
  expect(showBytes(bytes)).toBe(shown);
});
