const SIGN = 'Upload: ';
/** The check has room for some, not for a thousand wrong lines of one file. */
const MOST = 10;

/** The notes on an environment with those on its newest upload in the place of those on an earlier one; the same list when nothing changed. */
export function withUploadNotes(known: readonly string[], found: readonly string[]): readonly string[] {
  const others = withoutUploadNotes(known);
  const shown = found.slice(0, MOST).map((note) => SIGN + note);
  const more = found.length - shown.length;
  const all = [...others, ...shown, ...(more > 0 ? [`${SIGN}and ${String(more)} more, in the log.`] : [])];
  return all.length === known.length && all.every((note, index) => note === known[index]) ? known : all;
}

/** Fresh notes on everything else, with those on the upload that are known: the same commit shows the same upload. */
export function keepUploadNotes(known: readonly string[], fresh: readonly string[]): readonly string[] {
  return [...withoutUploadNotes(fresh), ...known.filter(isOfUpload)];
}

export function withoutUploadNotes(notes: readonly string[]): readonly string[] {
  return notes.filter((note) => !isOfUpload(note));
}

function isOfUpload(note: string): boolean {
  return note.startsWith(SIGN);
}
