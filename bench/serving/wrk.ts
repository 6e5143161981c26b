import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Setting } from '../harness/setting.js';

export interface Visits {
  readonly port: number;
  /** One address, or many that are asked for in turn. */
  readonly addresses: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds: number;
}

export interface VisitResult {
  readonly perSecond: number;
  readonly p99: number;
}

export type Visit = (visits: Visits) => Promise<VisitResult>;

export const CONNECTIONS = 64;

/** `wrk` where it is installed, because it needs less than the servers it drives; else autocannon in a process of its own. */
export async function createVisit(setting: Setting): Promise<Visit> {
  const command = setting.find('wrk');
  return command === null ? visitWithAutocannon(setting) : visitWithWrk(setting, command);
}

async function visitWithWrk({ scratch, children }: Setting, command: string): Promise<Visit> {
  const folder = await scratch.memory('wrk');
  return async ({ port, addresses, headers, seconds }) => {
    const script = join(folder, 'addresses.lua');
    await writeFile(script, luaFor(addresses));
    const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const args = [
      '-t1',
      `-c${CONNECTIONS}`,
      `-d${seconds}s`,
      '--latency',
      ...given,
      '-s',
      script,
      `http://127.0.0.1:${port}/`,
    ];
    const program = children.program(command, { args, core: 'beside' });
    const code = await program.ended;
    return readWrk(code, program.output());
  };
}

/** Requests are made before the first one is sent. */
function luaFor(addresses: readonly string[]): string {
  const list = addresses.map((address) => JSON.stringify(address)).join(',\n');
  return `local addresses = {${list}}
local requests, at = {}, 0
function init()
  for index, address in ipairs(addresses) do requests[index] = wrk.format("GET", address) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`;
}

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

export function readWrk(code: number, output: string): VisitResult {
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const [, p99, unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  const refused = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(output)?.[0];
  if (code !== 0 || refused !== undefined || !(perSecond > 0)) throw new Error(`wrk: ${refused ?? output}`);
  return { perSecond, p99: Number(p99) * (MS[unit] ?? Number.NaN) };
}

const Answer = z.object({ perSecond: z.number(), p99: z.number(), failed: z.number() });

async function visitWithAutocannon({ children }: Setting): Promise<Visit> {
  const child = await children.start('serving/autocannon/main.js', { core: 'beside' });
  return async (visits) => {
    const { failed, ...result } = await child.ask({ question: 'visit', given: visits, schema: Answer });
    if (failed > 0) throw new Error(`autocannon: ${failed} requests failed.`);
    return result;
  };
}
