import type { ProgramLine, Run } from '../target.js';
import type { ContainerEngine } from './engine.js';

/** So far back the reading begins again, so that lines of one millisecond get the same times as before. */
const OVERLAP_MS = 10_000;

interface Followed {
  readonly container: string;
  readonly since: Date;
}

/**
 * What a container prints, after a moment. Times increase strictly: several lines of one millisecond get one each. A reader that comes back
 * with the last time that it has gets the lines after it, because the times are counted again from a while before.
 */
export async function* followProgram(
  engine: ContainerEngine,
  { container, since }: Followed,
  { signal }: Pick<Run, 'signal'>,
): AsyncGenerator<ProgramLine> {
  const from = new Date(Math.max(0, since.getTime() - OVERLAP_MS));
  let last = 0;
  for await (const { at, stream, text } of engine.logs(container, { since: from, follow: true, signal })) {
    last = Math.max(at.getTime(), last + 1);
    if (last > since.getTime()) yield { at: new Date(last), service: 'app', stream, text };
  }
}
