/** Tables for terminals. */
import { expect, test } from '@jest/globals';
import { tableText } from '../../../../../src/cli/shared/output/table.ts';

test('columns are as wide as their widest cell', () => {
  expect(tableText([['app', 'asked'], ['payroll', 'password'], ['a']])).toBe('app      asked\npayroll  password\na\n');
});

test('a table may have more rows than a call can have arguments', () => {
  const rows = Array.from({ length: 200_000 }, (_, at) => [String(at), 'x']);
  expect(tableText(rows).split('\n').at(-2)).toBe('199999  x');
});
