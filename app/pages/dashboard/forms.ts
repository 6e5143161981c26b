import type { Redirect } from '../../../src/contract/operation.js';
import { pathWithin } from '../../../src/people/sign-in.js';
import { isVitrineError } from '../../../src/shared/errors.js';
import { createCookies } from '../../http/cookies.js';
import { isOurFault } from '../../http/respond.js';
import type { Ports } from '../../ports.js';
import { type Flash, writeFlash } from './flash.js';

/** What a form has done, in a sentence, and where the person goes on unless on the page that they came from. */
export interface Done extends Pick<Flash, 'message' | 'link'> {
  readonly to?: string;
}

interface Submitted {
  readonly body: { readonly return_to?: string | undefined };
}

/** Long enough for a slow page, and short enough that no later one tells it. */
const FLASH_S = 60;

/**
 * The handler of a form: it does what the form asks for and leads back to the page, which says what came of it. A refusal is told there
 * too; a fault of the server has a page of its own.
 */
export function formHandler<Input extends Submitted>(
  perform: (ports: Ports, input: Input) => Promise<Done>,
): (ports: Ports, input: Input) => Promise<Redirect> {
  return async (ports, input) => {
    const back = pathWithin(input.body.return_to);
    try {
      const { to = back, ...told } = await perform(ports, input);
      return leadTo(ports, { location: to, flash: { tone: 'good', ...told } });
    } catch (error) {
      if (!isVitrineError(error) || isOurFault(error)) throw error;
      return leadTo(ports, { location: back, flash: { tone: 'bad', message: error.message } });
    }
  };
}

export function leadTo(
  { publicUrl }: Pick<Ports, 'publicUrl'>,
  { location, flash }: { readonly location: string; readonly flash: Flash },
): Redirect {
  return { location, cookies: [createCookies(publicUrl).write('flash', writeFlash(flash), FLASH_S)] };
}
