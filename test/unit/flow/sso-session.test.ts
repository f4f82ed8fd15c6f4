/** What goes on with a session that was kept when its account was changed, and the notes of a session. */
import { expect, test } from '@jest/globals';
import { isKeptWith, type SsoSession, withNote } from '../../../src/flow/browser/sso-session.ts';
import { newUser } from '../../../src/users/directory/changes.ts';

const user = { ...newUser({ identifiers: ['ann'] }, ['ann'], 100), validAfter: 300 };
const kept: SsoSession = {
  uid: 'u',
  accountId: user.id,
  startedAt: 100,
  authorizations: {},
  evidence: [],
  payload: {},
  validAfter: 300,
  validSince: 200,
};

test.each<[string, SsoSession | undefined, number | undefined, boolean]>([
  ['what was issued before it was kept', kept, 200, true],
  ['what was issued between two changes', kept, 250, true],
  ['nothing from before an end of everything', kept, 199, false],
  ['nothing whose time is unknown', kept, undefined, false],
  ['nothing once the account was changed again', { ...kept, validAfter: 299 }, 200, false],
  ['nothing of another user', { ...kept, accountId: 'other' }, 200, false],
  ['nothing without a session', undefined, 200, false],
])('%s', (_what, session, issued, expected) => {
  expect(isKeptWith(session, user, issued)).toBe(expected);
});

test('nothing where only the session was kept', () => {
  const { validSince: _, ...alone } = kept;
  expect(isKeptWith(alone, user, 200)).toBe(false);
});

test('a session keeps each of the latest 64 notes once, a repeated one as the latest', () => {
  const notes = Array.from({ length: 70 }, (_, index) => `note ${index}`);
  const { refusedSilently } = [...notes, 'note 20', 'note 20'].reduce(withNote, kept);
  expect(refusedSilently).toEqual([...notes.slice(6, 20), ...notes.slice(21), 'note 20']);
});
