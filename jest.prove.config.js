import config from './jest.config.js';

/** The long forms of tests whose short forms are part of every run: minutes each, one after the other. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/**/*.prove.ts'],
  testTimeout: 1_800_000,
  maxWorkers: 1,
};
