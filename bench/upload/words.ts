/** The same numbers from 0 to 1 for the same seed, everywhere: https://github.com/cprosche/mulberry32 */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SYLLABLES =
  'ba be bi bo bu da de di do du la le li lo lu ma me mi mo mu na ne no ra re ri ro sa se si so ta te ti to'.split(
    ' ',
  );
const VOCABULARY = makeVocabulary();

function makeVocabulary(): readonly string[] {
  const next = numbersFrom(1);
  return Array.from({ length: 3000 }, () =>
    Array.from(
      { length: 1 + Math.floor(next() * 4) },
      () => SYLLABLES[Math.floor(next() * SYLLABLES.length)],
    ).join(''),
  );
}

/** Prose that compresses as prose does: few words are frequent, most are rare. */
export function prose(seed: number, bytes: number): string {
  const next = numbersFrom(seed);
  const words: string[] = [];
  for (let length = 0; length < bytes;) {
    const word = VOCABULARY[Math.floor(next() ** 2 * VOCABULARY.length)] ?? '';
    words.push(word);
    length += word.length + 1;
  }
  return words.join(' ').slice(0, bytes);
}
