/** Optional members under `exactOptionalPropertyTypes`. */

import { expect, test } from '@jest/globals';
import { omitUndefined } from '../../../src/core/model/omit-undefined.ts';

test('a member that is undefined is not there, and every other value is', () => {
  const members = omitUndefined({ absent: undefined, nothing: null, no: false, zero: 0, inner: { absent: undefined } });
  expect(Object.keys(members)).toEqual(['nothing', 'no', 'zero', 'inner']);
  expect(members).toStrictEqual({ nothing: null, no: false, zero: 0, inner: { absent: undefined } });
});
