import {
  ADMIN,
  type administrationPages as contract,
} from '../../../../src/contract/dashboard/administration.js';
import { LIVE } from '../../../../src/contract/dashboard/previews.js';
import type { LeakView } from '../../../../src/contract/targets.js';
import type { InstanceHandlers } from '../../../api/administration/instance.js';
import { configurationHandlers } from '../../../api/configuration.js';
import type { Handlers } from '../../../api/handler.js';
import { targetHandlers } from '../../../api/targets.js';
import { perform } from '../call.js';
import { addressWith } from '../present.js';
import type { Shell } from '../shell.js';
import { type StartWatch, streamOf } from '../stream.js';
import { durationOf } from '../tags.js';
import { type HealthModel, healthOf, healthVersion, type LimitsModel, limitsOf } from './instance.js';
import { auditPage, usersPages } from './people.js';
import { tabbed } from './tabs.js';

type Pages = Handlers<typeof contract>;

interface Parts {
  readonly instance: InstanceHandlers;
  readonly watch: StartWatch;
}

export function administrationPages(shell: Shell, parts: Parts): Pages {
  return {
    ...instancePages(shell, parts),
    ...recordPages(shell),
    ...usersPages(tabbed(shell, 'admin-users')),
    ...auditPage(tabbed(shell, 'admin-audit')),
  };
}

interface MigrationsModel {
  readonly version: number;
  readonly migrations: readonly {
    readonly version: number;
    readonly name: string;
    readonly appliedAt: string;
    readonly took: string;
  }[];
}

/** Every part is asked for each look, the container engine too. */
const LOOK_EVERY_MS = 5_000;

function instancePages(
  shell: Shell,
  { instance: { getInstance }, watch }: Parts,
): Pick<Pages, 'showInstance' | 'watchInstance' | 'showLimits' | 'showMigrations'> {
  const showHealth = tabbed<HealthModel>(shell, 'admin-health');
  const showLimits = tabbed<LimitsModel>(shell, 'admin-limits');
  const showMigrations = tabbed<MigrationsModel>(shell, 'admin-migrations');
  return {
    async showInstance(ports, input) {
      const view = await perform(getInstance, { ports, input });
      const live = addressWith(`${LIVE}${ADMIN}`, { from: healthVersion(view) });
      return showHealth(ports, input, { title: 'Health', live, model: healthOf(view, ports.clock.now()) });
    },
    async watchInstance(ports, input) {
      const read = async () => healthVersion(await perform(getInstance, { ports, input }));
      const { from } = input.query;
      return streamOf(watch, input, { key: 'instance', from, read, everyMs: LOOK_EVERY_MS });
    },
    async showLimits(ports, input) {
      const view = await perform(getInstance, { ports, input });
      return showLimits(ports, input, { title: 'Limits', model: limitsOf(view) });
    },
    async showMigrations(ports, input) {
      const { migrations } = await perform(getInstance, { ports, input });
      const applied = migrations.filter(({ appliedAt }) => appliedAt !== null);
      const model = {
        version: applied.at(-1)?.version ?? 0,
        migrations: migrations
          .map(({ version, name, appliedAt, tookMs }) => ({
            ...{ version, name, appliedAt: appliedAt ?? '' },
            took: tookMs === null ? '' : durationOf(tookMs / 1_000),
          }))
          .toReversed(),
      };
      return showMigrations(ports, input, { title: 'Migrations', model });
    },
  };
}

interface LeaksModel {
  readonly leaks: readonly {
    readonly target: string;
    readonly why: string;
    readonly namespace: string;
    readonly url: string;
    readonly since: string;
    readonly handle: string;
  }[];
}

interface KeysModel {
  readonly keys: readonly {
    readonly id: string;
    readonly documents: number;
    readonly says: string;
    readonly badge: { readonly label: string; readonly tone: string };
  }[];
}

function recordPages(shell: Shell): Pick<Pages, 'showLeaks' | 'showKeys'> {
  const showLeaks = tabbed<LeaksModel>(shell, 'admin-leaks');
  const showKeys = tabbed<KeysModel>(shell, 'admin-keys');
  return {
    async showLeaks(ports, input) {
      const { items } = await perform(targetHandlers.listLeaks, { ports, input });
      return showLeaks(ports, input, { title: 'Leaks', model: { leaks: items.map(leakOf) } });
    },
    async showKeys(ports, input) {
      const { items } = await perform(configurationHandlers.listEncryptionKeys, { ports, input });
      return showKeys(ports, input, { title: 'Keys', model: { keys: items.map(keyOf) } });
    },
  };
}

const WHY = {
  unnamed:
    'No preview names it: the server ended after it had made this, and before it wrote that down. It is removed by itself within five minutes; look here again when it stays.',
  abandoned:
    'No workflow run removed it in 14 days, so its preview ended without it. Remove it by hand, with what is said beside it.',
} as const;

function leakOf({ target, kind, namespace, url, since, handle }: LeakView): LeaksModel['leaks'][number] {
  return {
    ...{ target, why: WHY[kind], namespace: namespace ?? '', url: url ?? '', since: since ?? '' },
    handle: JSON.stringify(handle, null, 2) ?? '',
  };
}

interface KeyUse {
  readonly id: string;
  readonly current: boolean;
  readonly known: boolean;
  readonly documents: number;
}

function keyOf({ id, current, known, documents }: KeyUse): KeysModel['keys'][number] {
  if (!known)
    return {
      ...{ id, documents, badge: { label: 'Missing', tone: 'bad' } },
      says: 'The server does not have it, and cannot read what it protects. Add it to ENCRYPTION_KEYS again.',
    };
  if (current)
    return {
      ...{ id, documents, badge: { label: 'Current', tone: 'good' } },
      says: 'Everything new is encrypted with it.',
    };
  const isFree = documents === 0;
  return {
    ...{ id, documents, badge: { label: 'Older', tone: 'neutral' } },
    says: isFree
      ? 'Nothing needs it any more: it can be taken out of ENCRYPTION_KEYS.'
      : 'The server brings what it protects under the current key, by itself. Keep it until nothing needs it.',
  };
}
