import { D } from '../../src/shared/status/words.js';
import type { World } from '../http/world.js';
import { inert } from '../runner/commands.js';
import { toOutputs } from './outputs.js';
import { redactResult } from './redact-result.js';
import type { Result } from './result.js';
import { renderSummary } from './summary.js';
import * as toolkit from './toolkit.js';

export interface Conclusion {
  readonly result: Result;
  /** What must not be told, wherever it turns up. */
  readonly secrets: readonly string[];
  readonly logsUrl: string;
  readonly failOnError: boolean;
}

const FAILED: readonly string[] = [D.failed, D.cancelled];

/** Outputs, job summary, one annotation, and the exit code. */
export async function conclude(
  world: Pick<World, 'env' | 'print'>,
  { result: raw, secrets, logsUrl, failOnError }: Conclusion,
): Promise<number> {
  const result = redactResult(raw, secrets);
  const outputs = toOutputs(result, logsUrl);
  for (const [name, value] of Object.entries(outputs)) toolkit.setOutput(name, value);
  if (world.env['GITHUB_STEP_SUMMARY']) await toolkit.summary.addRaw(renderSummary(result, logsUrl)).write();
  const where = result.failedStage ? ` while ${result.failedStage}` : '';
  const title = `Preview: ${result.status}${where}`;
  if (result.status === D.failed) toolkit.error(result.reason, { title });
  else if (result.reason !== '') toolkit.notice(result.reason, { title });
  if (result.url !== '') world.print(inert(`Preview: ${result.url} (${result.status})`));
  return failOnError && FAILED.includes(result.status) ? 1 : 0;
}
