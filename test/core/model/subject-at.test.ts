/** The record of a user at a time in the past. */
import { expect, test } from '@jest/globals';
import { subjectAt } from '../../../src/core/model/subject-at.ts';
import { userWith } from '../support/fixtures.ts';

const time = 1_000;
const ann = userWith(['password']);

test.each([time - 1, time])('a recovery that was by then stays: %i', (at) => {
  const subject = { ...ann, recovery: { at, by: [] } };
  expect(subjectAt(subject, time)).toBe(subject);
});

test('one that came later is gone, and nothing else', () => {
  expect(subjectAt({ ...ann, recovery: { at: time + 1, by: [] } }, time)).toEqual(ann);
  expect(subjectAt(ann, time)).toBe(ann);
});
