import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import { shownDirectory } from '../../../../src/cli/config/shared/shown-directory.ts';

test('a page names the directory that was meant, also where it is read elsewhere', () => {
  expect(shownDirectory('.')).toBe(basename(process.cwd()));
  expect(shownDirectory('./')).toBe(basename(process.cwd()));
  expect(shownDirectory('/')).toBe('/');
  expect(['config', './draft', '/etc/stepgate'].map(shownDirectory)).toEqual(['config', './draft', '/etc/stepgate']);
});
