/** What the enrollment policy says, in rows for administrators. */
import { expect, test } from '@jest/globals';
import { enrollmentRows } from '../../../../src/cli/explain/enrollment-text.ts';

const nothing = { required: [], optional: [], promoted: [], disabled: [] };

test('what is for use only may be used, and does not look like all that may', () => {
  expect(enrollmentRows({ ...nothing, useOnly: ['totp', 'phone'] })).toEqual([
    ['no setup', 'totp, phone (may be used)'],
  ]);
  expect(enrollmentRows({ ...nothing, useOnly: [] })).toEqual([['requires', 'nothing']]);
});
