/** The page about findings has a section for each code, and no other. */
import { expect, test } from '@jest/globals';
import { findingCodes } from '../../src/policy/model/analysis-finding.ts';
import { fileFindingCodes } from '../../src/policy/model/finding.ts';
import { document } from './support/documents.ts';

test('docs/findings.md has a section for each code', () => {
  const section = document('docs/findings.md').split('\n## Codes\n')[1] ?? '';
  const codes = [...section.matchAll(/^### (\S+)$/gm)].map(([, code = '']) => code);
  expect(codes.toSorted()).toEqual(Object.keys(findingCodes).toSorted());
});

test('docs/findings.md has a line for each code of files that cannot be read', () => {
  const section = /\n## Files that cannot be read\n(.*?)\n## /s.exec(document('docs/findings.md'))?.[1] ?? '';
  const codes = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);
  expect(codes).toEqual(fileFindingCodes);
});
