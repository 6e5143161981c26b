import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

/**
 * Suites run in the realm of their worker, not in one of their own: packages and our modules are loaded once for all suites of a
 * worker. That is half of what a suite costs, and our modules keep no state. Here is put back what a suite may have changed.
 */
export default class NativeEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null;
  #env = { ...process.env };
  #console = globalThis.console;
  #process = { exit: process.exit, getBuiltinModule: process.getBuiltinModule };

  constructor({ projectConfig: config }) {
    this.fakeTimersModern = new ModernFakeTimers({ config, global: globalThis });
  }

  async setup() {
    process.getBuiltinModule = this.#process.getBuiltinModule;
    // Jest's maps are those of its own transforms; Node has ours.
    delete Error.prepareStackTrace;
  }

  async teardown() {
    this.fakeTimersModern.dispose();
    globalThis.console = this.#console;
    Object.assign(process, this.#process);
    for (const name of Object.keys(process.env))
      if (!(name in this.#env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, this.#env);
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return null;
  }
}
