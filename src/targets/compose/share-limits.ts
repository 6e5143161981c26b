import type { ComposeModel, ServiceModel } from './model.js';
import type { ComposeProblem } from './read.js';

/** What all services of a preview may use together. */
export interface ComposeBudget {
  readonly memoryBytes: number;
  readonly cpus: number;
}

export interface Share {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
}

/** The engine starts nothing with less. */
const LEAST_MEMORY = 16 * 1024 ** 2;
const LEAST_CPUS = 0.01;
const MOST_PIDS = 256;

/** Each service gets what it asks for, and the others share the rest equally. Problems say which line asks for too much. */
export function shareLimits(
  { services }: Pick<ComposeModel, 'services'>,
  budget: ComposeBudget,
): { readonly shares: ReadonlyMap<string, Share>; readonly problems: readonly ComposeProblem[] } {
  const all = [...services.values()];
  const memory = share(
    all.map(({ limits }) => limits.memoryBytes),
    { total: budget.memoryBytes, least: LEAST_MEMORY },
  );
  const cpus = share(
    all.map(({ limits }) => limits.cpus),
    { total: budget.cpus, least: LEAST_CPUS },
  );
  const problems = [
    ...(memory === null ? [tooMuch(all, { key: 'memoryBytes', total: showMemory(budget.memoryBytes) })] : []),
    ...(cpus === null ? [tooMuch(all, { key: 'cpus', total: `${String(budget.cpus)} CPUs` })] : []),
  ];
  const shares = [...services].map(([name, { limits }], index): [string, Share] => [
    name,
    {
      memoryBytes: Math.floor(memory?.[index] ?? 0),
      cpus: Math.floor((cpus?.[index] ?? 0) * 1_000) / 1_000,
      pids: Math.min(MOST_PIDS, limits.pids ?? MOST_PIDS),
    },
  ]);
  return { shares: new Map(shares), problems };
}

/** Null when there is not enough for all. */
function share(
  asked: readonly (number | undefined)[],
  { total, least }: { readonly total: number; readonly least: number },
): readonly number[] | null {
  const given = asked.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const others = asked.filter((one) => one === undefined).length;
  const each = others === 0 ? 0 : (total - given) / others;
  const isEnough =
    given <= total &&
    (others === 0 || each >= least) &&
    asked.every((one) => one === undefined || one >= least);
  return isEnough ? asked.map((one) => one ?? each) : null;
}

interface Excess {
  readonly key: 'memoryBytes' | 'cpus';
  readonly total: string;
}

function tooMuch(all: readonly ServiceModel[], { key, total }: Excess): ComposeProblem {
  const asking = all.find(({ limits }) => limits[key] !== undefined);
  const what = key === 'memoryBytes' ? 'memory' : 'cpu';
  return {
    line: asking?.line ?? 1,
    message: `has services that need more than the ${total} of a preview, or too little for each of them; ask for less under "deploy.resources.limits", or raise "resources.${what}" in .github/preview.yml on the default branch`,
  };
}

function showMemory(bytes: number): string {
  return `${String(Math.floor(bytes / 1024 ** 2))} MiB`;
}
