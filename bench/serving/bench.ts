import { alternate, type Figures } from '../harness/alternate.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { ask } from './ask.js';
import { CASES, type Case } from './cases.js';
import { CONSTANT, NGINX, OURS, rowsOf, SIRV } from './rows.js';
import { constantReply, nginx, ours, sirvServer, type Served, type StartServer } from './servers.js';
import { writeSite, type ServedSite } from './site.js';
import { createVisit, type Visit } from './wrk.js';

export const serving: Bench = {
  summary: 'pages of a preview a second, against sirv and nginx (P11)',
  rounds: { full: 5, short: 1 },
  run,
};

interface Contender {
  readonly start: StartServer;
  readonly needs?: string;
}

const CONTENDERS: Readonly<Record<string, Contender>> = {
  [OURS]: { start: ours },
  [SIRV]: { start: sirvServer },
  [NGINX]: { start: nginx, needs: 'nginx' },
  [CONSTANT]: { start: constantReply },
};

async function run(setting: Setting): Promise<Outcome> {
  const site = await writeSite(setting);
  const served = new Map<string, Served>();
  for (const [name, { start, needs }] of Object.entries(CONTENDERS)) {
    if (needs === undefined || setting.find(needs) !== null)
      served.set(name, await start(setting, site.directory));
  }
  const visit = await createVisit(setting);
  const samples = await alternate({
    names: [...served.keys()],
    rounds: setting.rounds,
    async measure(name, round) {
      const server = served.get(name) ?? { port: 0, host: '' };
      const figures = await measure(setting, { name, server, site, visit });
      setting.say(`round ${round + 1}: ${name}: ${Math.round(figures['small'] ?? 0)}/s`);
      return figures;
    },
  });
  return { rows: rowsOf(samples), notes: NOTES };
}

interface Measured {
  readonly name: string;
  readonly server: Served;
  readonly site: ServedSite;
  readonly visit: Visit;
}

const SECONDS = 1;

async function measure({ size }: Setting, { name, server, site, visit }: Measured): Promise<Figures> {
  const figures: Record<string, number> = {};
  const wanted = CASES.filter((one) =>
    name === CONSTANT ? one.id === 'small' : size === 'full' || one.short,
  );
  for (const one of wanted) {
    const { headers, addresses } = await prepare(one, { server, site });
    const visits = { port: server.port, addresses, headers, seconds: SECONDS };
    if (size === 'full') await visit(visits);
    const { perSecond, p99 } = await visit(visits);
    figures[one.id] = perSecond;
    figures[`${one.id}: p99`] = p99;
  }
  return figures;
}

/** Asks once, so that nobody is measured for the wrong answer, and learns the ETag that a browser would send. */
async function prepare(one: Case, { server, site }: { server: Served; site: ServedSite }) {
  const addresses = one.addresses(site);
  const headers: Record<string, string> = { Host: server.host, ...one.headers };
  const first = await ask(server, { address: addresses[0] ?? '/', headers });
  const { status, headers: answered } = first;
  if (status !== 200)
    throw new Error(`${one.id}: ${server.host}${addresses[0]} was answered with ${status}.`);
  if (one.encoding !== undefined && answered['content-encoding'] !== one.encoding) {
    throw new Error(
      `${one.id}: ${server.host} sent ${String(answered['content-encoding'])} and not ${one.encoding}.`,
    );
  }
  if (one.revalidates) headers['if-none-match'] = String(answered.etag);
  return { addresses, headers };
}

const NOTES = [
  'One core for the server, 64 connections from wrk (autocannon where wrk is not installed) on the other; every server is warmed up for a second before each measurement. Files are in memory.',
  'Ours is the whole App: the preview is found by its host name, and the files were uploaded to it as the Action does.',
  'nginx is the one of Debian with one worker; it and sirv get the brotli file ready-made, ours has made its own.',
];
