import { type ExternalId, parseExternalId, type RunRef } from '../shared/run-ref.js';

/** What the event of a check run tells us. Of most it is nothing: the checks of every App come by, and so do our own. */
export type CheckNews =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'rerequested'; readonly external: ExternalId }
  | { readonly kind: 'reported'; readonly external: ExternalId & { readonly run: RunRef } };

export function checkNews(action: string, externalId: string | null | undefined): CheckNews {
  const external = parseExternalId(externalId);
  if (!external) return { kind: 'nothing', why: 'The check run is not one of ours.' };
  if (action === 'rerequested') return { kind: 'rerequested', external };
  const { run } = external;
  return run
    ? { kind: 'reported', external: { ...external, run } }
    : { kind: 'nothing', why: 'The check run was written by this App.' };
}
