/**
 * What enrollment policies let users do with less that ask how the user signed in, compared with brute force: each user
 * of a small universe, with each set of proofs and each remembered browser, is put to the evaluator on both sides.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { laxerEnrollments } from '../../../src/core/analysis/comparison/laxer-enrollment.ts';
import { newlyWeaker } from '../../../src/core/analysis/comparison/newly-weaker.ts';
import { newlyOpened } from '../../../src/core/analysis/comparison/switched-on.ts';
import { ruleSpace } from '../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Conditions } from '../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Evidence, Facts } from '../../../src/core/model/facts.ts';
import type { Rule } from '../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { enrollmentRuling, usablePolicies } from '../../../src/core/policy/rules/enrollment-terms.ts';
import {
  descriptor,
  enrolled,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { enough, seeded } from '../support/seeded.ts';
import { universe } from '../support/universe.ts';

const keys = ['password', 'phone', 'totp', 'webauthn'] as const;
type Key = (typeof keys)[number];
const session: Rule = { name: 'session', when: {}, then: { kind: 'allow', requirement: factors(1) } };

/** What is proved by each: nothing, though the user has it or not, or something by each of its methods. */
const states: Readonly<Record<Key, readonly (readonly Partial<Evidence>[] | 'has' | undefined)[]>> = {
  password: ['has', [{}]],
  phone: [undefined, 'has', [{ method: 'sms' }], [{ method: 'voice' }]],
  totp: [undefined, 'has', [{}]],
  webauthn: [undefined, 'has', [{}]],
};

/** What a browser remembers of each. */
const memories = (['phone', 'totp', 'webauthn'] as const).flatMap((key) =>
  enrolled(key).map(({ id, authenticator, factors: covered, characteristics }) => ({
    ...{ authenticator, enrollment: id, factors: covered, characteristics, at: fixedNow - 60, until: fixedNow + 60 },
    ...(key === 'phone' && { method: 'sms' }),
  })),
);

const users: readonly Facts[] = keys
  .reduce<readonly (readonly (readonly [Key, (typeof states)[Key][number]])[])[]>(
    (all, key) => all.flatMap((some) => states[key].map((state) => [...some, [key, state] as const])),
    [[]],
  )
  .flatMap((all) =>
    [[], ['a']].flatMap((groups) => {
      const has = all.flatMap(([key, state]) => (state === undefined ? [] : [key]));
      const subject = userWith(has, { groups });
      const facts = factsOf({
        transaction: { id: thisTransaction, startedAt: fixedNow },
        subject,
        evidence: all.flatMap(([key, state]) =>
          typeof state === 'object' ? state.map((more) => proof(key, 'now', more)) : [],
        ),
      });
      const remembered = memories.filter(({ authenticator }) =>
        subject.enrollments.some(({ id }) => id === authenticator),
      );
      const known = remembered.map((memory) => ({
        ...facts,
        device: { ...facts.device, known: true, remembered: [memory] },
      }));
      return [facts, ...known];
    }),
  );

const names = ['password', 'phone', 'phone.sms', 'totp', 'webauthn'];
const when: fc.Arbitrary<Conditions> = fc.oneof(
  fc.record({ any: fc.subarray(names, { minLength: 1, maxLength: 2 }) }).map((authenticated) => ({ authenticated })),
  fc.record({ all: fc.subarray(names, { minLength: 1, maxLength: 2 }) }).map((authenticated) => ({ authenticated })),
  fc.constant({ groups: { any: ['a'] } }),
  fc.constantFrom(...names).map((name) => ({ any: [{ authenticated: { any: [name] } }, { groups: { any: ['a'] } }] })),
);
const required = fc.record({
  anyOf: fc.subarray(['phone', 'totp', 'webauthn'], { minLength: 1, maxLength: 2 }),
});
const terms = fc.record({
  required: fc.array(required, { maxLength: 2 }),
  disabled: fc.constantFrom<readonly string[]>([], [], [], ['phone'], ['totp']),
});
const rules = fc.array(fc.record({ when, then: terms }), { minLength: 1, maxLength: 3 });
const policy = fc.record({ rules, rest: terms });
const methods = fc.constantFrom<readonly string[]>(['sms', 'voice'], ['sms', 'voice'], ['voice']);
const app = fc.record({
  requirement: fc.constantFrom(factors(1), factors(1, { demands: [{ authenticators: ['password'] }] }), factors(2)),
  remember: fc.constantFrom(undefined, undefined, 3600),
});
const drawn = fc.record({
  active: policy,
  next: policy,
  isEdited: fc.boolean(),
  phones: fc.tuple(methods, methods),
  app,
});
type Drawn = typeof drawn extends fc.Arbitrary<infer One> ? One : never;

function setOf(
  { rules: own, rest }: Drawn['active'],
  phone: readonly string[],
  { requirement, remember }: Drawn['app'],
) {
  const ruleOf = ({ when: at, then }: (typeof own)[number], name: string): EnrollmentRule => {
    return { name, when: at, then: { optional: [], promoted: [], ...then } };
  };
  const all = [...own.map((rule, at) => ruleOf(rule, `rule ${at}`)), ruleOf({ when: {}, then: rest }, 'rest')];
  const allowing: Rule = { name: 'app', when: {}, then: { kind: 'allow', requirement, ...(remember && { remember }) } };
  return {
    ...policiesOf({ app: { name: 'app', rules: [allowing] }, session: { name: 'session', rules: [session] } }),
    authenticators: keys.map(
      (key): AuthenticatorDescriptor => (key === 'phone' ? { ...descriptor.phone, methods: phone } : descriptor[key]),
    ),
    enrollment: compilePolicy({ name: 'enrollment', rules: all }),
  } satisfies PolicySet;
}

/** 0: let in, 1: may set up something first, 2: neither. */
function rankOf(policies: PolicySet, facts: Facts): number {
  const decision = evaluate(policies, facts);
  if (decision.kind !== 'enroll') return decision.kind === 'deny' || decision.kind === 'challenge' ? 2 : 0;
  if (decision.skippable) return 0;
  return decision.proofFirst ? 2 : 1;
}

/** What does not count now, the user could have left out before. */
function isCounted(policies: PolicySet, facts: Facts): boolean {
  const { authenticators } = usablePolicies(policies, enrollmentRuling(policies, facts).terms);
  return facts.evidence.every(({ authenticator, method }) => {
    const one = authenticators.find(({ key }) => key === authenticator);
    return one !== undefined && (method === undefined || one.methods?.includes(method) !== false);
  });
}

test('some user gets on with less only if it is found, and each example does', () => {
  const counts = { found: 0, undecided: 0, quiet: 0 };
  fc.assert(
    fc.property(drawn, ({ active, next, isEdited, phones, app: asked }) => {
      // Half of the changes are of one rule.
      const edited = isEdited ? { ...active, rules: [...active.rules.slice(0, -1), ...next.rules.slice(0, 1)] } : next;
      const sides = { active: setOf(active, phones[0], asked), next: setOf(edited, phones[1], asked) };
      const whens = [sides.active, sides.next].flatMap(({ enrollment }) =>
        enrollment.rules.map(({ rule }) => rule.when),
      );
      const space = ruleSpace(whens, universe());
      const { found, undecided } = laxerEnrollments(sides, space);
      const others = newlyWeaker(sides, space);
      // In the pages of the account, as `config apply --no-weaker` asks, too.
      const pages = {
        active: { ...sides.active, isAccountApp: true as const },
        next: { ...sides.next, isAccountApp: true as const },
      };
      const opened = newlyOpened(pages, space);
      const told = [found, undecided, others.found, others.undecided, opened].flat().length;
      const isLaxer = () =>
        users.some((facts) => isCounted(sides.next, facts) && rankOf(sides.next, facts) < rankOf(sides.active, facts));
      if (told === 0) expect(isLaxer()).toBe(false);
      if (found.length > 0) expect(isLaxer()).toBe(true);
      counts.quiet += Number(told === 0);
      counts.found += Number(found.length > 0);
      counts.undecided += Number(found.length === 0 && undecided.length > 0);
    }),
    seeded(50),
  );
  expect(counts.found).toBeGreaterThan(enough(15));
  expect(counts.undecided).toBeLessThan(5);
  expect(counts.quiet).toBeGreaterThan(enough(3));
});
