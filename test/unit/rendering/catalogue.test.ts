/** Catalogues: what is wrong with one has a place, and messages are ICU. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { catalogueFindings, loadCatalogues } from '../../../src/rendering/catalogue.ts';
import type { MessageValues } from '../../../src/rendering/message-descriptor.ts';
import { loadTranslators, type Translator } from '../../../src/rendering/translator.ts';
import { viewsDir } from '../../support/pages/page-states.ts';

const root = mkdtempSync(join(tmpdir(), 'stepgate-catalogue-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
/** A folder of views with these files below `messages`. */
function viewsWith(files: Readonly<Record<string, string>>): string {
  folders += 1;
  const dir = join(root, String(folders));
  mkdirSync(join(dir, 'messages'), { recursive: true });
  for (const [name, source] of Object.entries(files)) writeFileSync(join(dir, 'messages', name), source);
  return dir;
}

const findingsOf = (files: Readonly<Record<string, string>>): readonly string[] => {
  const dir = viewsWith(files);
  return catalogueFindings(loadCatalogues([dir])).map((finding) => finding.replace(`${dir}/messages/`, ''));
};

describe('a catalogue that cannot be read', () => {
  test.each([
    ['a key twice', '{\n  "a": "x",\n  "b": "y",\n  "a": "z"\n}', 'en.json:4:3: the key a stands here a second time'],
    ['no text', '{ "a": 1 }', 'en.json:1:8: expected a text for a'],
    ['a nested object', '{ "a": { } }', 'en.json:1:8: expected a text for a'],
    ['no object', '[]', 'en.json:1:1: expected an object of texts'],
    ['no comma', '{ "a": "x"\n"b": "y" }', 'en.json:2:1: expected a comma or the end of the object'],
    ['a comma too many', '{ "a": "x", }', 'en.json:1:13: expected a key in double quotes'],
    ['no colon', '{ "a" "x" }', 'en.json:1:7: expected a colon'],
    ['a bad escape', '{ "a": "\\x" }', 'en.json:1:8: this text is not valid JSON'],
    ['no end', '{ "a": "x"', 'en.json:1:11: expected a comma or the end of the object'],
    ['more after the end', '{}\n{}', 'en.json:2:1: expected the end of the file'],
  ])('%s: says where', (_, source, message) => {
    expect(() => loadCatalogues([viewsWith({ 'en.json': source })])).toThrow(message);
  });

  test('there is none in English', () => {
    expect(() => loadCatalogues([viewsWith({ 'de.json': '{}' })])).toThrow('has no messages/en.json');
  });
});

describe('errors in messages', () => {
  test.each([
    [
      'broken ICU',
      { 'en.json': '{\n "a": "{count, plural, one {x}"\n}' },
      /^en\.json:2:2: a is not a valid ICU message/,
    ],
    ['an unknown tag', { 'en.json': '{ "a": "<script>x</script>" }' }, 'en.json:1:3: a has the unknown tag <script>'],
    ['a missing key', { 'en.json': '{ "a": "x" }', 'de.json': '{}' }, 'de.json:1:1: a is missing (in English: x)'],
    ['a key of its own', { 'en.json': '{}', 'de.json': '{\n\n  "a": "x" }' }, 'de.json:3:3: there is no text a in en'],
    [
      'an unknown value',
      { 'en.json': '{ "a": "x" }', 'de.json': '{ "a": "{app}" }' },
      'de.json:1:3: a has the unknown value {app}',
    ],
    [
      'a value left out, deep in a plural',
      {
        'en.json': '{ "a": "{n, plural, one {#} other {<strong>{app}</strong>}}" }',
        'de.json': '{ "a": "{n, plural, one {#} other {#}}" }',
      },
      'de.json:1:3: a lacks the value {app}',
    ],
  ])('%s: says where', (_, files, message) => {
    expect(findingsOf(files)).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)]);
  });

  test.each([
    ['a plural that is missing', 'pl', '{n, plural, one {#} few {#} other {#}}', 'lacks the plural `many` of {n}'],
    [
      'a plural that the language does not have',
      'ja',
      '{n, plural, one {#} other {#}}',
      'has the plural `one` of {n}, which ja does not use',
    ],
  ])('%s: says where', (_, locale, text, message) => {
    const english = '{ "a": "{n, plural, one {#} other {#}}" }';
    const files = { 'en.json': english, [`${locale}.json`]: JSON.stringify({ a: text }) };
    expect(findingsOf(files)).toEqual([`${locale}.json:1:2: a ${message}`]);
  });

  test('a case of a select that is missing, and one that there is not: says where', () => {
    const files = {
      'en.json': '{ "a": "{k, select, x {1} other {2}}" }',
      'de.json': '{ "a": "{k, select, y {1} other {2}}" }',
    };
    expect(findingsOf(files)).toEqual(['de.json:1:3: a has the unknown case k=y', 'de.json:1:3: a lacks the case k=x']);
  });

  test('a good one has no findings', () => {
    expect(findingsOf({ 'en.json': '{ "a": "<em>{app}</em>" }', 'de.json': '{ "a": "{app}" }' })).toEqual([]);
  });

  test('our own have none', () => {
    expect(catalogueFindings(loadCatalogues([viewsDir]))).toEqual([]);
  });
});

const english = (texts: Readonly<Record<string, string>>): Translator => {
  const dir = viewsWith({ 'en.json': JSON.stringify({ 'message.unknown': 'Something did not work.', ...texts }) });
  return loadTranslators([dir]).get('en') as Translator;
};

describe('a message', () => {
  test.each<[string, MessageValues, string]>([
    ['{count, plural, one {# code} other {# codes}} left', { count: 1 }, '1 code left'],
    ['{count, plural, one {# code} other {# codes}} left', { count: 1200 }, '1,200 codes left'],
    ['{kind, select, both {two} other {one}}', { kind: 'both' }, 'two'],
    ['{kind, select, both {two} other {one}}', { kind: 'constructor' }, 'one'],
    ['{kind, select, both {two} other {one}}', {}, 'one'],
    ['To {app}', { app: '{app}{account}$&<b>' }, 'To {app}{account}$&<b>'],
    ['To {app}', { constructor: 'x' }, 'To {app}'],
    ['To <strong>{app}</strong>', { app: 'Payroll' }, 'To Payroll'],
    ['Since {since}', { since: { at: 1_800_000_000, style: 'day' } }, 'Since January 15, 2027'],
    ['With {which}', { which: { items: ['A', 'B'] } }, 'With A, B'],
    ['Wait {wait}', { seconds: 61 }, 'Wait 2 minutes'],
    ['From {countryName}', { country: 'DE' }, 'From Germany'],
    ['From {countryName}', { country: '<b>' }, 'From {countryName}'],
  ])('%s with %j', (text, values, expected) => {
    expect(english({ key: text }).text('key', values)).toBe(expected);
  });

  test.each<[string, MessageValues, string]>([
    ['To {app}', { app: '<b>' }, 'To <bdi>&lt;b&gt;</bdi>'],
    ['To {address} & {app}', { address: 'a@x', app: '' }, 'To <bdi dir="ltr">a@x</bdi> &amp; <bdi></bdi>'],
    ['To <strong>{app}</strong>', { app: 'x' }, 'To <strong><bdi>x</bdi></strong>'],
    ['To <script>{app}</script>', { app: 'x' }, 'To <bdi>x</bdi>'],
    ['With {which}', { which: { items: ['<', 'B'] } }, 'With <bdi>&lt;</bdi>, <bdi>B</bdi>'],
    [
      'On {when}',
      { when: { at: 1_800_000_000, style: 'day' } },
      'On <time datetime="2027-01-15T08:00:00.000Z">January 15, 2027</time>',
    ],
  ])('%s with %j, as HTML', (text, params, expected) => {
    expect(english({ key: text }).html({ key: 'key', params })).toBe(expected);
  });

  test('of an unknown code is the general one, also when every object has something of that name', () => {
    const t = english({ known: 'x' });
    for (const code of ['no.such', 'constructor', '__proto__', 'toString'])
      expect(t.text(code)).toBe('Something did not work.');
    expect(t.pick('no.such', 'constructor', 'known')).toBe('known');
  });
});

test('a region falls back to its language, then to English; a later folder replaces single texts', () => {
  const base = viewsWith({
    'en.json': '{ "a": "a en", "b": "b en", "c": "c en" }',
    'pt.json': '{ "a": "a pt", "b": "b pt" }',
  });
  const brand = viewsWith({ 'pt-BR.json': '{ "a": "a BR" }', 'en.json': '{ "c": "c brand" }' });
  const withoutTexts = join(root, 'nothing-here');
  const t = loadTranslators([base, brand, withoutTexts]).get('pt-BR');
  expect(['a', 'b', 'c'].map((key) => t?.text(key))).toEqual(['a BR', 'b pt', 'c brand']);
});
