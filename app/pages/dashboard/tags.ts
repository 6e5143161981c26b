import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { showDuration } from '../../../src/shared/time.js';
import { projectRoot } from '../../config/project-root.js';
import { escapeHtml, type HtmlHelpers } from '../../render.js';
import type { Assets } from './assets.js';

/** What the templates of the dashboard may call. */
export function createTags({ urlOf }: Pick<Assets, 'urlOf'>): HtmlHelpers {
  const icons = readIcons();
  return {
    /** `{{asset "app.js"}}`: the address of a file of templates/assets. */
    asset: (file) => escapeHtml(urlOf(textOf(file))),
    /** `{{icon "globe"}}`: a picture that only decorates. */
    icon: (name) => drawIcon(icons, textOf(name)),
    /** `{{when time}}`: "3 minutes ago", with the exact time in the reader's zone where the pointer rests; without scripts, in UTC. */
    when: (time) => showMoment(textOf(time)),
    /** `{{lasted seconds}}`: "1 min 20 s". */
    lasted: (seconds) => escapeHtml(durationOf(Number(seconds))),
    /** `{{short sha}}`: the first seven digits. */
    short: (sha) => escapeHtml(textOf(sha).slice(0, 7)),
    /** `{{bytes count}}`: "1.2 MB". */
    bytes: (count) => escapeHtml(bytesOf(Number(count))),
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`A helper of a page was given ${typeof value} where it shows text.`);
}

const Icons = z.object({ icons: z.record(z.string(), z.string()) });

function readIcons(): Readonly<Record<string, string>> {
  const text = readFileSync(join(projectRoot(), 'templates/pages/icons.json'), 'utf8');
  return Icons.parse(JSON.parse(text)).icons;
}

function drawIcon(icons: Readonly<Record<string, string>>, name: string): string {
  const drawn = icons[name];
  if (drawn === undefined) throw new Error(`There is no icon ${name} in templates/pages/icons.json.`);
  return `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${drawn}</svg>`;
}

function showMoment(time: string): string {
  const iso = escapeHtml(time);
  const text = time.replace('T', ' ').replace(/(:\d\d)(:\d\d)?(\.\d+)?Z$/, '$1 UTC');
  return `<relative-time datetime="${iso}" title="${escapeHtml(text)}">${escapeHtml(text)}</relative-time>`;
}

export function durationOf(seconds: number): string {
  return showDuration(seconds * 1_000);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function bytesOf(count: number): string {
  const step = count < 1_000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1_000 ** step;
  return `${step === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(1)} ${UNITS[step] ?? 'B'}`;
}
