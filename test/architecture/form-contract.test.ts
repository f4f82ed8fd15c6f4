/** The form contract says what templates, inputs and routes really have: nothing is missing, and nothing is made up. */
import { describe, expect, test } from '@jest/globals';
import { inputs } from '../../src/http/html/inputs.ts';
import { document, readTexts } from './support/documents.ts';

const contract = document('docs/form-contract.md');
const templates = readTexts('views', ['.ejs']).map(({ text }) => text);

/** First cells of the table below a heading, without code marks. */
function firstCells(heading: string): readonly string[] {
  const section = contract.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)]
    .map(([, cell = '']) => cell)
    .filter((cell) => cell !== 'data-step');
}

function found(pattern: RegExp, texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, value = '']) => value)))].sort();
}

const sorted = (values: readonly string[]): readonly string[] => [...values].sort();

describe('the form contract', () => {
  test('has every step of the templates, and no other', () => {
    const fixed = found(/data-step="([a-z-]+)"/g, templates);
    const options = found(/step: '([a-z-]+)'/g, templates);
    const others = found(/\? '([a-z-]+)' : 'end-others' %>/g, templates);
    const all = new Set([...fixed, ...options, ...others, ...(others.length > 0 ? ['end-others'] : [])]);
    expect(sorted(firstCells('Steps'))).toEqual(sorted([...all]));
  });

  test('has every input, and no other', () => {
    // The fields of the pages of oidc-provider itself (sign-out, user code) are its own.
    const foreign = ['xsrf', 'user_code', 'confirm', 'abort', 'logout'];
    const head = ['viewport', 'robots'];
    const inTemplates = found(/name="([\w.]+)"/g, templates).filter((name) => ![...foreign, ...head].includes(name));
    const lists = found(/inputs: \[([^\]]*)\]/g, templates).flatMap((list) => found(/'(\w+)'/g, [list]));
    const named = found(/name: '([\w.]+)'/g, [document('src/http/html/inputs.ts'), ...templates]);
    const all = new Set([...inTemplates, ...named, ...lists.map((name) => `credentials.${name}`), 'confirm']);
    expect(sorted(firstCells('Inputs'))).toEqual(sorted([...all]));
    expect(Object.values(inputs).every(({ name }) => firstCells('Inputs').includes(name))).toBe(true);
  });

  test('has every path of the routes', () => {
    const routes = document('src/http/routes.ts');
    const literal = found(/'(\/(?:signin|account|assets|demo|livez|readyz)[\w/:.-]*)'/g, [routes]);
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
