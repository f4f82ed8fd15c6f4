/** The form contract says what pages, inputs and routes really have: nothing is missing, and nothing is made up. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { refusalCodes } from '../../src/authenticators/refusal-codes.ts';
import { denyReasons } from '../../src/core/model/decision.ts';
import { noticeCodes } from '../../src/core/step/notice-codes.ts';
import { errorTable } from '../../src/errors.ts';
import { inputs } from '../../src/http/html/fields/inputs.ts';
import { pageStates } from '../support/pages/page-states.ts';
import { ownRoutesOf } from '../support/servers/own-routes.ts';
import { sharedViews } from '../support/shared/views.ts';
import { document, readTexts } from './support/documents.ts';

const contract = document('docs/form-contract.md');
const templates = readTexts('views', ['.ejs']).map(({ text }) => text);
const renderer = sharedViews().pages;
/** Every state of every page that asks for nothing hostile. */
const pages = [...pageStates].filter(([name]) => !name.endsWith('hostile')).map(([, draw]) => draw(renderer));

function sectionOf(heading: string): string {
  return contract.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
}

/** The codes in the table below a heading that ends like this; a row may hold several. */
function codesBelow(end: string): readonly string[] {
  const heading = /^## (Codes .*)$/gm;
  const full = [...contract.matchAll(heading)].map(([, text = '']) => text).find((text) => text.endsWith(end));
  const cells = [...sectionOf(full ?? '').matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));
}

const deniedCode = (reason: string): string => `denied.${reason}`;

/** First cells of the table below a heading, without code marks. */
function firstCells(heading: string): readonly string[] {
  return [...sectionOf(heading).matchAll(/^\| `([^`]+)` \|/gm)]
    .map(([, cell = '']) => cell)
    .filter((cell) => cell !== 'data-step');
}

/** Names that the configuration has stand for themselves. */
function generic(name: string): string {
  return name
    .replace(/^userProfile\.\w+$/, 'userProfile.<attribute>')
    .replace(/^terms\.\w+$/, 'terms.<id>')
    .replace(/^scopes\.\w+$/, 'scopes.<scope>');
}

function found(pattern: RegExp, texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, value = '']) => value)))].sort();
}

const methods = ['GET', 'POST'] as const;

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
    const named = found(/name: '([\w.]+)'/g, [document('src/http/html/fields/inputs.ts')]);
    expect(sorted(firstCells('Inputs'))).toEqual(sorted([...new Set([...drawn, ...named])]));
    expect(Object.values(inputs).every(({ name }) => firstCells('Inputs').includes(name))).toBe(true);
  });

  test('has every path of the routes with its methods, and no other', () => {
    const rows = [...sectionOf('Paths').matchAll(/^\| `([^`]+)` \| ([A-Z, ]+) \|/gm)];
    const routes = ownRoutesOf({ demo: true }).map((route) => [
      route.path,
      methods.filter((method) => route[method] !== undefined).join(', '),
    ]);
    expect(Object.fromEntries(rows.map(([, path, list]) => [path, list]))).toEqual(Object.fromEntries(routes));
  });

  test('names only marks that templates and scripts have', () => {
    const all = [...templates, ...readTexts('views', ['.js']).map(({ text }) => text)].join('\n');
    expect(firstCells('Marks').filter((mark) => !all.includes(mark))).toEqual([]);
  });

  test('has every code of notices, refusals and denials, and no other', () => {
    const headings = ['sign-in answers with', 'account pages', 'page for user codes'];
    const named = headings.flatMap((heading) => codesBelow(heading));
    const codes = [...Object.keys(noticeCodes), ...Object.keys(refusalCodes), ...denyReasons.map(deniedCode)];
    expect(sorted(named)).toEqual(sorted([...codes, 'sign_in.lost']));
  });

  test('has every code of an error page with its status, and no other', () => {
    const rows = [...sectionOf('Codes of error pages').matchAll(/^\| `error\.(\w+)` \| (\d+) \|/gm)];
    expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(errorTable);
  });

  test('has the key of every authenticator, and no other', () => {
    const sentence = /^`data-authenticator` is the key of an authenticator: ([^.]+)\./m.exec(contract)?.[1] ?? '';
    const named = [...sentence.matchAll(/`(\w+)`/g)].map(([, key = '']) => key);
    expect(sorted(named)).toEqual(sorted(authenticatorKinds.map(({ key }) => key)));
  });
});
