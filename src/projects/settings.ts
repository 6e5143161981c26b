import { z } from 'zod';
import { gitRef } from '../settings/fields.js';
import { sentenceOf } from '../settings/messages.js';
import { didYouMean, isRecord } from '../settings/problem.js';
import { BUILD, PLACE, POLICY } from '../settings/schema.js';
import type { KeptSettings } from '../settings/settings.js';
import { VitrineError } from '../shared/errors.js';

/** Settings of one project as people gave them: valid, in camel case, without defaults. */
export type KeptProjectSettings = Readonly<Record<string, unknown>>;

/** Variables have an API of their own, with layers and secrets. */
const BUILD_KEYS = withoutVariables(BUILD);

function withoutVariables({ env: _env, ...keys }: typeof BUILD) {
  return keys;
}

/** Known to the server alone: a file cannot say it, because each of its branches would say something else. */
const OWN = {
  /** The branch that the project is released from; absent: the default branch of the repository. */
  branch: gitRef,
  /** Patterns of branches that are to be deployed on every push. */
  autoDeployBranches: z.array(gitRef).max(20, 'has more than 20 branches'),
};

let schema: z.ZodObject | undefined;

/** Every setting of a project. All of them may be absent. */
export function projectSettings(): z.ZodObject {
  return (schema ??= z.strictObject({ ...POLICY, ...BUILD_KEYS, ...PLACE, ...OWN }).partial());
}

export const SETTING_NAMES: readonly string[] = Object.keys({ ...POLICY, ...BUILD_KEYS, ...PLACE, ...OWN });

/**
 * Applies a merge patch (RFC 7396): groups are merged key by key, and null takes a value away. Throws `bad_request` with every field
 * that is wrong and what it must be.
 */
export function patchSettings(
  stored: KeptProjectSettings,
  patch: Readonly<Record<string, unknown>>,
): KeptProjectSettings {
  const unknown = Object.keys(patch).filter((key) => !SETTING_NAMES.includes(key));
  const merged = mergePatch(stored, patch);
  const problems = [...unknown.map(unknownSetting), ...problemsOf(merged, unknown)];
  if (problems.length === 0) return merged;
  throw new VitrineError('bad_request', `${problems.slice(0, MAX_SHOWN).join('; ')}.`);
}

const MAX_SHOWN = 5;

function unknownSetting(key: string): string {
  const meant = didYouMean(key, SETTING_NAMES);
  return `settings.${key.slice(0, 60)} is not a known setting${meant ? `: did you mean ${meant}?` : ': remove it'}`;
}

function problemsOf(settings: KeptProjectSettings, reported: readonly string[]): string[] {
  const checked = projectSettings().safeParse(settings);
  if (checked.success) return [];
  return checked.error.issues.flatMap((issue) => {
    const at = ['settings', ...issue.path.map(String)].join('.');
    if (issue.code !== 'unrecognized_keys') return `${at} ${sentenceOf(issue, settings)}`;
    const others = issue.keys.filter((key) => issue.path.length > 0 || !reported.includes(key));
    return others.map((key) => `${at}.${key.slice(0, 60)} is not a known setting: remove it`);
  });
}

function mergePatch(
  stored: KeptProjectSettings,
  patch: Readonly<Record<string, unknown>>,
): KeptProjectSettings {
  const merged = new Map(Object.entries(stored));
  for (const [key, value] of Object.entries(patch)) {
    const before = merged.get(key);
    if (value === null) merged.delete(key);
    else if (isRecord(value) && key !== 'target')
      merged.set(key, mergePatch(isRecord(before) ? before : {}, value));
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

/** What lies beneath the settings file of its repository. */
export function beneathFile({
  name,
  settings,
}: {
  readonly name: string;
  readonly settings: KeptProjectSettings;
}): KeptSettings {
  const { root, paths } = settings;
  const inFile = Object.entries(settings).filter(([key]) => !(key in OWN) && !(key in PLACE));
  return {
    name,
    values: Object.fromEntries(inFile),
    ...(typeof root === 'string' && { root: PLACE.root.parse(root) }),
    ...(Array.isArray(paths) && { paths: PLACE.paths.parse(paths) }),
  };
}
