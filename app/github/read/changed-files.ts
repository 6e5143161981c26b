import { z } from 'zod';
import type { RepoRef } from '../../../src/repositories/model.js';
import type { Caller } from '../client/call.js';
import { pages } from '../client/pages.js';

/** GitHub lists no more than 3,000 files: https://docs.github.com/rest/pulls/pulls#list-pull-requests-files */
const MAX_FILES = 3_000;
const File = z.object({ filename: z.string(), previous_filename: z.string().optional() });

/** The paths a pull request touches, old names of moved files included. Undefined when the list would be cut: then nothing is filtered. */
export async function listChangedFiles(
  caller: Caller,
  { repo, number }: { readonly repo: RepoRef; readonly number: number },
): Promise<readonly string[] | undefined> {
  const list = pages(caller, {
    repo,
    purpose: 'read',
    route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files',
    parameters: { pull_number: number },
    item: File,
    maxPages: MAX_FILES / 100,
  });
  const paths = new Set<string>();
  let files = 0;
  for await (const items of list) {
    files += items.length;
    for (const { filename, previous_filename } of items) {
      paths.add(filename);
      if (previous_filename !== undefined) paths.add(previous_filename);
    }
  }
  return files < MAX_FILES ? [...paths] : undefined;
}
