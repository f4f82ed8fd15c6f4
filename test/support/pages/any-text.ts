import fc from 'fast-check';

/** Surrogates are no characters: they stand for others, in pairs. */
const firstSurrogate = 0xd800;
const surrogates = 0x800;

const character = fc
  .integer({ min: 0, max: 0x10ffff - surrogates })
  .map((index) => String.fromCodePoint(index < firstSurrogate ? index : index + surrogates));

/**
 * Text of any characters. For `fc.string({ unit: 'binary' })`, which gives the same, fast-check makes a table of a
 * million characters: that takes more than a second.
 */
export function anyText({ maxLength }: { readonly maxLength: number }): fc.Arbitrary<string> {
  return fc.array(character, { maxLength }).map((characters) => characters.join(''));
}
