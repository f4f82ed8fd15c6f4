/** The page about findings has a section for each code, and no other. */
import { expect, test } from '@jest/globals';
import { findingCodes } from '../../src/policy/model/analysis-finding.ts';
import { fileFindingCodes, unmeetableCodes } from '../../src/policy/model/finding.ts';
import { document } from './support/documents.ts';

test('docs/findings.md has a section for each code', () => {
  const section = document('docs/findings.md').split('\n## Codes\n')[1] ?? '';
  const codes = [...section.matchAll(/^### (\S+)$/gm)].map(([, code = '']) => code);
  expect(codes.toSorted()).toEqual(Object.keys(findingCodes).toSorted());
});

test.each([
  ['Files that cannot be read', fileFindingCodes],
  ['What no user could do', unmeetableCodes],
])('docs/findings.md has a line for each code below "%s"', (title, expected) => {
  const [, after = ''] = document('docs/findings.md').split(`\n## ${title}\n`);
  const [section = ''] = after.split('\n## ');
  const codes = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);
  expect(codes).toEqual(expected);
});
