import { cleanLine } from '../../shared/text.js';
import type { Tools } from '../../shared/tools.js';
import type { DeploymentPorts, StoredDeployment } from '../store.js';
import { type FoundLine, readLines, searchLog } from './read.js';
import type { LogPorts, LogWords } from './store.js';

type Ports = DeploymentPorts & Pick<LogPorts, 'logs' | 'logWords'>;

/** The words of one log that the search knows: a log that has more is found by its first words and by how it ended. */
const WORDS = { each: 64, most: 5_000, ofEnd: 1_000 } as const;

/** What one search looks at: the newest deployments of those that have the words. */
const SEARCH = { candidates: 500, deployments: 20, linesEach: 5 } as const;

export interface FoundDeployment {
  readonly deployment: StoredDeployment;
  readonly inMessage: boolean;
  readonly lines: readonly FoundLine[];
}

/**
 * Deployments of a project whose commit message or log has this text, newest first. An index finds candidates by the words of the text;
 * then the text itself is looked for.
 */
export async function searchProject(
  ports: Ports,
  { projectId, text }: { projectId: string; text: string },
): Promise<readonly FoundDeployment[]> {
  const words = [...new Set(wordsOf(text))];
  if (words.length === 0) return [];
  const [byLog, byMessage] = await Promise.all([
    ports.logWords.find(projectId, words, SEARCH.candidates),
    ports.logWords.findByMessage(projectId, words, SEARCH.candidates),
  ]);
  const ids = [...new Set([...byLog, ...byMessage])].toSorted().toReversed().slice(0, SEARCH.deployments);
  const found: FoundDeployment[] = [];
  for (const id of ids) {
    const deployment = await ports.deployments.get(id);
    if (!deployment || deployment.deletedAt !== null || deployment.projectId !== projectId) continue;
    const inMessage = (deployment.commitMessage ?? '').toLowerCase().includes(text.toLowerCase());
    const lines = byLog.includes(id) ? await linesWith(ports, { deploymentId: id, text }) : [];
    if (inMessage || lines.length > 0) found.push({ deployment, inMessage, lines });
  }
  return found;
}

async function linesWith(
  { logs }: Ports,
  { deploymentId, text }: { deploymentId: string; text: string },
): Promise<readonly FoundLine[]> {
  const input = { deploymentId, after: 0, limit: SEARCH.linesEach, filter: {}, text };
  return (await searchLog(logs, input)).items;
}

/** Words as the text index of MongoDB divides them, in lower case. */
export function wordsOf(text: string): string[] {
  const words =
    cleanLine(text)
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+/gu) ?? [];
  return words.filter((word) => word.length > 1 && word.length <= WORDS.each);
}

/** How often the words of a log that goes on are read. */
const AGAIN_MS = 30_000;

const LOGS_AT_ONCE = 20;

/** Reads the words of logs that have new lines, so that the search finds them. Answers how many logs it read. */
export async function collectWords(
  ports: Ports & Pick<Tools, 'clock'>,
  { limit = LOGS_AT_ONCE }: { limit?: number } = {},
): Promise<number> {
  const now = ports.clock.now();
  const due = await ports.logWords.due(now, limit);
  for (const known of due) {
    const deployment = await ports.deployments.get(known.deploymentId);
    const over = !deployment || deployment.completedAt !== null;
    const added = await withNewWords(ports, known);
    const words = over && deployment ? withEnd(added, deployment) : added;
    await ports.logWords.save(words, over ? null : new Date(now.getTime() + AGAIN_MS));
  }
  return due.length;
}

async function withNewWords({ logs }: Ports, known: LogWords): Promise<LogWords> {
  const words = new Set(known.words);
  let { upTo } = known;
  for await (const lines of readLines(logs, { deploymentId: known.deploymentId, after: upTo })) {
    if (words.size >= WORDS.most) break;
    for (const { text, number } of lines) {
      upTo = number;
      for (const word of wordsOf(text)) words.add(word);
    }
  }
  return { ...known, upTo, words: [...words].slice(0, WORDS.most) };
}

/** How a deployment ended is searched for most. */
function withEnd(known: LogWords, { error, cause, logTail }: StoredDeployment): LogWords {
  const texts = [error ?? '', cause?.line ?? '', ...logTail];
  const words = new Set([...known.words, ...texts.flatMap(wordsOf).slice(0, WORDS.ofEnd)]);
  return { ...known, words: [...words] };
}
