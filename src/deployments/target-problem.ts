import type { Environment } from '../environments/model.js';
import type { TargetPorts } from '../targets/target.js';
import { targetOptions } from './target-options.js';

type Ports = TargetPorts;

const MEND = 'in .github/preview.yml on the default branch, then re-run the workflow.';

/** Why this server cannot put the environment where it is asked to, with what to do; null when it can. Said before the build, not after it. */
export function targetProblem(
  { targets, defaultTarget }: Pick<Ports, 'targets' | 'defaultTarget'>,
  { environment, asked }: { environment: Environment; asked: string | undefined },
): string | null {
  const name = asked ?? environment.settings?.target?.name ?? defaultTarget;
  const target = targets.get(name);
  if (!target) {
    const known = [...targets.keys()].join(', ');
    const remedy = asked === undefined ? `Set "target" to one of them ${MEND}` : 'Ask for one of them.';
    return `There is no target "${name.slice(0, 40)}" on this server. It has: ${known}. ${remedy}`;
  }
  const options = target.options.safeParse(targetOptions(environment, name));
  if (options.success) return null;
  const [issue] = options.error.issues;
  const where = issue?.path.length ? ` (${issue.path.join('.').slice(0, 100)})` : '';
  return `The options of the target "${name}" are not valid${where}: ${issue?.message.slice(0, 200) ?? ''}. Mend them ${MEND}`;
}
