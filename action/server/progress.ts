import type { Client } from '../../src/contract/client.js';
import {
  recordProgress,
  type ProgressAnswer,
  type RecordProgressBody,
  type StageBody,
} from '../../src/contract/deployments.js';
import type { StageName } from '../../src/shared/status/stages.js';
import { STAGE_STATUS, type StageStatus } from '../../src/shared/status/words.js';

export interface Progress {
  begin(name: StageName): void;
  end(name: StageName, ended: { readonly status: StageStatus; readonly error: string | null }): void;
  stages(): readonly StageBody[];
  /** Waits for the request in flight, then reports the remaining stages and the outcome. */
  finish(
    last: Pick<RecordProgressBody, 'outcome' | 'url' | 'healthPath' | 'healthTimeoutMs' | 'healthStatus'>,
    client?: Client,
  ): Promise<ProgressAnswer>;
}

interface ProgressInput {
  readonly client: Client;
  readonly id: string;
  readonly generation: number;
  readonly now: () => Date;
  /** Aborted at the end of the run: after that only `finish` sends. */
  readonly signal: AbortSignal;
  /** Called for a report that the server refused or did not get. */
  readonly onFailure: (error: unknown) => void;
  /** The longest time between two reports. */
  readonly beatMs?: number;
}

/** Short stages are reported together. */
const PAUSE_MS = 200;
/** The server ends a run without a report for 15 minutes (`src/reconcile/stuck.ts`); a build can be silent for longer. */
const BEAT_MS = 60_000;

/** Reports the stages while the run goes on: one request at a time, each with the newest state. The run never waits for it. */
export function createProgress(input: ProgressInput): Progress {
  const { client, id, generation, now, signal, onFailure, beatMs = BEAT_MS } = input;
  const stages = new Map<StageName, StageBody>();
  let changed = false;
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<void> | null = null;

  const send = async (): Promise<void> => {
    while (changed) {
      changed = false;
      const body = { generation, stages: [...stages.values()] };
      await client(recordProgress, { params: { id }, body }).catch(onFailure);
    }
    sending = null;
  };

  const sendIfChanged = (): void => {
    if (changed) sending ??= send();
  };

  const beat = setInterval(() => {
    changed = true;
    sendIfChanged();
  }, beatMs).unref();

  const stop = (): void => {
    clearInterval(beat);
    if (timer) clearTimeout(timer);
    timer = null;
    changed = false;
  };
  signal.addEventListener('abort', stop, { once: true });

  const later = (): void => {
    timer = null;
    sendIfChanged();
  };

  const set = (stage: StageBody): void => {
    stages.set(stage.name, stage);
    changed = true;
    if (sending === null) timer ??= setTimeout(later, PAUSE_MS);
  };

  return {
    begin: (name) =>
      set({
        name,
        status: STAGE_STATUS.inProgress,
        startedAt: now().toISOString(),
        completedAt: null,
        error: null,
      }),
    end: (name, { status, error }) => {
      const startedAt = stages.get(name)?.startedAt ?? null;
      set({
        name,
        status,
        startedAt,
        completedAt: now().toISOString(),
        error: error?.slice(0, 4_000) ?? null,
      });
    },
    stages: () => [...stages.values()],
    finish: async (last, lastClient = client) => {
      stop();
      await sending;
      const body = { generation, stages: [...stages.values()], ...last };
      return lastClient(recordProgress, { params: { id }, body });
    },
  };
}
