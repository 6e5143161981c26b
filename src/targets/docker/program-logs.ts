import type { ProgramLine, Run } from '../target.js';
import type { ContainerEngine } from './engine.js';

/** So far back the reading begins, so that a line whose time was raised to that of the line before it gets the same time again. */
const OVERLAP_MS = 10_000;

interface Followed {
  readonly container: string;
  readonly since: Date;
}

/** What a container prints, from a moment on. The engine notes the times of both streams, whose lines may come in another order. */
export async function* followProgram(
  engine: ContainerEngine,
  { container, since }: Followed,
  { signal }: Pick<Run, 'signal'>,
): AsyncGenerator<ProgramLine> {
  const from = new Date(Math.max(0, since.getTime() - OVERLAP_MS));
  let last = 0;
  for await (const { at, stream, text } of engine.logs(container, { since: from, follow: true, signal })) {
    last = Math.max(at.getTime(), last);
    if (last >= since.getTime()) yield { at: new Date(last), service: 'app', stream, text };
  }
}
