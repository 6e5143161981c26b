import type { CheckReport, CommentReport } from '../../src/reports/reporter.js';
import { loadTemplates } from '../render.js';
import { createRenderCheck, type CheckText } from './report/check-text.js';
import { createRenderComment } from './report/comment-text.js';

/** What GitHub is shown, as Markdown. */
export interface Views {
  check(report: CheckReport): CheckText;
  comment(report: CommentReport): string;
}

/** Reads the templates once; `directory` is for those who keep their own. */
export function createViews(directory?: string): Views {
  const load = loadTemplates(directory);
  return { check: createRenderCheck(load), comment: createRenderComment(load) };
}
