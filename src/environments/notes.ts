export const NOTE_KINDS = ['settings', 'upload'] as const;

/** What a reader of the check should know besides the outcome. */
export interface Note {
  /** The source of the note: the settings file, or the newest upload. */
  readonly kind: (typeof NOTE_KINDS)[number];
  readonly text: string;
}

/** As the check shows it. */
export function noteLine({ kind, text }: Note): string {
  return kind === 'upload' ? `Upload: ${text}` : text;
}

/** `_headers` and `_redirects` can have a thousand wrong lines; the check has no room for them. */
const MOST_SHOWN = 10;

/** Replaces the notes on an earlier upload by those on the newest one. Returns `notes` itself when nothing changed. */
export function withUploadNotes(notes: readonly Note[], found: readonly string[]): readonly Note[] {
  const shown = found.slice(0, MOST_SHOWN);
  const more = found.length - shown.length;
  const texts = more > 0 ? [...shown, `and ${String(more)} more, in the log.`] : shown;
  const all = [...withoutUploadNotes(notes), ...texts.map((text): Note => ({ kind: 'upload', text }))];
  return sameNotes(all, notes) ? notes : all;
}

function sameNotes(a: readonly Note[], b: readonly Note[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ kind, text }, index) => kind === b[index]?.kind && text === b[index].text)
  );
}

/** Replaces all notes except those on the upload, for an unchanged commit. */
export function keepUploadNotes(notes: readonly Note[], fresh: readonly Note[]): readonly Note[] {
  return [...withoutUploadNotes(fresh), ...notes.filter(({ kind }) => kind === 'upload')];
}

export function withoutUploadNotes(notes: readonly Note[]): readonly Note[] {
  return notes.filter(({ kind }) => kind !== 'upload');
}
