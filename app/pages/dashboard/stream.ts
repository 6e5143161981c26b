import type { Caller } from '../../api/access.js';
import { DirectAnswer } from '../../api/handler.js';
import { openEventStream } from '../../http/event-stream.js';
import type { Watch, Watched } from '../../live/watch.js';

export type StartWatch = Pick<Watch, 'follow'>;

interface Asking {
  readonly caller: Caller;
  readonly stillAllowed: () => Promise<boolean>;
}

/** The answer of an operation that tells an open page when to load itself again. */
export function streamOf(
  watch: StartWatch,
  { stillAllowed }: Asking,
  watched: Watched & { readonly from: string },
): DirectAnswer {
  return new DirectAnswer((response, headers) => {
    const stream = openEventStream(response, headers);
    if (response.req.method === 'HEAD') return stream.end();
    watch.follow(stream, { ...watched, stillAllowed });
  });
}
