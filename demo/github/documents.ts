/** The fields of GitHub's documents that the emulator itself reads; everything else passes through untouched. */
import { z } from 'zod';

export type Json = Record<string, unknown>;

export const accountSchema = z.looseObject({ login: z.string(), id: z.number(), type: z.string() });
export const repositorySchema = z.looseObject({
  id: z.number(),
  name: z.string(),
  full_name: z.string(),
  private: z.boolean(),
  default_branch: z.string(),
  owner: accountSchema,
});
export const labelSchema = z.looseObject({ id: z.number(), name: z.string() });

const tipSchema = z.looseObject({
  label: z.string(),
  ref: z.string(),
  sha: z.string(),
  repo: repositorySchema.nullable(),
});

export const pullRequestSchema = z.looseObject({
  id: z.number(),
  number: z.number(),
  state: z.enum(['open', 'closed']),
  title: z.string(),
  draft: z.boolean(),
  merged: z.boolean(),
  merge_commit_sha: z.string().nullable(),
  user: accountSchema,
  labels: z.array(labelSchema),
  head: tipSchema,
  base: tipSchema,
  created_at: z.string(),
  updated_at: z.string(),
  closed_at: z.string().nullable(),
  merged_at: z.string().nullable(),
});

export type Account = z.infer<typeof accountSchema>;
export type Repository = z.infer<typeof repositorySchema>;
export type Label = z.infer<typeof labelSchema>;
export type PullRequest = z.infer<typeof pullRequestSchema>;

/** The files of a commit: path to text. */
export type Files = Readonly<Record<string, string>>;

const jsonSchema = z.record(z.string(), z.unknown());

export function toJson(value: unknown): Json {
  const parsed = jsonSchema.safeParse(value);
  return parsed.success ? parsed.data : {};
}

export function without(document: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)));
}
