import type { shell } from '../../../src/contract/dashboard/shell.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { DirectAnswer, type Handlers } from '../../api/handler.js';
import { personOf } from '../../api/people/account.js';
import { SECURITY_HEADERS } from '../../http/respond.js';
import { headersOf } from './assets.js';
import { drawAvatar } from './avatar.js';
import { formHandler } from './forms.js';
import type { Shell } from './shell.js';

const WORDS = { system: 'as your system has it', light: 'light', dark: 'dark' } as const;

export function shellHandlers({ assets }: Pick<Shell, 'assets'>): Handlers<typeof shell> {
  return {
    async showAsset(_ports, { params: { version, file }, browser: { acceptEncoding } }) {
      const asset = assets.find(file);
      if (!asset) throw new VitrineError('not_found', 'There is no such file.');
      const { body, headers } = headersOf(asset, { acceptEncoding, isCurrent: assets.isCurrent(version) });
      return new DirectAnswer((response) => void response.writeHead(200, headers).end(body));
    },

    async showAvatar(_ports, { params }) {
      const headers = {
        ...SECURITY_HEADERS,
        'content-type': 'image/svg+xml',
        'cache-control': 'private, max-age=86400',
      };
      return new DirectAnswer(
        (response) => void response.writeHead(200, headers).end(drawAvatar(params.login)),
      );
    },

    changeTheme: formHandler(async ({ users }, { caller, body: { theme } }) => {
      const { id, preferences } = await personOf({ users }, caller);
      await users.change(id, { preferences: { ...preferences, theme } });
      return { message: `Pages are ${WORDS[theme]} now.` };
    }),
  };
}
