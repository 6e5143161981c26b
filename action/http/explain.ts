import type { HttpAnswer } from './exchange.js';
import { parseJson, textAt } from './json.js';

export interface Strange {
  readonly method: string;
  readonly url: string;
  readonly answer: HttpAnswer;
  /** What to think of when the answer comes from somebody else than was asked. */
  readonly remedy: string;
}

/** What a refusal says: its own words where it has some of ours, else who gave it. */
export function explain({ method, url, answer, remedy }: Strange): string {
  const words = textAt(parseJson(answer.body), 'error', 'message');
  if (words !== null) return words;
  const { host } = new URL(url);
  const { status, headers } = answer;
  const leads =
    status >= 300 && status < 400 && headers.location
      ? ` and leads to ${headers.location.slice(0, 200)}`
      : '';
  return withRemedy(`${method} ${host} answered HTTP ${String(status)}${leads}.`, status < 500 ? remedy : '');
}

export function withRemedy(message: string, remedy: string): string {
  return remedy === '' ? message : `${message} ${remedy}`;
}
