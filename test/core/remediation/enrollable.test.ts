/** What may be enrolled after a recovery, where another proof decides what it counts for. */
import { expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { by, underPasswordPolicy } from '../support/enrolling-parts.ts';
import {
  allow,
  always,
  factors,
  factsOf,
  fixedNow,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

const authenticators = underPasswordPolicy
  .filter(({ key }) => ['password', 'email', 'totp'].includes(key))
  .map((authenticator) => ({ ...authenticator, enrollable: authenticator.key === 'password' }));
const byMail = always(allow(by('email')));
const policies: PolicySet = { ...policiesOf({ session: byMail, app: factors(2) }), authenticators };

/** Of a user whose mailbox recovered a password that is gone by now. */
function decided(has: readonly Key[], proved: readonly Key[]) {
  const subject = userWith(has, { recovery: { at: fixedNow - 60, by: ['email'] } });
  return evaluate(policies, factsOf({ subject, evidence: proved.map((key) => proof(key, 'now')) }));
}

const toEnroll = ['password'];
test.each<[string, readonly Key[], object]>([
  ['nothing', [], { kind: 'challenge', options: [{ authenticator: 'email' }, { authenticator: 'totp' }] }],
  ['the mailbox', ['email'], { kind: 'challenge', options: [{ authenticator: 'totp' }], toEnroll }],
  ['something else', ['totp'], { kind: 'challenge', options: [{ authenticator: 'email' }] }],
  ['both', ['email', 'totp'], { kind: 'enroll', choices: toEnroll }],
])('a password counts beside the mailbox once another proof is given, after %s', (_, proved, decision) => {
  expect(decided(['email', 'totp'], proved)).toMatchObject(decision);
  expect(decided(['email', 'totp'], proved)).not.toHaveProperty('withheld');
});

test('it does not for a user who can prove nothing else', () => {
  expect(decided(['email'], ['email'])).toMatchObject({ kind: 'deny', reason: 'unsatisfiable' });
});

test('no other proof is asked for where the mailbox is enough', () => {
  const one = { ...policies, app: policiesOf({ app: factors(1) }).session, session: policiesOf().session };
  const subject = userWith(['email', 'totp'], { recovery: { at: fixedNow - 60, by: ['email'] } });
  expect(evaluate(one, factsOf({ subject, evidence: [proof('email', 'now')] }))).toMatchObject({ kind: 'allow' });
});
