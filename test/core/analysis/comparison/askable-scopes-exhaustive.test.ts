/**
 * What an app that may ask for other scopes lets users in with, compared with brute force: each request of a small
 * universe, with each set of proofs, is put to the evaluator on both sides, as it can be made there.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newlyWeaker } from '../../../../src/core/analysis/comparison/newly-weaker.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { grantedScopes } from '../../../../src/core/decision/granted-scopes.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { applyRules } from '../../../../src/core/policy/rules/rules.ts';
import { factors, factsOf, policiesOf, proof, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const scopes = ['read', 'write'];
const subsets = [[], ['read'], ['write'], scopes];
const users = (['password', 'totp'] as const).flatMap((authenticator) => [
  [authenticator],
  ['password', 'totp'] as const,
]);
const requests: readonly Facts[] = subsets.flatMap((subset) =>
  [[], ['a']].flatMap((groups) =>
    users.map((proved) =>
      factsOf({
        subject: userWith(['password', 'totp'], { groups }),
        evidence: proved.map((key) => proof(key, 0)),
        request: { clientId: 'notes', scopes: subset },
      }),
    ),
  ),
);

const names = fc.subarray(scopes, { minLength: 1 });
const when: fc.Arbitrary<Conditions> = fc.oneof(
  names.map((any) => ({ scopes: { any } })),
  names.map((all) => ({ scopes: { all } })),
  names.map((none) => ({ scopes: { none } })),
  names.map((none) => ({ any: [{ scopes: { none } }, { groups: { any: ['a'] } }] })),
  fc.constant({ groups: { any: ['a'] } }),
);
const terms = fc.record({
  count: fc.constantFrom(0, 1, 2, 2),
  granted: fc.constantFrom(undefined, undefined, ['read'], ['write']),
});
const policy = fc.record({ rules: fc.array(fc.record({ when, then: terms }), { maxLength: 2 }), rest: terms });
const refused = fc.subarray(scopes);
const drawn = fc.record({
  active: policy,
  next: fc.option(policy, { nil: undefined }),
  refused: fc.tuple(refused, refused),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer One> ? One : never;

function setOf({ rules, rest }: Drawn['active']) {
  const ruleOf = (at: number, { count, granted }: Drawn['active']['rest'], conditions: Conditions = {}): Rule => ({
    ...{ name: `rule ${at}`, when: conditions, location: { file: 'f', line: at, column: 1 } },
    then:
      count === 0
        ? { kind: 'deny' }
        : { kind: 'allow', requirement: factors(count as 1 | 2), ...(granted && { scopes: granted }) },
  });
  const all = [...rules.map((rule, at) => ruleOf(at, rule.then, rule.when)), ruleOf(9, rest)];
  return policiesOf({ app: { name: 'app', rules: all }, enabled: ['password', 'totp'] });
}

function asked(facts: Facts, out: readonly string[]): Facts {
  return {
    ...facts,
    request: { ...facts.request, scopes: facts.request.scopes.filter((scope) => !out.includes(scope)) },
  };
}

/** The scopes of the tokens. Undefined: the user is not let in. */
function carried(policies: ReturnType<typeof setOf>, facts: Facts): readonly string[] | undefined {
  if (evaluate(policies, facts).kind !== 'allow') return undefined;
  return grantedScopes(facts.request.scopes, policies.app && applyRules(policies.app, facts).rule);
}

test('a request gets a user in with less, or tokens with more, only if it is found, and what is found does', () => {
  const counts = { found: 0, quiet: 0, undecided: 0 };
  fc.assert(
    fc.property(drawn, ({ active, next: edited, refused: [then, now] }) => {
      const next = edited ?? active;
      const sides = { active: setOf(active), next: setOf(next) };
      const either = [...new Set([...then, ...now])];
      const parts = { active: { scopes: either, claims: [] }, next: { scopes: now, claims: [] } };
      const whens = [sides.active, sides.next].flatMap(({ app }) => (app?.rules ?? []).map(({ rule }) => rule.when));
      const space = ruleSpace(whens, universe());
      const { found, undecided } = newlyWeaker({ ...sides, scopes, refused: parts }, space);
      const isWeaker =
        requests.some((request) => {
          const after = carried(sides.next, asked(request, now));
          const before = carried(sides.active, asked(request, either));
          return after !== undefined && !after.every((scope) => before?.includes(scope) ?? false);
        }) ||
        requests.some(
          (request) => carried(sides.next, asked(request, now)) && !carried(sides.active, asked(request, either)),
        );
      if (isWeaker) expect(found.length + undecided.length).toBeGreaterThan(0);
      else expect(found).toEqual([]);
      for (const { facts } of found) expect(facts.request.scopes.filter((scope) => now.includes(scope))).toEqual([]);
      counts.found += Number(found.length > 0);
      counts.quiet += Number(found.length + undecided.length === 0);
      counts.undecided += Number(found.length === 0 && undecided.length > 0);
    }),
    seeded(400),
  );
  expect(counts.found).toBeGreaterThan(enough(100));
  expect(counts.undecided).toBeLessThan(30);
  expect(counts.quiet).toBeGreaterThan(enough(80));
});
