import type { ContainerEngine } from '../docker/engine.js';
import { followProgram } from '../docker/program-logs.js';
import type { ProgramLine, Run } from '../target.js';
import { type ComposeHandle, labelsOfDeployment } from './resource.js';
import { SERVICE_LABEL } from './rewrite.js';

interface Parts {
  readonly engine: ContainerEngine;
  readonly server: string;
}

interface Followed {
  readonly handle: ComposeHandle;
  readonly since: Date;
}

/** What all services of a project print, in the order in which it arrives. Times increase strictly for each service. */
export async function* followServices(
  { engine, server }: Parts,
  { handle, since }: Followed,
  run: Run,
): AsyncGenerator<ProgramLine> {
  const containers = await engine.containers(labelsOfDeployment(server, handle));
  const readers = containers.map(({ id, labels }) =>
    named(followProgram(engine, { container: id, since }, run), labels[SERVICE_LABEL] ?? ''),
  );
  yield* merge(readers);
}

async function* named(lines: AsyncGenerator<ProgramLine>, service: string): AsyncGenerator<ProgramLine> {
  for await (const line of lines) yield { ...line, service };
}

interface Next<Value> {
  readonly reader: AsyncGenerator<Value>;
  readonly result: IteratorResult<Value>;
}

/** Each reader waits with its next value until the last one was taken. */
async function* merge<Value>(readers: readonly AsyncGenerator<Value>[]): AsyncGenerator<Value> {
  const waiting = new Map<AsyncGenerator<Value>, Promise<Next<Value>>>();
  const ask = (reader: AsyncGenerator<Value>) =>
    waiting.set(
      reader,
      reader.next().then((result) => ({ reader, result })),
    );
  readers.forEach(ask);
  try {
    while (waiting.size > 0) {
      const { reader, result } = await Promise.race(waiting.values());
      if (result.done === true) waiting.delete(reader);
      else {
        ask(reader);
        yield result.value;
      }
    }
  } finally {
    for (const reader of waiting.keys()) void reader.return(undefined).catch(() => undefined);
  }
}
