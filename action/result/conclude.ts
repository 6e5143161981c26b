import { messageOf } from '../../src/shared/errors.js';
import { createRedactor } from '../../src/shared/redact/redact.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import type { World } from '../http/world.js';
import { command, inert } from '../runner/commands.js';
import { type Result, whyOf } from './result.js';
import { renderSummary } from './summary.js';
import * as toolkit from './toolkit.js';

export interface Conclusion {
  readonly result: Result;
  /** Values that no output may contain. */
  readonly secrets: readonly string[];
  readonly logsUrl: string;
  readonly failOnError: boolean;
}

const FAILED: readonly string[] = [DEPLOYMENT_STATUS.failed, DEPLOYMENT_STATUS.cancelled];

type Machine = Pick<World, 'env' | 'print'>;

/** Writes outputs, job summary and one annotation; returns the exit code. Never throws: the preview is what it is without them. */
export async function conclude(
  world: Machine,
  { result: unsafe, secrets, logsUrl, failOnError }: Conclusion,
): Promise<number> {
  const result = redactResult(unsafe, secrets);
  await orWarn(world, { what: 'outputs', loss: 'Later steps may find them empty.' }, async () => {
    for (const [name, value] of Object.entries(toOutputs(result, logsUrl))) toolkit.setOutput(name, value);
  });
  await orWarn(world, { what: 'job summary', loss: 'The log has the same.' }, async () => {
    if (!world.env['GITHUB_STEP_SUMMARY']) return;
    await toolkit.summary.addRaw(renderSummary(result, logsUrl)).write();
  });
  const where = result.failedStage ? ` while ${result.failedStage}` : '';
  const title = `Preview: ${result.status}${where}`;
  if (result.status === DEPLOYMENT_STATUS.failed) toolkit.error(annotationOf(result), { title });
  else if (result.reason !== '') toolkit.notice(result.reason, { title });
  if (result.url !== '') world.print(inert(`Preview: ${result.url} (${result.status})`));
  return failOnError && FAILED.includes(result.status) ? 1 : 0;
}

interface WrittenPart {
  /** As it is named in a sentence: `job summary`. */
  readonly what: string;
  /** What that means for the workflow, as a sentence. */
  readonly loss: string;
}

/** The runner's files can be full, read-only or gone. That is worth a warning, and no reason to fail a job whose preview is live. */
async function orWarn(
  { print }: Machine,
  { what, loss }: WrittenPart,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    const reason = messageOf(error).replace(/\.$/, '');
    const title = `The ${what} could not be written`;
    print(command('warning', `${reason}. ${loss} The preview itself is not affected.`, { title }));
  }
}

export const OUTPUT_NAMES = [
  'preview-url',
  'url',
  'commit-url',
  'deployment-id',
  'environment',
  'status',
  'reason',
  'live',
  'logs-url',
  'expires-at',
  'bypass-token',
] as const;

export type OutputName = (typeof OUTPUT_NAMES)[number];

/** Every output is set in every case, also after a failure, so that later steps can rely on them. */
export function toOutputs(result: Result, logsUrl: string): Readonly<Record<OutputName, string>> {
  return {
    'preview-url': result.url,
    url: result.url,
    'commit-url': result.commitUrl,
    'deployment-id': result.deploymentId,
    environment: result.environment,
    status: result.status,
    reason: result.failedStage === null ? result.reason : `${result.failedStage} failed: ${whyOf(result)}`,
    live: String(result.live),
    'logs-url': logsUrl,
    'expires-at': result.expiresAt,
    'bypass-token': result.bypassToken,
  };
}

function annotationOf({ reason, cause }: Result): string {
  return cause === null ? reason : `${cause.line}\n${reason}`;
}

/** The same result without secrets. URLs stay as they are, because later steps use them. */
export function redactResult(result: Result, secrets: readonly string[]): Result {
  if (secrets.length === 0) return result;
  const { redact } = createRedactor(secrets);
  return {
    ...result,
    reason: redact(result.reason),
    notes: result.notes.map(redact),
    logTail: result.logTail.map(redact),
    cause: result.cause && {
      ...result.cause,
      line: redact(result.cause.line),
      excerpt: result.cause.excerpt.map(redact),
    },
  };
}
