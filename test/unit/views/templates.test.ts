/** The table of templates: each file is in it, uses its model as it is, and is drawn by a state. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { messageTemplates } from '../../../src/delivery/message-templates.ts';
import { createMessageRenderer, loadMessageTemplates } from '../../../src/delivery/render-message.ts';
import { pageTemplates } from '../../../src/http/html/models/page-templates.ts';
import type { PageTemplateModels } from '../../../src/http/html/models/template-models.ts';
import { createRenderer } from '../../../src/http/html/render.ts';
import { loadTemplates } from '../../../src/rendering/templates.ts';
import { loadTranslators, type Translator } from '../../../src/rendering/translator.ts';
import { pageStates, viewsDir } from '../../support/pages/page-states.ts';
import { sharedViews } from '../../support/shared/views.ts';
import { modelFingerprints } from './support/model-fingerprint.ts';
import { computationsIn, templatesAsTypeScript } from './support/template-types.ts';

const root = join(import.meta.dirname, '../../..');
const src = (path: string): string => join(root, 'src', path);

/** Each table, the interface of its models, and the files that declare them; the first one has the interface. */
const tables = [
  {
    table: 'PageTemplateModels',
    templates: pageTemplates,
    files: [
      src('http/html/models/template-models.ts'),
      ...['account', 'shared', 'standalone', 'step'].map((part) => src(`http/html/models/${part}-models.ts`)),
      src('http/html/fields/inputs.ts'),
      src('rendering/message-descriptor.ts'),
      src('rendering/locale.ts'),
    ],
  },
  {
    table: 'MessageTemplateModels',
    templates: messageTemplates,
    files: [src('delivery/message-models.ts'), src('rendering/message-descriptor.ts'), src('rendering/locale.ts')],
  },
] as const;

const files = readdirSync(viewsDir, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ejs'))
  .map((file) => file.slice(0, -'.ejs'.length));
const sourceOf = (name: string): string => readFileSync(join(viewsDir, `${name}.ejs`), 'utf8');

test('every template is in a table', () => {
  const named = tables.flatMap(({ templates }) => Object.keys(templates));
  expect(files.toSorted()).toEqual(named.toSorted());
});

describe.each(tables)('$table', ({ table, templates, files: declaring }) => {
  const fingerprints = modelFingerprints(declaring, table);

  test('a changed model comes with a new version of its template and the new fingerprint', () => {
    const expected = Object.entries(templates).map(([name, { version }]) => [
      name,
      { version, fingerprint: fingerprints.get(name) },
    ]);
    expect(templates).toEqual(Object.fromEntries(expected));
    expect(Object.values(templates).every(({ version }) => Number.isInteger(version) && version > 0)).toBe(true);
  });

  test('every template uses its model as it is', () => {
    const dir = mkdtempSync(join(tmpdir(), 'stepgate-templates-'));
    try {
      const sources = Object.keys(templates).map((name) => ({ name, source: sourceOf(name) }));
      const modules = { table, models: declaring[0], helpers: src('rendering/templates.ts') };
      writeFileSync(join(dir, 'templates.ts'), templatesAsTypeScript(sources, modules));
      const typeRoots = [join(root, 'node_modules/@types')];
      const compilerOptions = {
        typeRoots,
        noUnusedParameters: false,
        exactOptionalPropertyTypes: false,
        verbatimModuleSyntax: false,
        rewriteRelativeImportExtensions: false,
      };
      const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: [join(dir, 'templates.ts')] };
      writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
      expect(typeErrors(join(dir, 'tsconfig.json'))).toBe('');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('no template computes, or puts a sentence together', () => {
    const found = Object.keys(templates).flatMap((name) =>
      computationsIn(sourceOf(name)).map((code) => `${name}: ${code.trim()}`),
    );
    expect(found).toEqual([]);
  });
});

function typeErrors(config: string): string {
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

test('every template of a page is drawn by a state', () => {
  const drawn = new Set<string>();
  const renderer = createRenderer({ viewsDir, drawn: (name) => drawn.add(name) });
  for (const draw of pageStates.values()) draw(renderer);
  expect(Object.keys(pageTemplates).filter((name) => !drawn.has(name))).toEqual([]);
});

test('every template of a message is drawn by a message', () => {
  const drawn = new Set<string>();
  const renderer = sharedViews().pages;
  const render = createMessageRenderer({
    templates: loadMessageTemplates([viewsDir], { drawn: (name) => drawn.add(name) }),
    textsFor: () => renderer.texts('en'),
    brand: () => ({ name: 'Acme' }),
    accountUrl: 'https://id.acme.test/account',
  });
  const params = {
    app: 'Notes',
    code: '012345',
    minutes: 10,
    ip: '192.0.2.1',
    remaining: 2,
    at: 1,
    domain: 'acme.test',
    link: 'https://id.acme.test/account/undo',
  };
  for (const name of Object.keys(messageTemplates)) {
    const [, folder = '', template = ''] = /^(mail|sms|voice)\/(.*)\.txt$/.exec(name) ?? [];
    const channel = folder === 'mail' ? 'email' : (folder as 'sms' | 'voice');
    if (template !== '' && template !== 'details' && template !== 'origin')
      render({ channel, to: 'x', template, params, expires: 1 }, undefined);
  }
  expect(Object.keys(messageTemplates).filter((name) => !drawn.has(name))).toEqual([]);
});

test('a page in a language that runs from right to left says so, and its codes still run from left to right', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stepgate-arabic-'));
  try {
    mkdirSync(join(dir, 'messages'));
    writeFileSync(join(dir, 'messages/ar.json'), '{ "title": "{title} – {brand}" }');
    const arabic = loadTranslators([viewsDir, dir]).get('ar') as Translator;
    const templates = loadTemplates<PageTemplateModels>([viewsDir], pageTemplates);
    const account = templates.draw('partials/account', { identifier: 'alice@demo.test', done: [] }, arabic);
    const page = templates.draw(
      'layout',
      {
        locale: arabic.locale,
        title: { key: 'title', params: { title: 'x', brand: 'Acme' } },
        brand: { name: 'Acme', hasBackground: false },
        favicon: '/icon.svg',
        stylesheets: [],
        signals: [],
        wide: false,
        heading: { key: 'account.title' },
        notices: { errors: [], infos: [] },
        main: account,
        links: [],
      },
      arabic,
    );
    expect(page).toMatch(/^<!DOCTYPE html>\n<html lang="ar" dir="rtl">/);
    expect(page).toContain('<bdi dir="ltr">alice@demo.test</bdi>');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('the checks themselves', () => {
  test.each([
    ['<% for (const x of l.xs.filter(Boolean)) { %>', 1],
    ["<%= l.a + ', ' + l.b %>", 1],
    ['<%= `a` %>', 1],
    ['<%= /x/.test(l.a) %>', 1],
    ["<%= l.say('a/b/c') %>", 0],
    ['<%# l.x.filter() %><% if (l.a && l.b.length > 0) { %>', 0],
  ])('%s: %d computations', (source, count) => {
    expect(computationsIn(source)).toHaveLength(count);
  });
});
