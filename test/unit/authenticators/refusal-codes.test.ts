/** Each code of a refusal has a text in every language, and something answers it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { refusalCodes } from '../../../src/authenticators/refusal-codes.ts';

const root = join(import.meta.dirname, '../../..');
const codes = Object.keys(refusalCodes);
const keys = authenticatorKinds.map(({ key }) => key);

function textsOf(file: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(root, 'views/messages', file), 'utf8'));
}

function sourcesBelow(folder: string): string {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('refusal-codes.ts'));
  return sources.map((file) => readFileSync(join(root, folder, file), 'utf8')).join('\n');
}

test.each(readdirSync(join(root, 'views/messages')))('every code has a text in %s', (file) => {
  const texts = textsOf(file);
  const hasText = (code: string) => code in texts || keys.some((key) => `${code}.${key}` in texts);
  expect(codes.filter((code) => !hasText(code))).toEqual([]);
});

test('every code is answered by an authenticator or by the engine', () => {
  const sources = sourcesBelow('src/authenticators') + sourcesBelow('src/flow');
  expect(codes.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
});
