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

/** The settings that no file can say. */
export const SERVER_ONLY: readonly string[] = Object.keys(OWN);

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
  const found = problemsOf(merged, unknown).map(({ path, problem }) => `settings.${path} ${problem}`);
  const problems = [...unknown.map(unknownSetting), ...found];
  if (problems.length === 0) return merged;
  throw new VitrineError('bad_request', `${problems.slice(0, MAX_SHOWN).join('; ')}.`);
}

/** What is wrong with a setting: its path, such as `limits.ttl`, and the end of a sentence about it. */
export interface SettingProblem {
  readonly path: string;
  readonly problem: string;
}

/** The same, and instead of an error everything that is wrong, each with its place. */
export function tryPatch(
  stored: KeptProjectSettings,
  patch: Readonly<Record<string, unknown>>,
): { readonly settings: KeptProjectSettings; readonly problems: readonly SettingProblem[] } {
  const settings = mergePatch(stored, patch);
  return { settings, problems: problemsOf(settings, []) };
}

const MAX_SHOWN = 5;

function unknownSetting(key: string): string {
  const meant = didYouMean(key, SETTING_NAMES);
  return `settings.${key.slice(0, 60)} is not a known setting${meant ? `: did you mean ${meant}?` : ': remove it'}`;
}

function problemsOf(settings: KeptProjectSettings, reported: readonly string[]): SettingProblem[] {
  const checked = projectSettings().safeParse(settings);
  if (checked.success) return [];
  return checked.error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys')
      return { path: path.join('.'), problem: sentenceOf(issue, settings) };
    const others = issue.keys.filter((key) => path.length > 0 || !reported.includes(key));
    return others.map((key) => ({
      path: [...path, key.slice(0, 60)].join('.'),
      problem: 'is not a known setting: remove it',
    }));
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
