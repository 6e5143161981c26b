import type { Wording } from './wording.js';

/** What each mail shows. Every link is made from the server's own address, or is an address that the mail is about. */
export interface MailModels {
  readonly 'deployment-succeeded': DeploymentMail;
  readonly 'deployment-failed': DeploymentMail;
  readonly 'verify-email': { readonly href: string; readonly hours: number };
  readonly 'has-account': { readonly signIn: string; readonly reset: string };
  readonly 'reset-password': { readonly href: string; readonly minutes: number };
  readonly 'no-password': { readonly signIn: string };
  readonly 'password-changed': { readonly reset: string };
  readonly invited: InvitedMail;
}

export interface InvitedMail {
  readonly project: string;
  readonly by: string;
  /** The person has an account, and is a member already. */
  readonly isMember: boolean;
  /** Otherwise: whether they make an account with a password here, or sign in with a provider. */
  readonly makesAccount: boolean;
  /** How long the invitation works. */
  readonly days: number;
  /** Where the button leads, and what is on it. */
  readonly href: string;
  readonly action: string;
}

export interface DeploymentMail extends Pick<Wording, 'title' | 'lines' | 'action'> {
  /** Where the reader changes which mails they get. */
  readonly preferences: string;
}

export type MailKind = keyof MailModels;

export type Mail = {
  readonly [Kind in MailKind]: {
    readonly kind: Kind;
    readonly model: MailModels[Kind];
    readonly to: string;
    /** Part of the id of the message: mail programs show two copies of one message once. */
    readonly id: string;
  };
}[MailKind];

/** How the mail server answered. */
export interface MailResult {
  readonly accepted: boolean;
  /** When it was not accepted: whether another try may help. */
  readonly temporary: boolean;
  readonly text: string;
}

export interface Mailer {
  /** Whether the operator has named a mail server. */
  readonly available: boolean;
  /** Resolves for every answer of the mail server, and when there is none. */
  send(mail: Mail): Promise<MailResult>;
}

export interface MailerPorts {
  readonly mailer: Mailer;
}
