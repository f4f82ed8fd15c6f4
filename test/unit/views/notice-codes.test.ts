/** The types allow only the codes of the tables in a notice. Each code has a text in every language and is used. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { refusalCodes } from '../../../src/authenticators/refusal-codes.ts';
import { noticeCodes } from '../../../src/core/step/notice-codes.ts';

const root = join(import.meta.dirname, '../../..');
const codes = Object.keys(noticeCodes);
const done = 'account.done.';

function sourcesBelow(folder: string): string {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'))
    .join('\n');
}

const sources = sourcesBelow('src/flow') + sourcesBelow('src/http');

test.each(readdirSync(join(root, 'views/messages')))('every code has a text in %s', (file) => {
  const texts = JSON.parse(readFileSync(join(root, 'views/messages', file), 'utf8'));
  expect(codes.filter((code) => !(code in texts))).toEqual([]);
});

test('every code is used by the flow or by a page', () => {
  // The account pages name what was done without the common start of the codes.
  const named = (code: string) => (code.startsWith(done) ? code.slice(done.length) : code);
  expect(codes.filter((code) => !sources.includes(`'${named(code)}'`))).toEqual([]);
});

test('no code is in both tables', () => {
  expect(codes.filter((code) => code in refusalCodes)).toEqual([]);
});

test('only one function makes the code of a notice from the code of a refusal', () => {
  const made = `${sources}${sourcesBelow('src/core')}`.match(/\b(?:as|is) (?:RefusalNoticeCode|NoticeCode)\b/g);
  expect(made).toEqual(['is RefusalNoticeCode']);
});
