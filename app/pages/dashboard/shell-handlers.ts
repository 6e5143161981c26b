import type { shell } from '../../../src/contract/dashboard/shell.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { DirectAnswer, type Handlers } from '../../api/handler.js';
import { personOf } from '../../api/people/account.js';
import { headersOf } from './assets.js';
import { sendAvatar, sendLetters } from './avatar.js';
import { formHandler } from './forms.js';
import type { Shell } from './shell.js';

/** A webhook may have told of the person then. */
const SOON_SECONDS = 60;
const DAY_SECONDS = 24 * 60 * 60;

const WORDS = { system: 'as your system has it', light: 'light', dark: 'dark' } as const;

export function shellHandlers({ assets }: Pick<Shell, 'assets'>): Handlers<typeof shell> {
  return {
    async showAsset(_ports, { params: { version, file }, browser: { acceptEncoding } }) {
      const asset = assets.find(file);
      if (!asset) throw new VitrineError('not_found', 'There is no such file.');
      const { body, headers } = headersOf(asset, { acceptEncoding, isCurrent: assets.isCurrent(version) });
      return new DirectAnswer((response) => void response.writeHead(200, headers).end(body));
    },

    async showAvatar({ avatars }, { params: { login } }) {
      const found = await avatars.find(login);
      return new DirectAnswer((response) => {
        if (typeof found === 'object') sendAvatar(response, found);
        else sendLetters(response, { name: login, seconds: found === 'none' ? SOON_SECONDS : 0 });
      });
    },

    async showLetters(_ports, { params: { name } }) {
      return new DirectAnswer((response) => sendLetters(response, { name, seconds: DAY_SECONDS }));
    },

    changeTheme: formHandler(async ({ users }, { caller, body: { theme } }) => {
      const { id, preferences } = await personOf({ users }, caller);
      await users.change(id, { preferences: { ...preferences, theme } });
      return { message: `Pages are ${WORDS[theme]} now.` };
    }),
  };
}
