import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { isGitHubFailure } from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import type { SettingsText } from '../../../src/settings/read.js';
import { send, type Caller } from '../client/call.js';
import type { RawAnswer } from '../client/octokit.js';

const PATH = '.github/preview.yml';
const MAX_BYTES = 1024 * 1024;
const KEPT = 500;
/** Longer ones are refused anyway. */
const LONGEST_KEPT = 32 * 1024;
const COMMIT = /^[0-9a-f]{40}$/;

const File = z.object({
  type: z.literal('file'),
  encoding: z.literal('base64'),
  size: z.int().max(MAX_BYTES),
  content: z.string(),
});

interface Cached {
  readonly etag: string;
  readonly text: SettingsText;
}

type ReadSettingsFile = (repo: RepoRef, sha: string | null) => Promise<SettingsText | undefined>;

/**
 * The JSON form of the file and not its raw bytes: it tells a file from a symbolic link or a submodule, and carries no more than a
 * megabyte. What GitHub says is unchanged costs nothing of the rate limit, and what a commit holds is not asked for again.
 */
export function createSettingsFile(caller: Caller): ReadSettingsFile {
  const cache = new LRUCache<string, Cached>({ max: KEPT });
  return async (repo, sha) => {
    const key = `${repo.repoId} ${sha ?? ''}`;
    const cached = cache.get(key);
    if (cached && sha !== null && COMMIT.test(sha)) return cached.text;
    const answer = await read(caller, { repo, sha, etag: cached?.etag });
    if (answer?.status === 304) return cached?.text;
    cache.delete(key);
    if (!answer) return undefined;
    const text = textOf(answer.data);
    const { etag } = answer.headers;
    if (typeof etag === 'string' && isShort(text)) cache.set(key, { etag, text });
    return text;
  };
}

async function read(
  caller: Caller,
  { repo, sha, etag }: { repo: RepoRef; sha: string | null; etag: string | undefined },
): Promise<RawAnswer | undefined> {
  try {
    return await send(caller, {
      repo,
      purpose: 'read',
      route: `GET /repos/{owner}/{repo}/contents/${PATH}`,
      parameters: {
        // Without a ref GitHub takes the default branch, whose name may have changed since we heard it.
        ...(sha === null ? {} : { ref: sha }),
        ...(etag === undefined ? {} : { headers: { 'if-none-match': etag } }),
      },
    });
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return undefined;
    throw error;
  }
}

function textOf(data: unknown): SettingsText {
  const file = File.safeParse(data);
  if (!file.success) return { problem: 'must be a plain file of at most 1 MiB, not a link and not a folder' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(file.data.content, 'base64'));
  } catch {
    return { problem: 'must be text in UTF-8' };
  }
}

function isShort(text: SettingsText): boolean {
  return typeof text !== 'string' || text.length <= LONGEST_KEPT;
}
