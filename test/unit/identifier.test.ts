import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalIdentifier } from '../../src/identifier.ts';
import { drawnFrom, seeded } from '../core/support/seeded.ts';
import { anyText } from '../support/pages/any-text.ts';

function canonical(text: string): string {
  const result = canonicalIdentifier(text);
  return result.ok ? result.value : `refused: ${result.fault}`;
}

describe('spellings of one identifier', () => {
  test.each([
    ['alice', ['Alice', 'ALICE', ' alice ', '\talice\n', 'ａｌｉｃｅ', '𝐀lice', 'ⓐlice']],
    [
      'admin@x.test',
      ['ADMIN@x.test', 'admin@X.TEST ', 'admin＠x.test', 'admin@x.test.', 'admın@x.test', 'ADMİN@x.test'],
    ],
    ['strasse', ['Straße', 'STRASSE', 'STRAẞE', 'ﬆrasse']],
    ['kelvin', ['\u212Aelvin', 'KELVIN']],
    ['οδοσ', ['ΟΔΟΣ', 'οδος', 'Οδοσ']],
    ['zoé', ['zoe\u0301', 'ZOÉ', 'ZOE\u0301']],
    ['i@xn--bcher-kva.test', ['I@BÜCHER.test', 'i@bu\u0308cher.test', 'i@XN--BCHER-KVA.test', 'ı@bücher.test']],
    ['office', ['oﬃce', 'OﬃCE']],
  ])('%s', (form, spellings) => {
    expect(spellings.map(canonical)).toEqual(spellings.map(() => form));
    expect(canonical(form)).toBe(form);
  });

  test('different identifiers stay different', () => {
    const texts = ['alice', 'alice@x.test', 'alice@y.test', 'alice+tag@x.test', 'al.ice', 'zoé', 'zoe', 'иван', '山田'];
    expect(new Set(texts.map(canonical)).size).toBe(texts.length);
    expect(texts.map(canonical)).toEqual(expect.not.arrayContaining([expect.stringContaining('refused')]));
  });
});

describe('what cannot be an identifier', () => {
  test.each([
    ['', 'empty'],
    [' \t ', 'empty'],
    ['a'.repeat(255), 'too_long'],
    [`${'a'.repeat(250)}@x.test`, 'too_long'],
    ['\ufdfa'.repeat(20), 'forbidden_character'],
    ['ﷲ'.repeat(200), 'too_long'],
    ['al\u200bice', 'forbidden_character'],
    ['al\u00adice', 'forbidden_character'],
    ['al\u202eice', 'forbidden_character'],
    ['al\u0000ice', 'forbidden_character'],
    ['al\u034fice', 'forbidden_character'],
    ['al\ufe0fice', 'forbidden_character'],
    ['al\u3164ice', 'forbidden_character'],
    ['al ice', 'forbidden_character'],
    ['al\u00a0ice', 'forbidden_character'],
    ['alice\ud800', 'forbidden_character'],
    ['alice\ufffd', 'forbidden_character'],
    ['alice\ue000', 'forbidden_character'],
    ['\u0301alice', 'forbidden_character'],
    ['\u0430dmin', 'mixed_scripts'],
    ['admin@ex\u0430mple.test', 'mixed_scripts'],
    ['admin@xn--exmple-4nf.test', 'mixed_scripts'],
    ['\u03bfffice', 'mixed_scripts'],
    ['@x.test', 'malformed_address'],
    ['alice@', 'malformed_address'],
    ['alice@x@y', 'malformed_address'],
    ['alice@x..test', 'malformed_address'],
    ['alice@[::1]', 'malformed_address'],
    ['alice@x.test/path', 'malformed_address'],
    ['alice@x.test:80', 'malformed_address'],
    ['alice@x.test?query', 'malformed_address'],
    ['alice@x.test#part', 'malformed_address'],
    ['alice@x.test\\y', 'malformed_address'],
    ['alice@%78.test', 'malformed_address'],
    ['alice@1', 'malformed_address'],
    ['alice@0x7f000001', 'malformed_address'],
    ['alice@127.0.0.1', 'malformed_address'],
  ])('%j is refused: %s', (text, fault) => {
    expect(canonicalIdentifier(text)).toEqual({ ok: false, fault });
  });

  test('a megabyte is refused unread', () => {
    expect(canonicalIdentifier('\ufdfa'.repeat(1_000_000))).toEqual({ ok: false, fault: 'too_long' });
  });

  test('scripts may differ from label to label', () => {
    expect(canonical('иван@example.test')).toBe('иван@example.test');
    expect(canonical('иван.smith')).toBe('иван.smith');
  });
});

const texts = fc.oneof(
  anyText({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.domain()).map(([local, domain]) => `${local}@${domain}`),
);

test('the canonical form of the canonical form is itself', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const once = canonicalIdentifier(text);
      if (once.ok) expect(canonicalIdentifier(once.value)).toEqual(once);
    }),
    seeded(5_000),
  );
});

test('every single code point is stable or refused, and case never matters', () => {
  for (const point of drawnFrom([...Array(0x20000).keys()])) {
    const letter = String.fromCodePoint(point);
    const once = canonicalIdentifier(`x1${letter}`);
    if (!once.ok) continue;
    for (const spelling of [once.value, `X1${letter}`, `x1${letter.toUpperCase()}`, `x1${letter.toLowerCase()}`]) {
      const again = canonicalIdentifier(spelling);
      if (!again.ok || again.value !== once.value) {
        throw new Error(`U+${point.toString(16)}: ${spelling} becomes ${JSON.stringify(again)}, not ${once.value}`);
      }
    }
  }
});

test('upper case, lower case and compatibility forms of any text collide', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const form = canonicalIdentifier(text);
      if (!form.ok) return;
      for (const spelling of [
        text.toUpperCase(),
        text.toLowerCase(),
        text.normalize('NFD'),
        text.normalize('NFKD'),
        ` ${text} `,
      ]) {
        expect(canonicalIdentifier(spelling)).toEqual(form);
      }
    }),
    seeded(3_000),
  );
});

test('nothing throws', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }), (units) => {
      canonicalIdentifier(String.fromCharCode(...units));
    }),
    seeded(3_000),
  );
});
