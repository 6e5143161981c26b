export const SKIP_WORDS = ['[skip preview]', '[preview skip]'];

/** The first skip word that is a word of its own in the text: `a[skip preview]b` does not count. */
export function findSkipWord(text: string, words: readonly string[]): string | undefined {
  const haystack = fold(text);
  return words.find((word) => standsAlone(haystack, fold(word)));
}

function standsAlone(text: string, word: string): boolean {
  if (word === '') return false;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const before = text.slice(Math.max(0, at - 2), at);
    const after = text.slice(at + word.length, at + word.length + 2);
    if (!/[\p{L}\p{N}_]$/u.test(before) && !/^[\p{L}\p{N}_]/u.test(after)) return true;
  }
  return false;
}

function fold(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ').trim();
}
