import { expect, test } from '@jest/globals';
import { isThrownAway } from '../../support/docker-images.js';
import { startOwnEngine } from '../../support/own-engine.js';
import { buildImages, playLoop } from '../plays/loop.js';

/** `LOOP_SEED` plays the choices of an earlier run again. */
const seed = Number(process.env['LOOP_SEED'] ?? Math.floor(Math.random() * 1_000_000));

/** Needs root, and the network namespace of a throw-away engine: CONTRIBUTING.md says how to start one. */
const testAlone = isThrownAway ? test : test.skip;

testAlone(
  `thirty environments come and go while server and engine are killed, and nothing of them is left (LOOP_SEED=${String(seed)})`,
  async () => {
    await buildImages();
    await using engine = await startOwnEngine();
    const count = await playLoop({ seed, environments: 30, atOnce: 4, engine });
    process.stderr.write(`The loop with the seed ${String(seed)}: ${JSON.stringify(count)}\n`);
    expect(count.live).toBeGreaterThan(0);
    expect(count.engineKills).toBeGreaterThan(0);
    expect(count.serverKills).toBeGreaterThan(count.engineKills);
  },
);
