/** Ids of users are pasted into command lines. */
import { expect, test } from '@jest/globals';
import { newUserId } from '../../../../src/users/record/user.ts';

test('an id has 22 characters of base64url, and does not begin with a dash', () => {
  const ids = Array.from({ length: 2000 }, () => newUserId());
  expect(ids.filter((id) => !/^\w[\w-]{21}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});
