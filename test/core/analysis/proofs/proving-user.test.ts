/** Users as examples show them: what they have, what they proved, and what their browser remembers. */
import { expect, test } from '@jest/globals';
import { type AdmittedWith, factsWith } from '../../../../src/core/analysis/proofs/proving-user.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import type { AssessedEvidence } from '../../../../src/core/evidence/requirement.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import {
  action,
  allow,
  always,
  descriptor,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  userWith,
} from '../../support/fixtures.ts';

const policies = policiesOf();
const subject = userWith([], { groups: ['staff'] });
const user: UserFacts = { ...factsOf({ subject }), subject, signedInWith: [] };
const factsOfUser = (more: Partial<AdmittedWith>) =>
  factsWith({ evidence: [], remembered: [], enrolled: [], ...more }, user, policies.authenticators);
const old = (proof: AssessedEvidence, age: number, longestPause?: number): AssessedEvidence => ({
  ...proof,
  age,
  ...(longestPause !== undefined && { longestPause }),
});

test('a proof of now belongs to the sign-in, and one of before to an earlier one', () => {
  const { evidence, transaction } = factsOfUser({
    evidence: [action('password'), old(action('totp'), 60, 5)],
    enrolled: ['password', 'totp'],
  });
  expect(transaction).toMatchObject({ startedAt: fixedNow });
  expect(evidence).toMatchObject([
    { authenticator: 'password', enrollment: 'password', subject: 'ann', at: fixedNow, transaction: transaction?.id },
    {
      authenticator: 'totp',
      enrollment: 'totp',
      subject: 'ann',
      at: fixedNow - 60,
      transaction: 'earlier',
      longestPause: 5,
    },
  ]);
  expect(evidence[0]).not.toHaveProperty('longestPause');
  expect(evidence[0]).not.toHaveProperty('method');
  expect(factsOfUser({ evidence: [action('phone', { methods: ['voice'] })] }).evidence[0]?.method).toBe('voice');
});

test.each<[string, readonly AssessedEvidence[], boolean]>([
  ['nothing was proved', [], false],
  ['all is proved now', [action('password')], false],
  ['a proof is a second old', [action('password'), old(action('totp'), 1)], true],
  ['a proof of before is as young as can be', [old(action('password'), 0)], false],
])('the user asked to be kept signed in where a proof has an age: %s', (_, evidence, expected) => {
  expect(factsOfUser({ evidence }).keepSignedIn).toBe(expected);
  expect(factsOfUser({ evidence, unkept: true }).keepSignedIn).toBe(false);
});

test('an authenticator is enrolled as often as it is named, and a proved one always is', () => {
  const { enrollments } = factsOfUser({
    evidence: [action('password'), action('totp', { enrollment: 'totp 7' })],
    enrolled: ['webauthn', 'password', 'webauthn'],
  }).subject;
  expect(enrollments.map(({ id, authenticator }) => [id, authenticator])).toEqual([
    ['password', 'password'],
    ['webauthn', 'webauthn'],
    ['webauthn 2', 'webauthn'],
    ['totp 7', 'totp'],
  ]);
  const { factors: covered, characteristics } = descriptor.webauthn;
  expect(enrollments[2]).toMatchObject({ factors: covered, characteristics });
  expect(factsOfUser({}).subject).toEqual({ ...subject, enrollments: [] });
});

test('a browser that remembers a proof is known, and remembers that of the first enrollment, by its method', () => {
  const enrolled = ['phone', 'phone', 'totp'];
  const { device } = factsOfUser({ enrolled, remembered: ['phone.voice'] });
  const { factors: covered, characteristics } = descriptor.phone;
  const proof = {
    authenticator: 'phone',
    enrollment: 'phone',
    factors: covered,
    characteristics,
    at: fixedNow,
    until: fixedNow + 60,
  };
  expect(device).toEqual({ ...user.device, known: true, remembered: [{ ...proof, method: 'voice' }] });
  expect(factsOfUser({ enrolled, remembered: ['totp'] }).device.remembered?.[0]).not.toHaveProperty('method');
  expect(factsOfUser({ enrolled }).device).toEqual(user.device);
});

test('the evaluator lets such users in just as far as they proved it', () => {
  const app = { kind: 'allow', requirement: factors(2), remember: 600 } as const;
  const strict = policiesOf({ app: always(app), session: always(allow(factors(1))) });
  const kindOf = (more: Partial<AdmittedWith>) => evaluate(strict, factsOfUser(more)).kind;
  const enrolled = ['password', 'totp'];
  const evidence = [action('password')];
  expect(kindOf({ evidence, enrolled })).toBe('challenge');
  expect(kindOf({ evidence, enrolled, remembered: ['totp'] })).toBe('allow');
  expect(kindOf({ evidence: [...evidence, action('totp')], enrolled })).toBe('allow');
});
