import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { isLoopback } from '../../config/config.js';
import { type Answer, ask, type FoundServer, HEALTH_PATH, instanceIn, reasonOf } from './ask.js';
import { type Check, failed, type Finding, good, skipped, warning } from './check.js';
import type { Surroundings } from './surroundings.js';

/** What answers in the name of this server: itself, or the doctor while it does not run. */
interface Answering {
  readonly instance: string;
  readonly isDoctor: boolean;
  readonly close: () => void;
}

export const reachability: Check = {
  id: 'public-url',
  title: 'Way to this server',
  async run(surroundings) {
    const { config, publicUrl } = surroundings;
    if (config.publicUrl === undefined || isLoopback(publicUrl.hostname))
      return skipped(
        'PUBLIC_URL is an address of this machine: GitHub sends no webhooks here.',
        'Set PUBLIC_URL to the address at which GitHub and people reach this server.',
      );
    const found = await surroundings.server();
    if (found.kind === 'stranger')
      return failed(`Another program answers at ${found.url.origin}.`, 'Stop it, or set PORT to a free one.');
    const answering = await answerFor(found, config).catch((error: unknown) => reasonOf(error));
    if (typeof answering === 'string')
      return failed(`${found.url.origin} cannot be listened on: ${answering}.`, 'Correct HOST and PORT.');
    return compare(surroundings, { answering, origin: found.url.origin }).finally(answering.close);
  },
};

/** While the server does not run, the doctor listens in its place for a moment, so that the way can be tried before the first start. */
async function answerFor(
  found: FoundServer,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Answering> {
  if (found.kind === 'server') return { instance: found.instance, isDoctor: false, close: () => undefined };
  const instance = randomUUID();
  const server = createServer((request, response) => {
    const isHealth = request.url === HEALTH_PATH;
    response.writeHead(isHealth ? 200 : 503, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(isHealth ? { ok: true, instance } : { ok: false }));
  });
  server.listen({ host, port });
  await once(server, 'listening');
  return {
    instance,
    isDoctor: true,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Comparing {
  readonly answering: Answering;
  /** Where the server listens. */
  readonly origin: string;
}

async function compare(surroundings: Surroundings, { answering, origin }: Comparing): Promise<Finding> {
  const { publicUrl } = surroundings;
  const who = answering.isDoctor
    ? 'The server does not run, so the doctor answered in its place. '
    : 'The server runs. ';
  const lead = `Let ${publicUrl.origin} lead to ${origin}: DNS, firewall, and the proxy, which must keep the header Host.`;
  const url = new URL(HEALTH_PATH, publicUrl);
  const answer = await ask(url, surroundings).catch((error: unknown) => error);
  if (!isAnswer(answer))
    return failed(
      `${who}${url.href} cannot be reached from this machine: ${reasonOf(answer)}.`,
      `${lead} Some networks do not let their own machines in by their public address: then try it from outside.`,
    );
  const instance = instanceIn(answer);
  if (instance === answering.instance) return good(`${who}It answers at ${url.href}.`);
  if (instance === null)
    return failed(`${who}At ${url.href}, something else answers (status ${answer.status}).`, lead);
  return warning(
    `${who}At ${url.href}, another server of this program answers.`,
    `If you run several servers behind one address, this is right. Otherwise: ${lead}`,
  );
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'answeredAt' in value;
}

/** Tokens of GitHub and identity tokens of runs are valid for minutes: with more than this, they are refused now and then. */
const MOST_MS = 30_000;

export const clock: Check = {
  id: 'clock',
  title: 'Clock',
  async run(surroundings) {
    const { config, publicUrl } = surroundings;
    // A server on this machine has the same clock.
    const others = isLoopback(publicUrl.hostname) ? [] : [publicUrl];
    for (const url of [new URL(config.githubApiUrl), ...others]) {
      const answer = await ask(url, surroundings).catch(() => null);
      const theirs = Date.parse(answer?.headers.date ?? '');
      if (answer === null || Number.isNaN(theirs)) continue;
      const off = offsetOf({ theirs, ...answer });
      const seconds = Math.round(Math.abs(off) / 1_000);
      if (Math.abs(off) <= MOST_MS) return good(`It agrees with ${url.host}, by ${seconds} s.`);
      return failed(
        `It is ${seconds} s ${off > 0 ? 'ahead of' : 'behind'} ${url.host}.`,
        'Set the clock by NTP: "timedatectl set-ntp true", or chrony.',
      );
    }
    return warning(
      'It cannot be compared: neither GitHub nor PUBLIC_URL answers.',
      'Compare it with another clock.',
    );
  },
};

interface Moments {
  readonly theirs: number;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** How much this clock is ahead at least; negative when it is behind. The other one shows whole seconds, somewhere in the time of the request. */
export function offsetOf({ theirs, sentAt, answeredAt }: Moments): number {
  if (sentAt > theirs + 1_000) return sentAt - theirs - 1_000;
  if (answeredAt < theirs) return answeredAt - theirs;
  return 0;
}
