/** The longest pause since a proof, as a session keeps it. */
import { expect, test } from '@jest/globals';
import type { Evidence } from '../../../src/core/model/facts.ts';
import { type SsoSession, withPauses } from '../../../src/flow/browser/sso-session.ts';

const evidence: Evidence = {
  authenticator: 'password',
  enrollment: 'password',
  subject: 'ann',
  factors: ['knowledge'],
  characteristics: [],
  amr: ['pwd'],
  at: 1000,
  transaction: 'tx',
  origin: 'sign_in',
};
const session = (more: Partial<SsoSession>): SsoSession => ({
  uid: 'uid',
  startedAt: 1000,
  authorizations: {},
  evidence: [evidence],
  payload: {},
  ...more,
});
const pauseOf = (paused: SsoSession, now: number) => withPauses(paused, now)[0]?.longestPause;

test('grows from the proof, and then from the last activity', () => {
  expect(pauseOf(session({}), 1300)).toBe(300);
  expect(pauseOf(session({ activeAt: 900 }), 1300)).toBe(300);
  expect(pauseOf(session({ activeAt: 1200 }), 1300)).toBe(100);
});

test('is never made shorter by later activity', () => {
  const after = session({ activeAt: 2000, evidence: withPauses(session({ activeAt: 1000 }), 2000) });
  expect(pauseOf(after, 2010)).toBe(1000);
  expect(pauseOf(after, 3500)).toBe(1500);
});

test('of a session from before pauses were kept is counted from its last use', () => {
  expect(pauseOf(session({ used: { at: 1200, ip: '', userAgent: '' } }), 1300)).toBe(100);
});
