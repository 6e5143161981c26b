import type { Settings } from '../settings/settings.js';

export const MIB = 1024 * 1024;

/** What an upload may be. See section 4.7 of the security notes for the reasons. */
export const ARTIFACT_LIMITS = {
  files: 50_000,
  fileBytes: 100 * MIB,
  totalBytes: 1024 * MIB,
  /** All paths together, so that a manifest fits into one database document (16 MiB). */
  pathsBytes: 8 * MIB,
  packBytes: 32 * MIB,
} as const;

export type ArtifactLimits = { readonly [Name in keyof typeof ARTIFACT_LIMITS]: number } & {
  /** Files of a program: hidden ones are among them, because visitors get none of them. */
  readonly ofProgram?: boolean;
};

/** What the repository may upload: what its settings allow, and never more than the server takes. */
export function uploadLimits(
  settings: Pick<Settings, 'limits'> | null,
  { ofProgram = false }: Pick<ArtifactLimits, 'ofProgram'> = {},
): ArtifactLimits {
  if (settings === null) return { ...ARTIFACT_LIMITS, ...(ofProgram && { ofProgram }) };
  const { files, fileSize, uploadSize } = settings.limits;
  return {
    ...ARTIFACT_LIMITS,
    ...(ofProgram && { ofProgram }),
    files: Math.min(files, ARTIFACT_LIMITS.files),
    fileBytes: Math.min(fileSize, ARTIFACT_LIMITS.fileBytes),
    totalBytes: Math.min(uploadSize, ARTIFACT_LIMITS.totalBytes),
  };
}

const SETTING = { files: 'limits.files', fileBytes: 'limits.file-size', totalBytes: 'limits.upload-size' };

/** Who set the limit, so that its reader knows where to raise it. */
export function limitSource(name: keyof typeof SETTING, limits: ArtifactLimits): string {
  return limits[name] < ARTIFACT_LIMITS[name] ? ` ("${SETTING[name]}" of the settings)` : '';
}
