import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { countNatively } from './coverage.js';
import { setGlobals } from './globals.js';

const require = createRequire(import.meta.url);
const circus = require('jest-circus/runner').default;
const hooks = require('node:async_hooks');
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');
const STATE = 'JEST_STATE_SYMBOL';
let suites = 0;

/** Jest's own runner, jest-circus, with Node's module loader in place of Jest's. */
export default async function runSuite(globalConfig, config, environment, runtime, path, send) {
  suites += 1;
  countNatively(runtime, { globalConfig, config });
  const native = {
    requireInternalModule: freshly,
    setGlobalsForRuntime: (globals) => setGlobals({ ...globals, jest: jestFor(environment) }),
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (file) => import(`${pathToFileURL(file).href}?suite=${suites}`),
  };
  const mixed = new Proxy(runtime, { get: (_, key) => native[key] ?? bound(runtime, key) });
  try {
    return await circus(globalConfig, config, environment, mixed, path, send);
  } finally {
    forgetState();
  }
}

/** The module that holds the state of a suite. */
function freshly(file) {
  Reflect.deleteProperty(require.cache, file);
  Reflect.deleteProperty(globalThis, EVENT_HANDLERS);
  const { AsyncLocalStorage } = hooks;
  hooks.AsyncLocalStorage = OneAtATime;
  try {
    return require(file);
  } finally {
    hooks.AsyncLocalStorage = AsyncLocalStorage;
  }
}

/**
 * Stands in for AsyncLocalStorage, by which jest-circus knows which test runs: here tests run one after the other. Each suite would leave a real
 * one behind, and Node does work for each of them at every promise, so each suite would make the next ones slower.
 */
class OneAtATime {
  #store;

  getStore() {
    return this.#store;
  }

  async run(store, callback) {
    const before = this.#store;
    this.#store = store;
    try {
      return await callback();
    } finally {
      this.#store = before;
    }
  }
}

function forgetState() {
  for (const symbol of Object.getOwnPropertySymbols(globalThis))
    if (symbol.description === STATE) Reflect.deleteProperty(globalThis, symbol);
}

function bound(target, key) {
  const value = target[key];
  return typeof value === 'function' ? value.bind(target) : value;
}

/** What of `jest` can be without its module loader; modules are not mocked here. */
function jestFor({ moduleMocker, fakeTimersModern: timers }) {
  return {
    fn: moduleMocker.fn.bind(moduleMocker),
    spyOn: moduleMocker.spyOn.bind(moduleMocker),
    restoreAllMocks: () => moduleMocker.restoreAllMocks(),
    useFakeTimers: (options) => timers.useFakeTimers(options),
    useRealTimers: () => timers.useRealTimers(),
    setSystemTime: (now) => timers.setSystemTime(now),
    advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
    advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
  };
}
