/** The form contract says what pages, inputs and routes really have: nothing is missing, and nothing is made up. */
import { describe, expect, test } from '@jest/globals';
import { inputs } from '../../src/http/html/inputs.ts';
import { createRenderer } from '../../src/http/html/render.ts';
import { pageStates, viewsDir } from '../support/page-states.ts';
import { document, readTexts } from './support/documents.ts';

const contract = document('docs/form-contract.md');
const templates = readTexts('views', ['.ejs']).map(({ text }) => text);
const renderer = createRenderer({ viewsDir });
/** Every state of every page that asks for nothing hostile. */
const pages = [...pageStates].filter(([name]) => !name.endsWith('hostile')).map(([, draw]) => draw(renderer));

/** First cells of the table below a heading, without code marks. */
function firstCells(heading: string): readonly string[] {
  const section = contract.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)]
    .map(([, cell = '']) => cell)
    .filter((cell) => cell !== 'data-step');
}

/** Names that the configuration has stand for themselves. */
function generic(name: string): string {
  return name.replace(/^userProfile\.\w+$/, 'userProfile.<attribute>').replace(/^terms\.\w+$/, 'terms.<id>');
}

function found(pattern: RegExp, texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, value = '']) => value)))].sort();
}

const sorted = (values: readonly string[]): readonly string[] => [...values].sort();

describe('the form contract', () => {
  test('has every step of the pages, and no other', () => {
    expect(sorted(firstCells('Steps'))).toEqual(found(/data-step="([a-z-]+)"/g, pages));
  });

  test('has every input, and no other', () => {
    // The fields of the pages of oidc-provider itself (sign-out, user code) are its own.
    const foreign = ['xsrf', 'user_code', 'abort', 'logout', 'viewport', 'robots'];
    const drawn = found(/<(?:input|select|button)[^>]* name="([\w.]+)"/g, pages)
      .filter((name) => !foreign.includes(name))
      .map(generic);
    const named = found(/name: '([\w.]+)'/g, [document('src/http/html/inputs.ts')]);
    expect(sorted(firstCells('Inputs'))).toEqual(sorted([...new Set([...drawn, ...named])]));
    expect(Object.values(inputs).every(({ name }) => firstCells('Inputs').includes(name))).toBe(true);
  });

  test('has every path of the routes', () => {
    const routes = document('src/http/routes.ts');
    const literal = found(/'(\/(?:\.well-known|signin|account|assets|demo|livez|readyz)[\w/:.-]*)'/g, [routes]);
    expect(literal.filter((path) => !firstCells('Paths').includes(path))).toEqual([]);
    expect(firstCells('Paths').filter((path) => !literal.includes(path))).toEqual([]);
  });

  test('names only marks that templates and scripts have', () => {
    const all = [...templates, ...readTexts('views', ['.js']).map(({ text }) => text)].join('\n');
    expect(firstCells('Marks').filter((mark) => !all.includes(mark))).toEqual([]);
  });

  test('names only codes that have a text', () => {
    const texts: Readonly<Record<string, string>> = JSON.parse(document('views/messages/en.json'));
    expect(firstCells('Codes that a sign-in answers with').filter((code) => !Object.hasOwn(texts, code))).toEqual([]);
  });
});
