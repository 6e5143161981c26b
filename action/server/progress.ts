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
  /** Waits for what is on its way, then reports the rest and the end. */
  finish(last: Pick<RecordProgressBody, 'outcome' | 'url'>, client?: Client): Promise<ProgressAnswer>;
}

interface ProgressInput {
  readonly client: Client;
  readonly id: string;
  readonly generation: number;
  readonly now: () => Date;
  /** Nothing is sent by itself any more once this is aborted. */
  readonly signal: AbortSignal;
  /** A report that the server refused, or that never arrived. */
  readonly onFailure: (error: unknown) => void;
  /** How long the server hears nothing at most. */
  readonly beatMs?: number;
}

/** Stages that are over in a moment travel together. */
const PAUSE_MS = 200;
/** The server gives up who is silent for a quarter of an hour (`src/reconcile/stuck.ts`), and a build may well print nothing for that long. */
const BEAT_MS = 60_000;

/** Reports stages while the work goes on: one request at a time, always with the newest state, so that nothing waits for it. */
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

  const go = (): void => {
    if (changed) sending ??= send();
  };

  const beat = setInterval(() => {
    changed = true;
    go();
  }, beatMs).unref();

  const hush = (): void => {
    clearInterval(beat);
    if (timer) clearTimeout(timer);
    timer = null;
    changed = false;
  };
  signal.addEventListener('abort', hush, { once: true });

  const later = (): void => {
    timer = null;
    go();
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
    finish: async (last, other = client) => {
      hush();
      await sending;
      const body = { generation, stages: [...stages.values()], ...last };
      return other(recordProgress, { params: { id }, body });
    },
  };
}
