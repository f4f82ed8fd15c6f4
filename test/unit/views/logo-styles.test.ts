/** The logos of many apps in one sheet. */
import { expect, test } from '@jest/globals';
import { largestLogos, logoStyles, logoStylesAt } from '../../../src/http/html/assets/logo-styles.ts';

const pictureOf = (digit: string): string => `/assets/brand.${digit.repeat(64)}.svg`;
const svg = (content: string) => ({ type: 'image/svg+xml', data: Buffer.from(content).toString('base64') });
const png = (bytes: number) => ({ type: 'image/png', data: Buffer.alloc(bytes, 7).toString('base64') });

test('each picture has its place in one sheet, however often it is used', () => {
  const logos = logoStyles([pictureOf('c'), pictureOf('a'), pictureOf('c'), 'https://elsewhere.example/logo.png']);
  expect([pictureOf('a'), pictureOf('c'), pictureOf('b'), ''].map((picture) => logos?.indexOf(picture))).toEqual([
    0,
    1,
    undefined,
    undefined,
  ]);
  const sheet = logoStylesAt(logos?.href ?? '');
  expect(sheet?.files).toEqual(['a'.repeat(64), 'c'.repeat(64)]);
  expect(sheet?.compose([svg('<svg fill="#fff">é</svg>'), png(3)])).toBe(
    `.app-logo.logo-1{background:url("data:image/png;base64,BwcH")center/contain no-repeat;border-color:transparent;font-size:0}\n` +
      `.app-logo.logo-0{background:url("data:image/svg+xml,%3Csvg fill=%22%23fff%22%3E%C3%A9%3C/svg%3E")center/contain no-repeat;border-color:transparent;font-size:0}`,
  );
});

test('what does not fit into the weight of a page is left out, the heaviest first', () => {
  const sheet = logoStylesAt(logoStyles(['a', 'b'].map(pictureOf))?.href ?? '');
  expect(sheet?.compose([png(largestLogos - 8), png(8)])?.match(/logo-\d/g)).toEqual(['logo-1', 'logo-0']);
  expect(sheet?.compose([png(largestLogos - 7), png(8)])?.match(/logo-\d/g)).toEqual(['logo-1']);
});

test.each([undefined, { type: 'text/css', data: '' }])('there is no sheet with %p in it', (file) => {
  const sheet = logoStylesAt(logoStyles(['a', 'b'].map(pictureOf))?.href ?? '');
  expect([sheet?.compose([png(8), png(8)]), sheet?.compose([png(8), file])]).toEqual([expect.any(String), undefined]);
});

test('apps without a picture of a brand need no sheet, and no page asks for more than 24', () => {
  expect(logoStyles([])).toBeUndefined();
  expect(logoStyles(['https://elsewhere.example/logo.png'])).toBeUndefined();
  const many = Array.from({ length: 60 }, (_, index) => `/assets/brand.${String(index).padStart(64, '0')}.png`);
  expect(logoStylesAt(logoStyles(many)?.href ?? '')?.files).toHaveLength(24);
});

test.each([
  '/assets/logos.css',
  '/assets/logos.000000000000.css',
  ...[
    (href: string) => href.replace(/\.[0-9a-f]{12}\.css$/, '.000000000000.css'),
    // Another order.
    (href: string) => href.replace(/^(\/assets\/logos)(\.[\w-]{43})(\.[\w-]{43})/, '$1$3$2'),
  ].map((change) => change(logoStyles(['a', 'b'].map(pictureOf))?.href ?? '')),
])('%s is no sheet', (path) => {
  expect(logoStylesAt(path)).toBeUndefined();
});
