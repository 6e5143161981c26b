import { ACCOUNT, type accountPages } from '../../../../src/contract/dashboard/account.js';
import type { Page } from '../../../../src/contract/operation.js';
import { changeAccount } from '../../../../src/contract/people/account.js';
import { SIGN_IN } from '../../../../src/contract/people/sign-in.js';
import { isVitrineError } from '../../../../src/shared/errors.js';
import type { Handlers } from '../../../api/handler.js';
import { accountHandlers } from '../../../api/people/account.js';
import { apiTokenHandlers } from '../../../api/people/api-tokens.js';
import { isOurFault } from '../../../http/respond.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { formHandler, leadTo } from '../forms.js';
import { readNewToken, type TokensModel } from './tokens.js';

/** What a form shows again: what was typed, and what is shown this once. */
export interface Again {
  readonly name?: string;
  readonly nameProblem?: string;
  readonly tokens?: Partial<TokensModel>;
}

export type ShowAccount = (ports: Ports, input: Asking, again?: Again) => Promise<Page>;

export type Forms = Omit<Handlers<typeof accountPages>, 'showAccount'>;

const LABELS = { github: 'GitHub', google: 'Google', openid: 'the OpenID provider' } as const;

/** What the page of the account does: the operations of the API, told in a sentence. */
export function accountForms(show: ShowAccount): Forms {
  return { ...preferenceForms(show), ...sessionForms, ...tokenForms(show) };
}

type Named<Names extends keyof Forms> = Pick<Forms, Names>;

function preferenceForms(
  show: ShowAccount,
): Named<'submitPreferences' | 'submitMailPreferences' | 'submitDisconnection'> {
  return {
    async submitPreferences(ports, input) {
      const { name, theme } = input.body;
      const read = changeAccount.body().safeParse({ name, preferences: { theme } });
      const nameProblem = 'Your name must have 1 to 100 characters.';
      if (!read.success) return { status: 200, body: await show(ports, input, { name, nameProblem }) };
      await perform(accountHandlers.changeAccount, { ports, input, body: read.data });
      const flash = { tone: 'good', message: 'Your preferences are saved.' } as const;
      return { status: 303, body: leadTo(ports, { location: ACCOUNT, flash }) };
    },

    submitMailPreferences: formHandler(async (ports, input) => {
      const emailOnSuccess = input.body.on_success === 'yes';
      const emailOnFailure = input.body.on_failure === 'yes';
      const email = emailOnSuccess || emailOnFailure;
      const body = { preferences: { email, emailOnSuccess, emailOnFailure } };
      await perform(accountHandlers.changeAccount, { ports, input, body });
      return { message: email ? 'You get these mails from now on.' : 'You get no mails any more.' };
    }),

    submitDisconnection: formHandler(async (ports, input) => {
      const { provider } = input.params;
      await perform(accountHandlers.disconnectAccount, { ports, input, params: { provider } });
      return { message: `You no longer sign in with ${LABELS[provider]}.` };
    }),
  };
}

const sessionForms: Named<'submitSessionEnd' | 'submitSessionsEnd'> = {
  submitSessionEnd: formHandler(async (ports, input) => {
    await perform(accountHandlers.endSession, { ports, input, params: input.params });
    const isThisOne = input.session?.id === input.params.id;
    return { message: 'That browser is signed out.', ...(isThisOne && { to: SIGN_IN }) };
  }),

  submitSessionsEnd: formHandler(async (ports, input) => {
    const query = { keep_current: 'true' } as const;
    const { ended } = await perform(accountHandlers.endSessions, { ports, input, query });
    const browsers = ended === 1 ? 'One other browser is' : `${String(ended)} other browsers are`;
    return { message: ended === 0 ? 'There was no other browser.' : `${browsers} signed out.` };
  }),
};

function tokenForms(show: ShowAccount): Named<'submitNewToken' | 'submitTokenRevocation'> {
  return {
    async submitNewToken(ports, input) {
      const { typed, body, problem } = readNewToken(input.body);
      const again = async (tokenProblem: string) => {
        const page = await show(ports, input, { tokens: { ...typed, tokenProblem } });
        return { status: 200, body: page } as const;
      };
      if (!body) return again(problem);
      try {
        const { token } = await perform(apiTokenHandlers.createApiToken, { ports, input, body });
        return { status: 200, body: await show(ports, input, { tokens: { secret: token } }) };
      } catch (error) {
        if (!isVitrineError(error) || isOurFault(error)) throw error;
        return again(error.message);
      }
    },

    submitTokenRevocation: formHandler(async (ports, input) => {
      await perform(apiTokenHandlers.revokeToken, { ports, input, params: input.params });
      return { message: 'The token is revoked: programs that use it are refused from now on.' };
    }),
  };
}
