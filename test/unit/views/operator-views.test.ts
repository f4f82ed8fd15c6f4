/** The operator's own directory of views: what is refused, with its place, and what a good one changes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { pageTemplates } from '../../../src/http/html/models/page-templates.ts';
import { createRenderer } from '../../../src/http/html/render.ts';
import { checkOperatorViews } from '../../../src/operator-views.ts';
import { findingLine } from '../../../src/policy/model/finding.ts';
import { loadCatalogues } from '../../../src/rendering/catalogue.ts';
import { viewsDir } from '../../support/pages/page-states.ts';

const root = mkdtempSync(join(tmpdir(), 'stepgate-own-views-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function directory(files: Readonly<Record<string, string>>): string {
  folders += 1;
  const dir = join(root, String(folders));
  mkdirSync(dir);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), content);
  }
  return dir;
}

const linesOf = (files: Readonly<Record<string, string>>): readonly string[] => {
  const dir = directory(files);
  return checkOperatorViews(dir).map((finding) => findingLine(finding).replaceAll(`${dir}/`, ''));
};

const { version } = pageTemplates['pages/signed-out'];
const good = `<%# version ${version} %>\n<p class="lead">Goodbye. <%- l.say(l.lead) %></p>\n`;
const allEnglish = (): Record<string, string> =>
  Object.fromEntries([...(loadCatalogues([viewsDir]).get('en')?.messages ?? [])].map(([key, { text }]) => [key, text]));

describe('is refused', () => {
  test.each<[string, Readonly<Record<string, string>>, string | RegExp]>([
    [
      'a template of an older version',
      { 'steps/identify.ejs': '<%# version 1 %>\n<p></p>' },
      /^steps\/identify\.ejs:1:1 is of version 1, and the template has version \d+: ours has changed since \[template_outdated\]$/,
    ],
    [
      'a template of a later version',
      { 'steps/identify.ejs': '<%# version 999 %>' },
      /^steps\/identify\.ejs:1:1 is of version 999, .* this release does not have it yet \[template_outdated\]$/,
    ],
    [
      'a template without a version',
      { 'pages/signed-out.ejs': '<p></p>' },
      `pages/signed-out.ejs:1:1 begins with no version: write \`<%# version ${version} %>\` first [template_outdated]`,
    ],
    [
      'a template that there is not',
      { 'pages/sign-out.ejs': good },
      'pages/sign-out.ejs:1:1 there is no template of this name [unknown_file]',
    ],
    [
      'a tag that is not closed',
      { 'pages/signed-out.ejs': `${good}<p><%= l.lead </p>` },
      /^pages\/signed-out\.ejs:3:1 cannot be compiled: /,
    ],
    [
      'code that is none',
      { 'pages/signed-out.ejs': `${good}<p><%= l..lead %></p>\n` },
      /^pages\/signed-out\.ejs:3:1 cannot be compiled: /,
    ],
    ['another file', { 'pages/signed-out.html': 'x' }, /^pages\/signed-out\.html:1:1 unknown file; known are /],
    ['a language that is none', { 'messages/klingon!.json': '{}' }, /klingon! is no language tag/],
    [
      'broken JSON',
      { 'messages/en.json': '{\n  "title": 1 }' },
      'messages/en.json:2:12 expected a text for title [texts_invalid]',
    ],
    [
      'broken ICU',
      { 'messages/en.json': '{\n  "title": "{title" }' },
      /^messages\/en\.json:2:3 title is not a valid ICU message/,
    ],
    [
      'a text that there is not',
      { 'messages/de.json': '{ "titel": "x" }' },
      'messages/de.json:1:3 there is no text titel in en [texts_invalid]',
    ],
    [
      'a value that is left out',
      { 'messages/de.json': '{ "title": "{brand}" }' },
      'messages/de.json:1:3 title lacks the value {title} [texts_invalid]',
    ],
    [
      'a tag that no page has',
      { 'messages/de.json': '{ "title": "<b>{title}</b> {brand}" }' },
      'messages/de.json:1:3 title has the unknown tag <b> [texts_invalid]',
    ],
  ])('%s', (_, files, expected) => {
    const lines = linesOf(files);
    expect(lines[0]).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  test('a language that lacks a text: each by its key, with the English', () => {
    const { 'action.sign_in': english, ...texts } = allEnglish();
    expect(linesOf({ 'messages/sv.json': JSON.stringify(texts) })).toEqual([
      `messages/sv.json:1:1 action.sign_in is missing (in English: ${english}) [texts_invalid]`,
    ]);
  });

  test('a directory that does not exist', () => {
    expect(checkOperatorViews(join(root, 'nothing')).map(({ message }) => message)).toEqual([
      `there is no directory ${join(root, 'nothing')}`,
    ]);
  });
});

test('a good one is used: a template, a text, an icon, and a whole language, which every page offers', () => {
  const swedish = { ...allEnglish(), 'action.sign_in': 'Logga in' };
  const files = {
    'pages/signed-out.ejs': good,
    'messages/de.json': '{ "action.sign_in": "Hereinspaziert" }',
    'messages/sv.json': JSON.stringify(swedish),
    'icons/brand.svg': '<svg id="own"></svg>',
    'README.md': 'Ours.',
  };
  expect(linesOf(files)).toEqual([]);
  const renderer = createRenderer({ viewsDir, operatorViewsDir: directory(files) });
  const page = renderer.renderSignedOut({ brand: { name: 'A' }, locale: 'sv', pageAddress: '/', signedOut: true });
  expect(page).toContain('Goodbye. ');
  expect(page).toContain('<svg id="own">');
  expect(page).toContain('<html lang="sv"');
  expect(page).toMatch(/<button name="language" value="de"/);
  expect(renderer.texts('sv').text('action.sign_in')).toBe('Logga in');
  expect(renderer.texts('de').text('action.sign_in')).toBe('Hereinspaziert');
  expect(renderer.chooseLocale({ acceptLanguage: 'sv-FI' })).toBe('sv');
});

test('the default language is used when no requested one exists', () => {
  const renderer = createRenderer({ viewsDir });
  expect(renderer.chooseLocale({ acceptLanguage: 'xx, *', fallback: 'de' })).toBe('de');
  expect(renderer.chooseLocale({ acceptLanguage: 'en', fallback: 'de' })).toBe('en');
  expect(renderer.chooseLocale({ fallback: 'not a tag' })).toBe('en');
});
