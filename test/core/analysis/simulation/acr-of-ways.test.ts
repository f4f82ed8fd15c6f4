/** What tokens say after each way to sign in. */
import { expect, test } from '@jest/globals';
import { acrOfWays } from '../../../../src/core/analysis/simulation/acr-of-ways.ts';
import { askedInAll } from '../../../../src/core/analysis/simulation/asked-in-all.ts';
import type { Subject } from '../../../../src/core/model/facts.ts';
import type { AcrLevel } from '../../../../src/core/model/policy.ts';
import type { PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { acrLevels, factors, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';

function acrsOf(policies: PolicySet, subject: Subject): unknown {
  const facts = factsOf({ subject });
  const asked = askedInAll(policies, facts);
  const ways = asked ? acrOfWays(policies, facts, asked) : [];
  const nameOf = ({ authenticator, toEnroll }: (typeof ways)[number]['set'][number]) =>
    toEnroll ? `new ${authenticator}` : authenticator;
  return Object.fromEntries(ways.map(({ set, acrs }) => [set.map(nameOf).join(), acrs]));
}

test('each way has its own', () => {
  const user = userWith(['password', 'totp', 'webauthn']);
  expect(acrsOf(policiesOf(), user)).toEqual({ password: ['pwd'], totp: ['1fa'], webauthn: ['phr'] });
  expect(acrsOf(policiesOf({ app: factors(2) }), user)).toMatchObject({ 'password,totp': ['2fa'] });
});

test('what has to be enrolled counts', () => {
  const policies = policiesOf({ app: factors(2), enabled: ['password', 'totp'] });
  expect(acrsOf(policies, userWith(['password']))).toEqual({ 'password,new totp': ['2fa'] });
});

test('there may be none', () => {
  expect(acrsOf(policiesOf({ acrLevels: [] }), userWith(['password']))).toEqual({ password: [undefined] });
});

test('enrollments of a kind, and methods, may have several', () => {
  const verified = { characteristics: ['userVerification' as const] };
  const levels: readonly AcrLevel[] = [
    { value: 'verified', requirement: factors(1, { demands: [verified] }) },
    { value: 'spoken', requirement: factors(1, { demands: [{ authenticators: ['phone.voice'] }] }) },
    ...acrLevels,
  ];
  const user = userWith(['key', 'webauthn', 'phone']);
  const enrollments = user.enrollments.map((enrollment) =>
    enrollment.authenticator === 'phone' ? { ...enrollment, methods: ['sms', 'voice'] } : enrollment,
  );
  expect(acrsOf(policiesOf({ acrLevels: levels }), { ...user, enrollments })).toEqual({
    webauthn: ['phr', 'verified'],
    phone: ['1fa', 'spoken'],
  });
});
