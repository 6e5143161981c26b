/** Who may open a preview, the least strict first. A pull request may only ask for a stricter one. */
export const ACCESS_MODES = ['public', 'password', 'github'] as const;
export type AccessMode = (typeof ACCESS_MODES)[number];

export function stricterAccess(one: AccessMode, other: AccessMode): AccessMode {
  return ACCESS_MODES.indexOf(one) >= ACCESS_MODES.indexOf(other) ? one : other;
}

/** A request with such a header is let in without a cookie. It holds the token that a workflow run got for its tests. */
export const BYPASS_HEADER = 'x-vitrine-bypass';

/** On the App's own host: leads a visitor to sign in, and back to the preview. */
export const OPEN_PREVIEW = '/open-preview';

/** These paths of a preview host belong to the gate in front of it. */
export const GATE_PATHS = {
  /** Leads to the App's own host. */
  signIn: '/.well-known/vitrine/sign-in',
  /** Where that leads back to. */
  enter: '/.well-known/vitrine/enter',
  /** Takes the form with the password. */
  password: '/.well-known/vitrine/password',
} as const;
