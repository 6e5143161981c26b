import { expect, test } from '@jest/globals';
import { keepUploadNotes, withUploadNotes } from '../../src/environments/notes.js';

const SETTINGS = 'Line 3 of .github/preview.yml: there is no key "bild".';

test('notes on an upload stand behind those on the settings', () => {
  expect(withUploadNotes([SETTINGS], ['No index.html.'])).toEqual([SETTINGS, 'Upload: No index.html.']);
});

test('those on a later upload take the place of those on an earlier one', () => {
  const known = [SETTINGS, 'Upload: No index.html.'];
  expect(withUploadNotes(known, ['Other.'])).toEqual([SETTINGS, 'Upload: Other.']);
  expect(withUploadNotes(known, [])).toEqual([SETTINGS]);
});

test('nothing new gives back the very list, so that nothing is written', () => {
  const known = [SETTINGS, 'Upload: No index.html.'];
  expect(withUploadNotes(known, ['No index.html.'])).toBe(known);
  expect(withUploadNotes([], [])).toEqual([]);
});

test('a thousand wrong lines do not fill the check', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => `Line ${String(index)} was left out.`);
  const shown = withUploadNotes([], many);
  expect(shown).toHaveLength(11);
  expect(shown.at(-1)).toBe('Upload: and 990 more, in the log.');
});

test('other notes take the place of others, and leave those on the upload where they are', () => {
  const known = [SETTINGS, 'Upload: No index.html.'];
  expect(keepUploadNotes(known, ['Line 9: mend it.'])).toEqual([
    'Line 9: mend it.',
    'Upload: No index.html.',
  ]);
  expect(keepUploadNotes(known, known)).toEqual(known);
  expect(keepUploadNotes([], [])).toEqual([]);
});
