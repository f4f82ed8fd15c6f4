/** The page about findings has a section for each code, and no other; and a test shows each. */
import { expect, test } from '@jest/globals';
import { findingCodes } from '../../src/policy/model/analysis-finding.ts';
import {
  fileErrorCodes,
  testErrorCodes,
  unmeetableCodes,
  valueErrorCodes,
  viewErrorCodes,
} from '../../src/policy/model/finding.ts';
import { revisionRefusals } from '../../src/policy/revision/revision-refused.ts';
import { codesFoundIn } from '../support/values/found-codes.ts';
import { document } from './support/documents.ts';

test('docs/findings.md has a section for each code', () => {
  const section = document('docs/findings.md').split('\n## Codes\n')[1] ?? '';
  const codes = [...section.matchAll(/^### (\S+)$/gm)].map(([, code = '']) => code);
  expect(codes.toSorted()).toEqual(Object.keys(findingCodes).toSorted());
});

test('each code has a test file that shows it; the file itself fails when it no longer does', () => {
  expect(Object.values(codesFoundIn).flat().toSorted()).toEqual(Object.keys(findingCodes).toSorted());
});

test.each([
  ['Files that cannot be read', fileErrorCodes],
  ['What files must not say', valueErrorCodes],
  ['Brands and views', viewErrorCodes],
  ['What no user could do', unmeetableCodes],
  ['Policy tests that cannot be run', testErrorCodes],
  ['Revisions that are refused', revisionRefusals],
])('docs/findings.md has a line for each code below "%s"', (title, expected) => {
  const [, after = ''] = document('docs/findings.md').split(`\n## ${title}\n`);
  const [section = ''] = after.split('\n## ');
  const codes = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);
  expect(codes).toEqual(expected);
});
