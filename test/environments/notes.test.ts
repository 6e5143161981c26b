import { expect, test } from '@jest/globals';
import { keepUploadNotes, type Note, noteLine, withUploadNotes } from '../../src/environments/notes.js';

const SETTINGS: Note = { kind: 'settings', text: 'Line 3 of .github/preview.yml: there is no key "bild".' };
const upload = (text: string): Note => ({ kind: 'upload', text });

test('notes on an upload stand behind those on the settings', () => {
  const notes = withUploadNotes([SETTINGS], ['No index.html.']);
  expect(notes).toEqual([SETTINGS, upload('No index.html.')]);
  expect(notes.map(noteLine)).toEqual([SETTINGS.text, 'Upload: No index.html.']);
});

test('those on a later upload take the place of those on an earlier one', () => {
  const known = [SETTINGS, upload('No index.html.')];
  expect(withUploadNotes(known, ['Other.'])).toEqual([SETTINGS, upload('Other.')]);
  expect(withUploadNotes(known, [])).toEqual([SETTINGS]);
});

test('a note on the settings that begins like one on an upload stays one on the settings', () => {
  const misleading: Note = { kind: 'settings', text: 'Upload: there is no such key.' };
  expect(withUploadNotes([misleading], ['Other.'])).toEqual([misleading, upload('Other.')]);
  expect(keepUploadNotes([misleading], [])).toEqual([]);
});

test('nothing new gives back the very list, so that nothing is written', () => {
  const known = [SETTINGS, upload('No index.html.')];
  expect(withUploadNotes(known, ['No index.html.'])).toBe(known);
  expect(withUploadNotes([], [])).toEqual([]);
});

test('a thousand wrong lines do not fill the check', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => `Line ${String(index)} was left out.`);
  const shown = withUploadNotes([], many);
  expect(shown).toHaveLength(11);
  expect(shown.at(-1)).toEqual(upload('and 990 more, in the log.'));
});

test('other notes take the place of others, and leave those on the upload where they are', () => {
  const known = [SETTINGS, upload('No index.html.')];
  const fresh: Note = { kind: 'settings', text: 'Line 9: mend it.' };
  expect(keepUploadNotes(known, [fresh])).toEqual([fresh, upload('No index.html.')]);
  expect(keepUploadNotes(known, known)).toEqual(known);
  expect(keepUploadNotes([], [])).toEqual([]);
});
