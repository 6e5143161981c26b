import { VitrineError } from '../../../shared/errors.js';
import type { ServiceSettings } from '../../../shared/services.js';
import type { Run } from '../../target.js';
import type { EngineContainer } from '../engine.js';
import type { KindParts } from '../kind.js';
import { LABEL } from '../resource.js';
import { accessTo, findDatabase, titleOf, waitFor, withVariables } from './databases.js';
import { keysIn, serviceIn } from './kinds.js';
import { SERVICE_LABEL } from './spec.js';
import { startDatabase } from './wait.js';

/** The databases that a program was made for. */
export function servicesOf({ labels }: Pick<EngineContainer, 'labels'>): readonly ServiceSettings[] {
  return keysIn(labels[SERVICE_LABEL.set]).flatMap((key) => serviceIn(key) ?? []);
}

/** Starts the databases of a program again, and waits for them. What it answers has their variables, for what runs beside the program. */
export async function wakeDatabases(
  parts: KindParts,
  program: Pick<EngineContainer, 'labels'>,
  run: Run,
): Promise<Run> {
  const slug = program.labels[LABEL.environment] ?? '';
  const started: { readonly service: ServiceSettings; readonly container: EngineContainer }[] = [];
  for (const service of servicesOf(program)) {
    const container = await findDatabase(parts, { slug, service });
    if (container === null)
      throw new VitrineError(
        'not_found',
        `The database ${titleOf(service)} of this preview is gone: deploy it again.`,
      );
    await startDatabase(parts.engine, container.id);
    started.push({ service, container });
  }
  const within = withVariables(
    run,
    started.map(({ service, container }) => accessTo(service, container)),
  );
  for (const one of started) await waitFor(parts, one, within);
  return within;
}
