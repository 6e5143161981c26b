import { action } from './action/bench.js';
import type { Bench } from './harness/setting.js';
import { containers } from './containers/bench.js';
import { logs } from './logs/bench.js';
import { lists } from './lists/bench.js';
import { pages } from './pages/bench.js';
import { proxy } from './proxy/bench.js';
import { registry } from './registry/bench.js';
import { serving } from './serving/bench.js';
import { upload } from './upload/bench.js';
import { visible } from './visible/bench.js';
import { webhooks } from './webhooks/bench.js';

/** Every benchmark by the name that `npm run bench -- <name>` takes. */
export const BENCHES: ReadonlyMap<string, Bench> = new Map(
  Object.entries({
    webhooks,
    visible,
    upload,
    action,
    serving,
    logs,
    lists,
    pages,
    registry,
    proxy,
    containers,
  }),
);
