import type { AuditPorts } from '../people/audit-log.js';
import type { EndingRule } from '../pull-requests/decide/rules.js';
import { teardownPatch } from './apply-decision.js';
import { changeEnvironment } from './change.js';
import { BY_API, BY_SERVER, SERVER_ACTOR, type StepSource } from './history.js';
import type { EnvironmentPorts, StoredEnvironment } from './store.js';

type Ports = EnvironmentPorts & AuditPorts;

interface DestroyRequest {
  readonly environmentId: string;
  /** Who asked: a login, an operator's token name, or `vitrine` itself. */
  readonly actor: string;
  readonly rule: EndingRule;
  readonly detail: string;
  /** Where the request came from; the API unless it is said, or the server itself asks. */
  readonly source?: StepSource | undefined;
  /** What must still be true when it is written: another writer may have changed it since it was read. */
  readonly onlyIf?: (seen: StoredEnvironment) => boolean;
}

/** Marks an environment for removal; the teardown reconciler removes it. Safe to repeat. */
export async function destroyEnvironment(ports: Ports, request: DestroyRequest): Promise<StoredEnvironment> {
  const { environmentId, actor, rule, detail, onlyIf = () => true } = request;
  const source = request.source ?? (actor === SERVER_ACTOR ? BY_SERVER : BY_API);
  let marked = false;
  const environment = await changeEnvironment(ports, {
    id: environmentId,
    plan: (seen) => {
      const patch = onlyIf(seen) ? teardownPatch(seen) : {};
      marked = patch.status !== undefined;
      if (!marked) return null;
      return {
        patch: { ...patch, decision: { action: 'destroy', rule, detail } },
        due: ['report', 'teardown'],
        step: { action: 'destroy', rule, detail, actor, source },
      };
    },
  });
  if (marked) await ports.audit.record({ actor, action: 'destroy', subject: environment.slug, detail });
  return environment;
}
