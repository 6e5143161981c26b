import type { Environment } from '../environments/model.js';
import { type AccessMode, stricterAccess } from '../shared/preview-access.js';

/** Who may open the preview, and how, in a sentence. */
export interface Protection {
  readonly access: AccessMode;
  /** Null for a public one. */
  readonly how: string | null;
}

const HOW: Readonly<Record<AccessMode, string | null>> = {
  public: null,
  password:
    'Protected: visitors need the password of the project, or a link that someone with write access shared.',
  github:
    'Protected: visitors sign in, and need read access to the repository, or a link that someone with write access shared.',
};

/** Of a preview that is protected by the settings, and that this server does not serve. */
export const NOT_PROTECTED_HERE =
  'This server does not protect it: the workflow deployed it elsewhere, where the access of the settings means nothing.';

/** As the environment says it; visitors are let in by the newest settings. */
export function protectionOf({ settings, head, current }: Environment): Protection {
  const access = stricterAccess(settings?.access ?? 'public', head?.access ?? 'public');
  const isElsewhere = access !== 'public' && current?.reach.kind === 'elsewhere';
  return { access, how: isElsewhere ? NOT_PROTECTED_HERE : HOW[access] };
}
