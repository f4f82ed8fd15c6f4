/** `brand` in the files of a configuration: what is refused, and where, and what becomes of its pictures. */
import { describe, expect, test } from '@jest/globals';
import { largestBrand } from '../../../../src/policy/check/check-brand.ts';
import { findingSummary } from '../../../../src/policy/model/analysis-finding.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';
import { findingLines, load } from '../support/configuration-dir.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const svg =
  '<?xml version="1.0"?>\n<!-- ours -->\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>\n';
const app = (more: string): string =>
  `clientId: notes\nname: Notes\nsignOnPolicy: notes\n${more}client:\n  redirect_uris: [https://notes.test/cb]\n`;
const brand = (more: string): string => `brand:\n  name: Test\n${more}zones:\n  office:\n    cidrs: [192.0.2.0/24]\n`;
const withLogo = (file: string, content: string | Uint8Array) => ({
  'stepgate.yaml': brand(`  logo: { light: brand/${file} }\n`),
  [`brand/${file}`]: content,
});

test('a brand and an enrollment policy go together', async () => {
  const enrollment =
    'rules:\n  - name: Notes\n    when: { apps: { any: [notes] } }\n    then: { disabled: [totp] }\n  - name: Others\n    then: {}\n';
  const files = { ...withLogo('logo.svg', svg), 'policies/enrollment.yaml': enrollment };
  expect(await findingLines(files)).toEqual([]);
});

describe('a brand that is good', () => {
  const files = {
    'stepgate.yaml': brand(
      '  logo: { light: brand/logo.svg, dark: brand/dark.png }\n  favicon: brand/logo.svg\n  stylesheet: brand/own.css\n  links: { help: https://test/help, contact: { en: mailto:it@test.test, de: "tel:+49-30-1" } }\n',
    ),
    'apps/notes.yaml': app('logo: brand/mark.png\nbrand: { name: Notes ID, light: { accent: "#1f5f4a" } }\n'),
    'brand/logo.svg': svg,
    'brand/dark.png': png,
    'brand/mark.png': png,
    'brand/own.css': '.card { background: url("data:image/svg+xml,%3Csvg/%3E"); }\n',
    'brand/left-over.png': png,
  };

  test('keeps the files that it uses, each with its type, and warns of one that it does not', async () => {
    const loaded = await load(files);
    if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
    const kept = [...loaded.documents.values()].filter(({ kind }) => kind === 'file');
    expect(kept.map(({ name, content }) => [name, (content as { type: string }).type])).toEqual([
      ['brand/dark.png', 'image/png'],
      ['brand/logo.svg', 'image/svg+xml'],
      ['brand/mark.png', 'image/png'],
      ['brand/own.css', 'text/css; charset=utf-8'],
    ]);
    expect(loaded.documents.get('file/brand/dark.png')?.content).toEqual({
      type: 'image/png',
      data: png.toString('base64'),
    });
    expect(loaded.warnings.map(findingSummary)).toContain(
      'stepgate.yaml:2:3: warning: brand no brand uses brand/left-over.png, and it is not served [unused]',
    );
  });
});

test.each<[string, Readonly<Record<string, string | Uint8Array>>, readonly (string | RegExp)[]]>([
  [
    'text that cannot be read on its card',
    { 'stepgate.yaml': brand('  light: { text: "#999999", card: "#ffffff" }\n') },
    [
      /^stepgate\.yaml:3:18 brand\.light\.text cannot be read: text #999999 on card #ffffff has a contrast of 2\.84, and needs 4\.5/,
      /^stepgate\.yaml:3:18 brand\.light\.text .* on page /,
      /^stepgate\.yaml:3:18 brand\.light\.text .* on notePage /,
      /^stepgate\.yaml:3:18 brand\.light\.text .* on errorPage /,
    ],
  ],
  [
    'an app whose colour cannot be read on the page of the settings',
    {
      'stepgate.yaml': brand('  dark: { page: "#000000", card: "#000000" }\n'),
      'apps/notes.yaml': app('brand: { dark: { accent: "#222222" } }\n'),
    },
    [
      /^apps\/notes\.yaml:4:26 brand\.dark\.accent cannot be read: accent #222222 on card #000000/,
      /^apps\/notes\.yaml:4:26 brand\.dark\.accent .* on page #000000/,
    ],
  ],
  [
    'a colour that is none',
    { 'stepgate.yaml': brand('  light: { text: black }\n') },
    ['stepgate.yaml:3:18 brand.light.text must be a colour such as "#1a5fb4" [invalid_value]'],
  ],
  [
    'a colour that there is not',
    { 'stepgate.yaml': brand('  light: { txt: "#000000" }\n') },
    [/^stepgate\.yaml:3:12 brand\.light\.txt .*unknown key.*did you mean `text`/],
  ],
  [
    'a file that is missing',
    { 'stepgate.yaml': brand('  favicon: brand/nothing.ico\n') },
    ['stepgate.yaml:3:12 brand.favicon there is no file brand/nothing.ico [file_missing]'],
  ],
  [
    'a file from elsewhere',
    { 'stepgate.yaml': brand('  favicon: ../secret.png\n') },
    [/^stepgate\.yaml:3:12 brand\.favicon must be a file in brand\/ that ends in/],
  ],
  [
    'a logo that is too large',
    withLogo('logo.png', Buffer.concat([png, Buffer.alloc(20_000)])),
    [
      'stepgate.yaml:3:18 brand.logo.light brand/logo.png is too large (19.6 KiB): the pictures and the stylesheet of a page have 10.0 KiB at most [brand_too_large]',
    ],
  ],
  [
    'pictures that are too large together',
    {
      'stepgate.yaml': brand('  logo: { light: brand/a.png }\n  background: { light: brand/b.png }\n'),
      'brand/a.png': Buffer.concat([png, Buffer.alloc(8_000)]),
      'brand/b.png': Buffer.concat([png, Buffer.alloc(8_000)]),
    },
    [/^stepgate\.yaml:2:3 brand is too large: a page would load 15\.8 KiB, and/],
  ],
  [
    'a logo that is no picture',
    withLogo('logo.png', 'hello'),
    ['brand/logo.png:1:1 is no picture [brand_file_invalid]'],
  ],
  [
    'a picture by another name',
    withLogo('logo.jpg', png),
    ['brand/logo.jpg:1:1 is image/png, and its name says image/jpeg [brand_file_invalid]'],
  ],
  [
    'a script in an SVG',
    withLogo('logo.svg', svg.replace('<path', '<script>alert(1)</script>\n<path')),
    [/^brand\/logo\.svg:3:\d+ has the element <script>/, /^brand\/logo\.svg:3:\d+ has the element <script>/],
  ],
  [
    'a handler in an SVG',
    withLogo('logo.svg', svg.replace('<path', '<path onload="alert(1)"')),
    [/^brand\/logo\.svg:3:\d+ has the attribute onload/],
  ],
  [
    'a picture that an SVG loads',
    withLogo('logo.svg', svg.replace('<path', '<image href="https://x.test/a.png"/><path')),
    [/^brand\/logo\.svg:3:\d+ loads https:\/\/x\.test\/a\.png/],
  ],
  [
    'styles of an SVG that load',
    withLogo('logo.svg', svg.replace('<path', '<style>@import url(//x.test/a.css)</style><path')),
    [/^brand\/logo\.svg:3:\d+ has `@import`/, /^brand\/logo\.svg:3:\d+ has `url\(`/],
  ],
  [
    'an SVG with a document type',
    withLogo('logo.svg', svg.replace('<svg', '<!DOCTYPE svg [<!ENTITY a "b">]>\n<svg')),
    ['brand/logo.svg:3:1 has a document type: leave it out [brand_file_invalid]'],
  ],
  ['an SVG that is none', withLogo('logo.svg', '<html></html>'), ['brand/logo.svg:1:1 is no SVG [brand_file_invalid]']],
  [
    'a stylesheet that loads',
    {
      'stepgate.yaml': brand('  stylesheet: brand/a.css\n'),
      'brand/a.css': 'a{}\nb{background:url(https://x.test/p)}',
    },
    [/^brand\/a\.css:2:14 has `url\(`: styles load nothing/],
  ],
  [
    'a link without encryption',
    { 'stepgate.yaml': brand('  links: { help: "http://test/help" }\n') },
    ['stepgate.yaml:3:18 brand.links.help must be an https, mailto or tel address [invalid_value]'],
  ],
])('%s is refused, with its place', async (_, files, expected) => {
  const lines = await findingLines(files);
  expect(lines).toEqual(expected.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))));
});

test('an SVG may refer to itself, and contain a picture', async () => {
  const good = svg.replace(
    '<path',
    '<style><![CDATA[.a{fill:url(#g)}]]></style><defs><linearGradient id="g"/></defs><use href="#g"/><image href="data:image/png;base64,AAAA"/><path fill="url( \'#g\')"',
  );
  expect(await findingLines(withLogo('logo.svg', good))).toEqual([]);
});

test('the largest brand leaves room for a page of 30 KB', () => {
  expect(largestBrand).toBe(10_240);
});
