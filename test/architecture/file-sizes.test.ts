/** Files that are read in one go: each exception has a reason, and each file says what it is for. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** Files that may be longer, each with the reason. CONTRIBUTING names them. */
const allowed: Readonly<Record<string, string>> = {
  'src/authenticators/authenticator.ts': 'the interface of authenticators, which a newcomer reads in one place',
  'src/core/model/facts.ts': 'types only: all that a decision may depend on',
};

const limitOf = (file: string): number => (file.startsWith('src/core/') ? 200 : 300);

const tooLong = globSync('src/**/*.ts', { cwd: root })
  .filter((file) => readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length > limitOf(file))
  .toSorted();

test('files of the core have at most 200 lines, others at most 300, and every exception is needed', () => {
  expect(tooLong).toEqual(Object.keys(allowed));
});

test('CONTRIBUTING names the exceptions', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  expect(Object.keys(allowed).filter((file) => !text.includes(`\`${file}\``))).toEqual([]);
});

test('each file of src begins by saying what it is for', () => {
  const heads = globSync('src/**/*.ts', { cwd: root }).map((file) => [file, readFileSync(join(root, file), 'utf8')]);
  expect(heads.flatMap(([file, text]) => (/^(?:#!.*\n)?\/\*\*/.test(text ?? '') ? [] : [file]))).toEqual([]);
});
