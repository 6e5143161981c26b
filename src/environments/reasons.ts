import type { Environment } from './model.js';

/** Why a deployment of this commit is not wanted any more although its preview is still there: one sentence for whoever brought it. */
export function overtakenBy(
  { head, decision }: Pick<Environment, 'head' | 'decision'>,
  { sha }: { readonly sha: string },
): string {
  if (head?.sha !== sha) return 'A newer commit arrived.';
  return decision && decision.action !== 'deploy' ? decision.detail : 'Another run of this commit took over.';
}
