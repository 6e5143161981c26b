import { setTimeout as pause } from 'node:timers/promises';
import { isVitrineError, VitrineError } from '../../shared/errors.js';
import { type HealthCheck, healthOf, statusWords } from '../../shared/health.js';
import type { Run } from '../target.js';
import type { ContainerEngine, EngineContainer, EngineLine } from './engine.js';
import { joinNetwork, type NetworkParts } from './network.js';
import { LABEL } from './resource.js';
import { type Answer, askProgram, isWell, type ProgramAddress, wordsFor } from '../ask-program.js';

export interface Waiting extends HealthCheck {
  readonly container: string;
  /** The URL of the preview. */
  readonly url: string;
  readonly patienceMs: number;
  /** Gives it other ports, where another program of the machine has one of its own: answers the container that takes its place. */
  readonly move?: (container: string) => Promise<string>;
}

type Wait = Pick<Run, 'log' | 'signal'>;

/** Another program may take a port between the choice and its use. */
const PORT_TRIES = 5;

export interface Started {
  readonly container: string;
  readonly address: ProgramAddress;
}

/** Starts a container, and resolves with where it is reached once it answers. Throws `unprocessable` when it will not. */
export async function startAndWait(engine: ContainerEngine, waiting: Waiting, run: Wait): Promise<Started> {
  const id = await start(engine, waiting);
  const deadline = AbortSignal.timeout(waiting.patienceMs);
  const began = performance.now();
  const asked = { toldAt: began, pauseMs: FIRST_PAUSE_MS };
  let last: Answer = { silence: 'unreachable' };
  for (;;) {
    run.signal.throwIfAborted();
    const container = await engine.container(id);
    if (container === null)
      throw new VitrineError('unavailable', 'The container was removed while it started.');
    if (!container.running && !container.restarting) throw await whyEnded(engine, container, run);
    for (const address of addressesOf(container)) {
      const { url } = waiting;
      last = await askProgram({ ...address, ...healthOf(waiting), url, signal: run.signal });
      if (isWell(last)) return { container: id, address };
    }
    if (deadline.aborted) throw await whySilent(engine, { waiting, container, last }, run);
    if (performance.now() - asked.toldAt > TELL_EVERY_MS) {
      asked.toldAt = performance.now();
      run.log(`Still waiting: the program ${wordsFor(last)}.`);
    }
    await pause(asked.pauseMs, undefined, { signal: run.signal }).catch(() => undefined);
    asked.pauseMs = Math.min(asked.pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const TELL_EVERY_MS = 15_000;

async function start(engine: ContainerEngine, { container, move }: Waiting): Promise<string> {
  let id = container;
  for (let tries = 1; ; tries += 1) {
    try {
      await engine.startContainer(id);
      return id;
    } catch (error) {
      if (!isVitrineError(error) || error.code !== 'conflict') throw error;
      if (tries < PORT_TRIES) {
        id = (await move?.(id)) ?? id;
        continue;
      }
      throw new VitrineError(
        'unavailable',
        'No port is free for this preview: the operator of this server must widen CONTAINER_PORTS.',
        { cause: error },
      );
    }
  }
}

/** Where the program may listen; several while neither the settings nor the image say which port it is. */
function addressesOf({ ports, address, labels }: EngineContainer): readonly ProgramAddress[] {
  const inNetwork = labels[LABEL.ports];
  if (inNetwork === undefined) return Object.values(ports);
  if (address === null) return [];
  return inNetwork.split(',').map((port) => ({ host: address, port: Number(port) }));
}

function portNamesOf({ ports, labels }: EngineContainer): readonly string[] {
  return labels[LABEL.ports]?.split(',') ?? Object.keys(ports).map((name) => name.replace('/tcp', ''));
}

interface Asked {
  readonly container: EngineContainer;
  readonly network: Parameters<typeof joinNetwork>[1];
  readonly check: HealthCheck;
  /** The URL of the preview. */
  readonly url: string;
}

/** Asks a program that should run, and answers where it is, or what is wrong with it. A server that was replaced by a new container is not in the network of the program yet. */
export async function askContainer(
  parts: NetworkParts,
  { container, network, check, url }: Asked,
  signal: AbortSignal,
): Promise<ProgramAddress | string> {
  let detail = 'It has no port that can be reached.';
  for (const hasJoined of [false, true]) {
    if (hasJoined && !(await joinNetwork(parts, network))) break;
    for (const address of addressesOf(container)) {
      const answer = await askProgram({ ...address, ...check, url, signal });
      if (isWell(answer)) return address;
      detail = `The program ${wordsFor(answer)}.`;
    }
  }
  return detail;
}

/** What the log of a failed start shows. */
const LAST_LINES = 40;

interface Shown extends Wait {
  readonly heading?: string;
}

export async function lastLines(
  engine: ContainerEngine,
  id: string,
  { log, signal, heading = 'The last lines of the program:' }: Shown,
): Promise<string> {
  const lines: EngineLine[] = [];
  for await (const line of engine.logs(id, { tail: LAST_LINES, signal })) lines.push(line);
  // Both streams come as they were read, which may be another order.
  const texts = lines.sort((one, other) => one.at.getTime() - other.at.getTime()).map(({ text }) => text);
  if (texts.length > 0) log(heading);
  for (const text of texts) log(`  ${text}`);
  return texts.join('\n');
}

async function whyEnded(
  engine: ContainerEngine,
  container: EngineContainer,
  run: Wait,
): Promise<VitrineError> {
  const printed = await lastLines(engine, container.id, run);
  return new VitrineError('unprocessable', `${endOf(container)}${hintsFor(printed)}`);
}

/** How a container ended, and what to do where that is known. */
export function endOf({ exitCode, outOfMemory }: Pick<EngineContainer, 'exitCode' | 'outOfMemory'>): string {
  if (outOfMemory)
    return `The program needed more memory than it may have, and was stopped (exit code ${exitCode}). Raise "resources.memory" in the settings, or let it use less.`;
  return `The program ended with exit code ${exitCode}, and must go on running. Its last lines are in the log.`;
}

interface Silent {
  readonly waiting: Waiting;
  readonly container: EngineContainer;
  readonly last: Answer;
}

async function whySilent(
  engine: ContainerEngine,
  { waiting, container, last }: Silent,
  run: Wait,
): Promise<VitrineError> {
  const printed = await lastLines(engine, container.id, run);
  const ports = portNamesOf(container);
  const seconds = Math.round(waiting.patienceMs / 1_000);
  const asked = `The program did not answer GET ${waiting.healthPath} with ${statusWords(waiting)} on port ${ports.join(' or ')} within ${seconds} seconds: it ${wordsFor(last)}.`;
  const question =
    'status' in last
      ? 'Set "health-path" to a page that answers so, or "health-status" to what it answers.'
      : 'Does it listen on 0.0.0.0:$PORT? On 127.0.0.1 nothing outside its container reaches it. If it listens on another port, set "port".';
  return new VitrineError('unprocessable', `${asked} ${question}${hintsFor(printed)}`);
}

interface Hint {
  readonly when: RegExp;
  readonly says: string;
}

/** What the limits of a container look like from inside. They are never loosened by themselves. */
const HINTS: readonly Hint[] = [
  {
    when: /read-only file ?system|EROFS/i,
    says: 'It tried to write to its image, which is read-only ("Read-only file system"): write to /tmp, or set the option "writable: true" of the target.',
  },
  {
    when: /EACCES|EPERM|permission denied|operation not permitted/i,
    says: 'It was refused something ("permission denied"): it does not run as root. Give its files to a user in the Dockerfile, or set the option "root: true" of the target.',
  },
];

function hintsFor(printed: string): string {
  return HINTS.filter(({ when }) => when.test(printed))
    .map(({ says }) => ` ${says}`)
    .join('');
}
