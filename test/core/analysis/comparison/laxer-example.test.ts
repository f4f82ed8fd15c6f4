/** Which users and proofs are tried for an example of what a change lets users do. */
import { expect, test } from '@jest/globals';
import { laxerAt } from '../../../../src/core/analysis/comparison/laxer-example.ts';
import type { EvidenceSet } from '../../../../src/core/analysis/proofs/evidence-set.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AuthenticatorDescriptor, Seconds } from '../../../../src/core/model/facts.ts';
import type { Demand, Requirement } from '../../../../src/core/model/policy.ts';
import type { PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, descriptor, factors, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const requests = [ruleSpace([], universe()).factsOf(new Map())];
const enabled = [descriptor.password, descriptor.totp, descriptor.webauthn];

/** Absent: no user is let in. */
function setOf(requirement?: Requirement, authenticators: readonly AuthenticatorDescriptor[] = enabled): PolicySet {
  const then = requirement ? allow(requirement) : { kind: 'deny' as const };
  return { ...policiesOf({ app: { name: 'app', rules: [{ name: 'rule', when: {}, then }] } }), authenticators };
}

/** What the user proves, by the name and the age. */
function proved(sides: Parameters<typeof laxerAt>[1], sets: readonly EvidenceSet[] = []) {
  const example = laxerAt(requests, sides, { sets });
  return example?.proofs.evidence.map(({ authenticator, age }) => [authenticator, age]);
}

const within = (maxAge: Seconds) => factors(1, { maxAge });
const by = (key: string, more: Omit<Demand, 'authenticators'> = {}) => ({ authenticators: [key], ...more });

/** A proof of this age, by a key that shows nothing more. */
function proofOf(authenticator: string, age: Seconds | 'now'): EvidenceSet {
  const characteristics = ['userPresence' as const];
  return [{ authenticator, enrollment: authenticator, factors: ['possession'], characteristics, age }];
}

test('a proof of a moment ago comes first, and one of this very sign-in where no other counts', () => {
  expect(proved({ active: setOf(), next: setOf(factors(1)) })).toEqual([['password', 0]]);
  expect(proved({ active: setOf(), next: setOf(within(0)) })).toEqual([['password', 'now']]);
});

test('proofs that are told are tried as well, such as old ones', () => {
  const sides = { active: setOf(within(60)), next: setOf(within(300)) };
  expect(proved(sides)).toBeUndefined();
  expect(proved(sides, [proofOf('totp', 300)])).toEqual([['totp', 300]]);
  expect(proved(sides, [proofOf('totp', 300), proofOf('webauthn', 200)])).toEqual([['totp', 300]]);
});

test('to set up something first is more than to be refused, and less than to get in', () => {
  const verified = factors(1, { demands: [by('webauthn')] });
  const stepsOf = (active: PolicySet, next: PolicySet) => {
    const step = laxerAt(requests, { active, next }, {})?.step;
    return step && [step.before.kind, step.now.kind];
  };
  const totp = [descriptor.totp, descriptor.webauthn];
  const fixed = { ...descriptor.webauthn, enrollable: false };
  const [may, mayNot] = [setOf(verified, totp), setOf(verified, [descriptor.totp, fixed])];
  expect(stepsOf(mayNot, may)).toEqual(['refused', 'enroll']);
  expect(stepsOf(may, setOf(factors(1), totp))).toEqual(['enroll', 'allowed']);
  expect(stepsOf(may, mayNot)).toBeUndefined();
});

test('a key is as strong as makes no difference', () => {
  const demands = [by('webauthn', { characteristics: ['userVerification'] })];
  const sides = { active: setOf(factors(1, { demands })), next: setOf(factors(1, { demands: [by('webauthn')] })) };
  const example = laxerAt(requests, sides, { sets: [proofOf('webauthn', 300)] });
  expect(example?.proofs.evidence).toMatchObject([
    { age: 0, characteristics: ['userPresence', 'deviceBound', 'phishingResistant'] },
  ]);
  expect(example?.step).toEqual({ before: { kind: 'enroll', choices: ['webauthn'] }, now: { kind: 'allowed' } });
});

test('at most two hundred readings of the proofs that are told are tried', () => {
  const sides = { active: setOf(within(60)), next: setOf(within(300)) };
  // Each has ten readings, and each of these is tried for a user who has nothing else, and for one who has all.
  const after = (count: number) => [...Array(count).fill(proofOf('totp', 0)), proofOf('totp', 300)];
  expect(proved(sides, after(9))).toEqual([['totp', 300]]);
  expect(proved(sides, after(10))).toBeUndefined();
});

test('at most two hundred users are tried', () => {
  const triedOf = (count: number) => {
    const all = Array.from({ length: count }, (_, at) => ({
      ...descriptor.totp,
      key: `code ${at}`,
      enrollable: false,
    }));
    const lastTwo = factors(1, { demands: all.slice(-2).map(({ key }) => by(key)) });
    return proved({ active: setOf(undefined, all), next: setOf(lastTwo, all) });
  };
  // Each proves one, or two: 190 users, and 210.
  expect(triedOf(19)).toEqual([
    ['code 17', 0],
    ['code 18', 0],
  ]);
  expect(triedOf(20)).toBeUndefined();
});
