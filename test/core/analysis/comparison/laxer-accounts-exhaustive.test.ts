/** Changes of account policies and recovery policies are compared with all users of a small universe. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { laxerChanges } from '../../../../src/core/analysis/comparison/laxer-changes.ts';
import { laxerRecoveries } from '../../../../src/core/analysis/comparison/laxer-recovery.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { evaluateRecovery } from '../../../../src/core/decision/recovery.ts';
import { enrollScope, scopeOfChange } from '../../../../src/core/enrollment/account-request.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Facts } from '../../../../src/core/model/facts.ts';
import { neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import {
  allow,
  descriptor,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const password: AuthenticatorDescriptor = { ...descriptor.password, enrollable: true, underPasswordPolicy: true };
const authenticators = [password, descriptor.totp, descriptor.webauthn];
const keys = ['password', 'totp', 'webauthn'] as const;
type Had = (typeof keys)[number] | 'key';

function setsOf<One>(ones: readonly One[]): readonly (readonly One[])[] {
  return Array.from({ length: 2 ** ones.length }, (_, bits) => ones.filter((_one, at) => bits & (1 << at)));
}

const when = fc.constantFrom<Conditions>({}, { groups: { any: ['a'] } }, { groups: { none: ['a'] } });
const by = (...names: readonly string[]) => allow(factors(1, { demands: [{ authenticators: names }] }));
const ofFactor = (factor: 'knowledge' | 'possession') => allow(factors(1, { demands: [{ factor }] }));
const then = fc.constantFrom<AccountRule['then']>(
  ...[{ kind: 'deny' as const }, allow(factors(1)), allow(factors(2))],
  ...[by('totp'), by('webauthn'), by('totp', 'webauthn'), ofFactor('knowledge'), ofFactor('possession')],
);
const change = fc.constantFrom<NonNullable<AccountRule['change']>>(
  ...[{ add: ['totp'] }, { add: 'all' as const }, { remove: ['totp'] }, { change: ['username'], add: ['webauthn'] }],
  ...[{ remove: ['password'] }, { change: ['webauthn'] }],
);
const rules = fc
  .array(fc.record({ change, when, then }), { maxLength: 2 })
  .map((all): readonly AccountRule[] => [
    ...all.map((rule, at) => ({ name: String(at), ...rule })),
    { name: 'rest', when: {}, then: allow(factors(1)) },
  ]);

/** Users who have some, and proved some of these just now. */
function usersWith(all: readonly Had[]): readonly Facts[] {
  return [[], ['a']].flatMap((groups) =>
    setsOf(all).flatMap((had) =>
      setsOf(had)
        .filter((proved) => proved.length > 0)
        .map((proved) =>
          factsOf({
            transaction: { id: thisTransaction, startedAt: fixedNow },
            subject: userWith(had, { groups }),
            evidence: proved.map((key) => proof(key, 'now')),
          }),
        ),
    ),
  );
}

/** `owned`: only its owners can ask for it. */
const changes: readonly { readonly scope: string; readonly owned?: string }[] = [
  ...keys.flatMap((of) => [
    { scope: scopeOfChange({ action: 'change', of }), owned: of },
    { scope: scopeOfChange({ action: 'remove', of }), owned: of },
    { scope: enrollScope(of) },
  ]),
  ...['username', 'email', 'phone'].map((of) => ({ scope: scopeOfChange({ action: 'change', of }) })),
];

/** A key may be one that does not verify its user. */
const users = usersWith([...keys, 'key']);

const space = ruleSpace([{ groups: { any: ['a'] } }], universe());

test('some user changes an account after less exactly if it is found', () => {
  const counts = { found: 0, strict: 0, undecided: 0 };
  const setOf = (all: readonly AccountRule[] | undefined): PolicySet => ({
    ...policiesOf(),
    ...{ authenticators, isAccountApp: true },
    ...(all && { accountPolicy: compileAccountPolicy({ name: 'account', rules: all }) }),
  });
  const rankOf = (policies: PolicySet, facts: Facts) => {
    const decision = evaluate(policies, facts);
    return decision.kind === 'allow' ? 0 : decision.kind === 'enroll' && !decision.proofFirst ? 1 : 2;
  };
  fc.assert(
    fc.property(fc.option(rules, { nil: undefined }), fc.option(rules, { nil: undefined }), (before, now) => {
      const sides = { active: setOf(before), next: setOf(now) };
      const { found, undecided } = laxerChanges(sides, space);
      const isLaxer = users.some((facts) =>
        changes.some(({ scope, owned }) => {
          if (owned && !facts.subject?.enrollments.some(({ authenticator }) => authenticator === owned)) return false;
          const asked = { ...facts, request: neutralRequest('notes', ['openid', scope]) };
          return rankOf(sides.next, asked) < rankOf(sides.active, asked);
        }),
      );
      expect(found.length > 0).toBe(isLaxer);
      counts.found += Number(isLaxer);
      counts.undecided += Number(!isLaxer && undecided.length > 0);
      counts.strict += Number(!isLaxer);
    }),
    seeded(150),
  );
  expect(counts.found).toBeGreaterThan(enough(30));
  expect(counts.strict).toBeGreaterThan(enough(25));
  // What Law 7 asks for in any case may be less in a rule.
  expect(counts.undecided).toBeLessThan(counts.strict);
});

const sometimes = [descriptor.webauthn, descriptor.email, descriptor.recovery_code, descriptor.security_question];
/** Also after a recovery by mail, and with the last code used up. */
const afterRecoveries = setsOf(['password', 'email', 'recovery_code', 'security_question', 'totp', 'key'] as const)
  .flatMap((had) => setsOf(had).map((proved) => ({ had, proved })))
  .flatMap(({ had, proved }) =>
    [false, true].flatMap((isRecovered) =>
      [false, true].map((isUsedUp) => {
        const subject = userWith(had, isRecovered ? { recovery: { at: 0, by: ['email'] } } : {});
        const enrollments = subject.enrollments.map((enrollment) =>
          isUsedUp && enrollment.authenticator === 'recovery_code'
            ? { ...enrollment, consumed: true as const }
            : enrollment,
        );
        return factsOf({
          transaction: { id: thisTransaction, startedAt: fixedNow },
          subject: { ...subject, enrollments },
          evidence: proved.map((key) => proof(key, 'now')),
        });
      }),
    ),
  );

test('no change that takes less of an owner is taken for one that takes as much, after a recovery either', () => {
  const counts = { strict: 0, laxer: 0 };
  const before = fc.constantFrom<AccountRule['then']>(
    ...[allow(factors(2)), ofFactor('knowledge'), ofFactor('possession'), by('password'), by('email', 'totp')],
  );
  const now = fc.constantFrom<AccountRule['then']>(allow(factors(1)), ofFactor('knowledge'), ofFactor('possession'));
  const ofOne = fc.record({
    action: fc.constantFrom('remove' as const, 'change' as const),
    of: fc.constantFrom('password', 'email', 'totp', 'webauthn', 'recovery_code', 'security_question'),
  });
  fc.assert(
    fc.property(ofOne, before, now, fc.subarray(sometimes), ({ action, of }, thenBefore, thenNow, more) => {
      const enabled = [password, descriptor.totp, ...more];
      const setOf = (accountRules: readonly AccountRule[]): PolicySet => ({
        ...policiesOf(),
        ...{ authenticators: enabled, isAccountApp: true },
        accountPolicy: compileAccountPolicy({ name: 'account', rules: accountRules }),
      });
      const rest: AccountRule = { name: 'rest', when: {}, then: thenNow };
      const own: AccountRule = { name: 'own', when: {}, change: { [action]: [of] }, then: thenBefore };
      const sides = { active: setOf([own, rest]), next: setOf([rest]) };
      const { found, undecided } = laxerChanges(sides, space);
      if (found.length + undecided.length > 0) {
        counts.laxer += 1;
        return;
      }
      counts.strict += 1;
      const request = neutralRequest('notes', ['openid', scopeOfChange({ action, of })]);
      for (const facts of afterRecoveries) {
        const had = facts.subject?.enrollments.map(({ authenticator }) => authenticator) ?? [];
        if (!had.includes(of) || !had.every((name) => enabled.some(({ key }) => key === name))) continue;
        const given = { ...facts, request };
        if (evaluate(sides.next, given).kind === 'allow') expect(evaluate(sides.active, given).kind).toBe('allow');
      }
    }),
    seeded(150),
  );
  expect(Math.min(counts.strict, counts.laxer)).toBeGreaterThan(enough(30));
});

const terms = fc.constantFrom<readonly string[]>([], [], ['totp']);

test('a finding is reported if and only if some user can set a new password with weaker proofs', () => {
  const counts = { found: 0, strict: 0 };
  const policy = fc.record({ rules: fc.option(rules, { nil: undefined }), disabled: terms });
  type Drawn = typeof policy extends fc.Arbitrary<infer One> ? One : never;
  const setOf = ({ rules: all, disabled }: Drawn): PolicySet => {
    const rule: EnrollmentRule = { name: 'e', when: {}, then: { required: [], optional: [], promoted: [], disabled } };
    return {
      ...policiesOf(),
      authenticators,
      enrollment: compilePolicy({ name: 'enrollment', rules: [rule] }),
      ...(all && {
        recovery: compilePolicy({ name: 'recovery', rules: all.map(({ change: _, ...recoveryRule }) => recoveryRule) }),
      }),
    };
  };
  fc.assert(
    fc.property(policy, policy, (before, now) => {
      const sides = { active: setOf(before), next: setOf(now) };
      const { found, undecided } = laxerRecoveries(sides, space);
      const recovers = (policies: PolicySet, facts: Facts) => evaluateRecovery(policies, facts).kind === 'enroll';
      const isLaxer = users.some((facts) => recovers(sides.next, facts) && !recovers(sides.active, facts));
      expect(found.length > 0).toBe(isLaxer);
      expect(isLaxer || undecided.length === 0).toBe(true);
      counts.found += Number(isLaxer);
      counts.strict += Number(!isLaxer);
    }),
    seeded(150),
  );
  expect(counts.found).toBeGreaterThan(enough(30));
  expect(counts.strict).toBeGreaterThan(enough(35));
});
