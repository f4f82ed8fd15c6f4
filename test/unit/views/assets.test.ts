/** Files that pages link to: where they are, and the stylesheet that a brand gets. */
import { expect, test } from '@jest/globals';
import { brandStylesAt, brandStylesHref } from '../../../src/http/html/assets/brand-styles.ts';
import type { Brand } from '../../../src/policy/revision/brand.ts';
import { sharedViews } from '../../support/shared/views.ts';

const renderer = sharedViews().pages;
const page = (brand: Partial<Brand> = {}): string =>
  renderer.renderSignedOut({ brand: { name: 'Acme', ...brand }, locale: 'en', signedOut: true });
const linked = (html: string): readonly string[] =>
  [...html.matchAll(/<(?:link|img|script)[^>]* (?:href|src)="(\/[^"]+)"/g)].map((match) => match[1] ?? '');
const hash = 'a'.repeat(64);
const sheet = { type: 'text/css; charset=utf-8', data: Buffer.from('b{}').toString('base64') };

test('every asset that a page links to is served, with its type and a strong tag', () => {
  const paths = linked(page());
  expect(paths).toHaveLength(2);
  for (const path of paths) {
    expect(path).toMatch(/^\/assets\/[a-z0-9-]+\.[0-9a-f]{12}\.(css|svg)$/);
    const asset = renderer.asset(path);
    expect(asset?.type).toBe(path.endsWith('.css') ? 'text/css; charset=utf-8' : 'image/svg+xml');
    expect(asset?.etag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(asset?.body.length).toBeGreaterThan(50);
  }
});

test('a text is sent in a smaller form, made once; nothing is sent in a larger one', () => {
  const [, styles = ''] = linked(page());
  const asset = renderer.asset(styles);
  for (const encoding of ['br', 'gzip'] as const) {
    expect(asset?.encoded(encoding)?.length).toBeLessThan((asset?.body.length ?? 0) / 3);
    expect(asset?.encoded(encoding)).toBe(asset?.encoded(encoding));
  }
});

test('the stylesheet of a brand takes the place of ours, has our styles, its colours, and names its own sheet', () => {
  const [icon, styles = '', ...more] = linked(page({ accent: '#336699', stylesheet: hash }));
  expect([icon?.endsWith('.svg'), more]).toEqual([true, []]);
  const found = renderer.brandStyles(styles);
  expect(found?.files).toEqual([hash]);
  const css = found?.compose([sheet]);
  expect(css).toContain('.card');
  expect(css).toContain('--accent:#336699');
  expect(css?.endsWith('b{}')).toBe(true);
  expect(renderer.brandStyles(linked(page({ accent: '#336699' }))[1] ?? '')?.files).toEqual([]);
});

test('the picture behind the page comes with the stylesheet, in both schemes, before the own sheet', () => {
  const [light, dark] = [hash.replaceAll('a', 'b'), hash.replaceAll('a', 'c')];
  const background = { light: `/assets/brand.${light}.svg`, dark: `/assets/brand.${dark}.webp` };
  const html = page({ background, stylesheet: hash });
  const found = renderer.brandStyles(linked(html)[1] ?? '');
  expect(found?.files).toEqual([light, dark, hash]);
  const pictures = [
    { type: 'image/svg+xml', data: 'bGln' },
    { type: 'image/webp', data: 'ZGFy' },
  ];
  expect(found?.compose([...pictures, sheet])).toMatch(
    /\.backdrop\{background-image:url\("data:image\/svg\+xml;base64,bGln"\)\}@media \(prefers-color-scheme:dark\)\{\.backdrop\{background-image:url\("data:image\/webp;base64,ZGFy"\)\}\}b\{\}$/,
  );
  expect(html).toContain('<div class="backdrop"></div>');
  expect(page()).not.toContain('class="backdrop"');
});

test('a stylesheet is made of nothing but pictures and sheets that are there', () => {
  const found = renderer.brandStyles(linked(page({ stylesheet: hash }))[1] ?? '');
  expect(found).toBeDefined();
  for (const file of [undefined, { type: 'image/png', data: '' }]) expect(found?.compose([file])).toBeUndefined();
});

test.each([
  '/assets/stepgate.css',
  '/assets/stepgate.000000000000.css',
  '/assets/../messages/en.json',
  '/assets/styles.336699--------------.0.0.0.000000000000.css',
  '/assets/styles.33669g--------------.0.0.0.000000000000.css',
  '/assets/__proto__',
  '/assets/',
])('%s is not an asset', (path) => {
  expect([renderer.asset(path), renderer.brandStyles(path)]).toEqual([undefined, undefined]);
});

test('an address belongs to one brand: with another colour or sheet it does not exist', () => {
  const path = brandStylesHref({ accent: '#336699', dark: { text: '#ffffff' } }, 'a{}') ?? '';
  expect(brandStylesAt(path, 'a{}')?.compose([])).toMatch(
    /^a\{\}:root\{.*\}\n@media \(prefers-color-scheme:dark\)\{:root\{.*--text:#ffffff/s,
  );
  expect(brandStylesAt(path.replace('336699', '336698'), 'a{}')).toBeUndefined();
  expect(brandStylesAt(path.replace('.0.', `.${hash}.`), 'a{}')).toBeUndefined();
  expect(brandStylesAt(path, 'b{}')).toBeUndefined();
});

test.each([undefined, 'red', '#fff', '#12345g', 'url(x)', '#336699;}*{display:none'])(
  'the accent %p is left out',
  (accent) => {
    const brand = accent === undefined ? {} : { accent };
    expect(brandStylesHref(brand, '')).toBeUndefined();
    expect(linked(page(brand))).toEqual(linked(page()));
  },
);

test('two brands in turn get their own colours', () => {
  const [a, b] = [linked(page({ accent: '#336699' }))[1], linked(page({ accent: '#996633' }))[1]];
  expect(a).not.toBe(b);
  expect(linked(page({ accent: '#336699' }))[1]).toBe(a);
  expect(linked(page({ accent: '#996633' }))[1]).toBe(b);
});

test('a brand has its logo in place of its name, in both schemes, its icon, and its links', () => {
  const html = page({
    logo: { light: '/assets/brand.l.svg', dark: '/assets/brand.d.svg' },
    background: { light: '/assets/brand.b.webp' },
    favicon: '/assets/brand.f.png',
    links: { help: { en: 'https://acme.test/help' }, contact: { de: 'mailto:id@acme.test' } },
  });
  expect(html).toContain('<source media="(prefers-color-scheme: dark)" srcset="/assets/brand.d.svg">');
  expect(html).toContain('<img src="/assets/brand.l.svg" alt="Acme">');
  expect(html).toContain('<link rel="icon" href="/assets/brand.f.png">');
  expect(html).not.toContain('<bdi>Acme</bdi>');
  expect(html).toMatch(
    /<a href="https:\/\/acme\.test\/help"[^>]*>Help<\/a>[\s\S]*<a href="mailto:id@acme\.test"[^>]*>Contact</,
  );
});
