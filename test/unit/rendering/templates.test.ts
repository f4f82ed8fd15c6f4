/** Templates of several folders: which one counts, what stops the start, and what a template may use. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { loadTemplates, type TemplateTable } from '../../../src/rendering/templates.ts';
import { loadTranslators, type Translator } from '../../../src/rendering/translator.ts';

interface Models {
  readonly page: { readonly name: string; readonly at: number };
  readonly 'page.txt': { readonly name: string; readonly at: number };
  readonly 'partials/name': { readonly name: string };
}

const row = { version: 1, fingerprint: '' };
const table: TemplateTable<Models> = { page: row, 'page.txt': row, 'partials/name': row };

const root = mkdtempSync(join(tmpdir(), 'stepgate-templates-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function viewsWith(files: Readonly<Record<string, string>>): string {
  folders += 1;
  const dir = join(root, String(folders));
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), source);
  }
  return dir;
}

const base = {
  'messages/en.json': '{ "message.unknown": "?", "hello": "Hello {name} & all" }',
  'page.ejs':
    "<%- l.part('partials/name', { name: l.name }) %> <%- l.say({ key: 'hello', params: { name: l.name } }) %>",
  'page.txt.ejs':
    "<%= l.say({ key: 'hello', params: { name: l.name } }) %>, <%= l.list([l.name, 'B']) %>, <%= l.time(l.at, 'day') %>",
  'partials/name.ejs': '<b><%= l.name %></b>',
  'icons/kinds/first.svg': '<svg>first</svg>',
};
const model = { name: '<A>', at: 1_800_000_000 };
const ours = viewsWith(base);
const english = loadTranslators([ours]).get('en') as Translator;

test('HTML is escaped, plain text is not', () => {
  const templates = loadTemplates<Models>([ours], table);
  expect(templates.draw('page', model, english)).toBe('<b>&lt;A&gt;</b> Hello <bdi>&lt;A&gt;</bdi> &amp; all');
  expect(templates.draw('page.txt', model, english)).toBe('Hello <A> & all, <A>, B, January 15, 2027');
});

test('a later folder replaces single templates, and adds icons', () => {
  const brand = viewsWith({
    'partials/name.ejs': "<i><%= l.name %></i><%- l.icon('kinds/own') %><%- l.icon('kinds/first') %>",
    'icons/kinds/own.svg': '<svg>own</svg>\n',
  });
  const templates = loadTemplates<Models>([ours, brand], table);
  expect(templates.draw('page', model, english)).toContain('<i>&lt;A&gt;</i><svg>own</svg><svg>first</svg> Hello');
});

test('a template sees no name that all objects inherit', () => {
  const brand = viewsWith({ 'partials/name.ejs': '<%= typeof l.toString %> <%= typeof l.constructor %>' });
  expect(loadTemplates<Models>([ours, brand], table).draw('page', model, english)).toContain('undefined undefined ');
});

test('an icon that there is not is an error', () => {
  const brand = viewsWith({ 'partials/name.ejs': "<%- l.icon('none') %>" });
  expect(() => loadTemplates<Models>([ours, brand], table).draw('page', model, english)).toThrow('no icon none');
});

test.each([
  ['a template that is missing', { ...base, 'partials/name.ejs': undefined }, 'there is no template partials/name.ejs'],
  ['a template that does not compile', { ...base, 'page.ejs': '<% if ( %>' }, /page\.ejs/],
])('%s stops the start', (_, files, message) => {
  const present = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  expect(() => loadTemplates<Models>([viewsWith(Object.fromEntries(present))], table)).toThrow(message);
});

test('each template that is drawn is reported', () => {
  const drawn: string[] = [];
  loadTemplates<Models>([ours], table, { drawn: (name) => drawn.push(name) }).draw('page', model, english);
  expect(drawn).toEqual(['page', 'partials/name']);
});
