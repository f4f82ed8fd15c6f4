/** The colours of a brand: what follows from them can be read, and what cannot be read is told. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contrast, parseColour } from '../../../src/rendering/colour.ts';
import {
  type BrandColors,
  defaultPalettes,
  paletteFaults,
  paletteOf,
  paletteStyles,
  schemes,
} from '../../../src/rendering/palette.ts';
import { seeded } from '../../core/support/seeded.ts';
import { viewsDir } from '../../support/pages/page-states.ts';

const ratio = (front: string, back: string): number => contrast(parseColour(front), parseColour(back));
const color = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);
const readable = 4.5;

test('contrast is that of WCAG', () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
  expect(contrast([255, 255, 255], [118, 118, 118])).toBeCloseTo(4.54, 2);
});

test('the usual colours are those of stepgate.css', () => {
  const css = readFileSync(join(viewsDir, 'assets/stepgate.css'), 'utf8');
  const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
  for (const [scheme, part] of [
    ['light', light],
    ['dark', dark],
  ] as const)
    for (const [name, colour] of Object.entries(defaultPalettes[scheme])) {
      const property = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      expect([name, part.match(new RegExp(`${property}: (#\\w+);`))?.[1]]).toEqual([name, colour]);
    }
});

test('whatever the one accent is, both schemes can be read (WCAG 2.2, 1.4.3)', () => {
  fc.assert(
    fc.property(color, (accent) => {
      for (const scheme of schemes) {
        const palette = paletteOf({ accent }, scheme);
        expect(ratio(palette.accent, palette.card)).toBeGreaterThanOrEqual(readable);
        expect(ratio(palette.onAccent, palette.accent)).toBeGreaterThanOrEqual(readable);
      }
      expect(paletteFaults({ accent })).toEqual([]);
    }),
    seeded(300),
  );
});

test('what follows from the card can be read on it, and borders of inputs can be seen', () => {
  fc.assert(
    fc.property(color, (card) => {
      const palette = paletteOf({ light: { card, page: card } }, 'light');
      const best = Math.max(ratio('#000000', card), ratio('#ffffff', card));
      for (const name of ['text', 'muted', 'error', 'done', 'accent'] as const)
        expect(ratio(palette[name], card)).toBeGreaterThanOrEqual(Math.min(readable, best));
      expect(ratio(palette.inputLine, card)).toBeGreaterThanOrEqual(3);
    }),
    seeded(300),
  );
});

test.each<[BrandColors, readonly string[]]>([
  [{}, []],
  [{ light: { text: '#222222' } }, []],
  [
    { light: { text: '#999999' } },
    ['light text card', 'light text page', 'light text notePage', 'light text errorPage'],
  ],
  [{ light: { accent: '#ffee00' } }, ['light accent card', 'light accent page']],
  [{ light: { accent: '#2c4ac4', onAccent: '#1a1d24' } }, ['light onAccent accent']],
  [{ dark: { muted: '#333333' } }, ['dark muted card', 'dark muted page']],
])('%j: %j cannot be read', (colors, expected) => {
  expect(paletteFaults(colors).map(({ scheme, front, back }) => `${scheme} ${front} ${back}`)).toEqual(expected);
});

test('a fault names both colours, their contrast, and the required one', () => {
  expect(paletteFaults({ light: { muted: '#777777' } })[0]?.message).toBe(
    'cannot be read: muted #777777 on card #ffffff has a contrast of 4.47, and needs 4.5 (WCAG 2.2)',
  );
});

test('the styles have what differs, in both schemes, and nothing where nothing was configured', () => {
  expect(paletteStyles({})).toBe('');
  expect(paletteStyles({ light: {} })).toBe('');
  expect(paletteStyles({ light: { line: '#cccccc' } })).toBe(
    ':root{--line:#cccccc}\n@media (prefers-color-scheme:dark){:root{--line:#333945}}\n',
  );
});
