import { type LocalOptions, type LocalWay, localUri } from './database.js';
import { nodeForEngine } from './engine/glibc.js';
import { type EngineOptions, type EngineProcess, startEngine } from './engine-process.js';

const RESTART_PAUSE_MS = 500;

/**
 * MongoDB's own engine as a process of ours. It is not run by mongodb-memory-server because its standard input ends with
 * this process, at once and even after `kill -9`, where that package looks every two seconds; and because the engine picks
 * its own port, which nobody can take in between.
 */
export const embeddedEngine: LocalWay = {
  engine: 'embedded',
  async start(options) {
    const node = await nodeForEngine(options).catch((error: Error) => error);
    if (node instanceof Error) return { missing: `the embedded engine does not run here: ${node.message}` };
    const { port, stop } = await keepRunning(
      { node, directory: options.directory, port: 0, env: options.env },
      options,
    );
    return { uri: localUri(port), way: `embedded engine, data in ${options.directory}`, stop };
  },
};

/** Starts the engine and, should it die (memory runs out, say), starts it again at the address the App already uses. */
async function keepRunning(
  engine: EngineOptions,
  { log, hold }: LocalOptions,
): Promise<{ port: number; stop(): Promise<void> }> {
  const first = await startEngine(engine);
  const again = { ...engine, port: first.port };
  const stopping = new AbortController();
  let current: EngineProcess | undefined = first;
  await hold(first.pid);
  const watch = async (running: EngineProcess): Promise<void> => {
    const how = await running.ended;
    current = undefined;
    if (stopping.signal.aborted) return;
    log(`database: the embedded engine ended (${how}); starting it again`);
    current = await startAgain(again, stopping.signal);
    if (!current) return;
    await hold(current.pid);
    await watch(current);
  };
  const watching = watch(first).catch((error: Error) =>
    log(`database: the embedded engine is gone: ${error.message}`),
  );
  return {
    port: first.port,
    async stop() {
      stopping.abort();
      await current?.stop();
      await watching;
    },
  };
}

async function startAgain(engine: EngineOptions, signal: AbortSignal): Promise<EngineProcess | undefined> {
  await new Promise((wake) => setTimeout(wake, RESTART_PAUSE_MS).unref());
  if (signal.aborted) return undefined;
  const running = await startEngine(engine);
  if (!signal.aborted) return running;
  await running.stop();
  return undefined;
}
