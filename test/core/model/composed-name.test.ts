import { expect, test } from '@jest/globals';
import { composedName, composedNames } from '../../../src/core/model/composed-name.ts';

const composed = 'Gesch\u00e4ftsf\u00fchrung';
const decomposed = 'Gescha\u0308ftsfu\u0308hrung';

test.each([
  ['a plain name', 'staff', 'staff'],
  ['spaces and punctuation within', 'Sales, EMEA (all)', 'Sales, EMEA (all)'],
  ['spaces around it', ' \t staff\u00a0', 'staff'],
  ['a composed name', composed, composed],
  ['a decomposed name', decomposed, composed],
  ['both', ` ${decomposed} `, composed],
  ['Latin-1 in front of what combines', '\u00e4a\u0308', '\u00e4\u00e4'],
  ['case, which counts', 'Staff', 'Staff'],
  ['a compatible letter, which is another one', 'ﬁ', 'ﬁ'],
  ['nothing', ' ', ''],
])('the form in which names are compared: %s', (_, written, form) => {
  expect(composedName(written)).toBe(form);
});

test('names in two spellings are one, where the first one stands', () => {
  expect(composedNames([decomposed, 'b', composed, ' b', 'a'])).toEqual([composed, 'b', 'a']);
});

test('a list in which every name has that form is returned itself', () => {
  const names = ['b', composed, 'a'];
  expect(composedNames(names)).toBe(names);
});
