import { expect, test } from '@jest/globals';
import { accentAsset, accentHref, contrast } from '../../../src/http/html/accent.ts';
import { createRenderer } from '../../../src/http/html/render.ts';
import { viewsDir } from '../../support/page-states.ts';

const renderer = createRenderer({ viewsDir });
const page = (accent?: string): string =>
  renderer.renderSignedOut({
    brand: accent === undefined ? { name: 'Acme' } : { name: 'Acme', accent },
    locale: 'en',
    signedOut: true,
  });
const linked = (html: string): readonly string[] =>
  [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');

test('every asset that a page links to is served, with its type and a strong tag', () => {
  const paths = linked(page('#336699'));
  expect(paths).toHaveLength(3);
  for (const path of paths) {
    expect(path).toMatch(/^\/assets\/[a-z0-9-]+\.[0-9a-f]{12}\.(css|svg)$/);
    const asset = renderer.asset(path);
    expect(asset?.type).toBe(path.endsWith('.css') ? 'text/css; charset=utf-8' : 'image/svg+xml');
    expect(asset?.etag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(asset?.body.length).toBeGreaterThan(50);
  }
});

test.each([
  '/assets/stepgate.css',
  '/assets/stepgate.000000000000.css',
  '/assets/../messages/en.json',
  '/assets/accent-336699.000000000000.css',
  '/assets/accent-33669g.000000000000.css',
  '/assets/__proto__',
  '/assets/',
])('%s is not an asset', (path) => {
  expect(renderer.asset(path)).toBeUndefined();
});

test.each([undefined, 'red', '#fff', '#12345g', 'url(x)', '#336699;}*{display:none'])(
  'the accent %p is left out',
  (accent) => {
    expect(accentHref(accent)).toBeUndefined();
    expect(linked(page(accent))).toHaveLength(2);
  },
);

test('two brands in turn get their own colours', () => {
  const [a, b] = [accentHref('#336699'), accentHref('#996633')];
  expect(page('#336699')).toContain(a);
  expect(page('#996633')).toContain(b);
  expect(page('#336699')).toContain(a);
  expect(page()).not.toContain('accent-');
});

test.each(['#ffffff', '#000000', '#ffff00', '#ff8800', '#2c4ac4', '#808080', '#00ff00', '#101010'])(
  'the accent %s is readable in both schemes (WCAG 2.2, 1.4.3)',
  (accent) => {
    const css = String(accentAsset(accentHref(accent) ?? '')?.body);
    const [light, onLight, dark, onDark] = [...css.matchAll(/#([0-9a-f]{3,6})\b/g)].map((match) => rgb(match[1] ?? ''));
    if (!light || !onLight || !dark || !onDark) throw new Error(css);
    expect(contrast(light, [255, 255, 255])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(light, onLight)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(dark, onDark)).toBeGreaterThanOrEqual(4.5);
  },
);

function rgb(hex: string): [number, number, number] {
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  const value = Number.parseInt(full, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

test('contrast is that of WCAG', () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
  expect(contrast([255, 255, 255], [118, 118, 118])).toBeCloseTo(4.54, 2);
});
