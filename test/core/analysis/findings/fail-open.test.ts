/** In a small universe, every user who lacks the attribute is tried: the analysis finds the same. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failOpen } from '../../../../src/core/analysis/findings/fail-open.ts';
import type {
  AttributeTest,
  CompiledExpression,
  Conditions,
  ExpressionPart,
} from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { applyRules, findRule } from '../../../../src/core/policy/rules/rules.ts';
import { entangled } from '../../support/entangled.ts';
import { factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

/** Users without the attribute `plan`. */
const lacking: readonly Facts[] = [[], ['a'], ['b'], ['a', 'b']].flatMap((memberOf) =>
  [{}, { level: 1 }, { level: 9 }].map((profile) => factsOf({ subject: userWith([], { groups: memberOf, profile }) })),
);

const test1: fc.Arbitrary<AttributeTest> = fc.constantFrom<AttributeTest>(
  { equals: 'gold' },
  { in: ['gold', 'silver'] },
);
const groups = fc.constantFrom({ any: ['a'] }, { none: ['a'] }, { any: ['b'] }, { all: ['a', 'b'] });
const level = fc.constantFrom<AttributeTest>({ atLeast: 5 }, { below: 5 });

const when: fc.Arbitrary<Conditions> = fc
  .record({ groups, plan: test1, level }, { requiredKeys: [] })
  .map(({ groups: lists, ...attributes }) => ({
    ...(lists && { groups: lists }),
    ...(Object.keys(attributes).length > 0 && { attributes: attributes as Record<string, AttributeTest> }),
  }));

const allow: Rule['then'] = { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } };
const rules = fc.array(fc.record({ when, denies: fc.boolean() }), { minLength: 1, maxLength: 4 });

function withoutPlan({ attributes, ...withoutAttributes }: Conditions): Conditions {
  const { plan: _, ...others } = attributes ?? {};
  return { ...withoutAttributes, ...(Object.keys(others).length > 0 && { attributes: others }) };
}

const namedRules = (drawn: readonly { readonly when: Conditions; readonly denies: boolean }[]) =>
  drawn.map(({ when: conditions, denies }, at): Rule => {
    return { name: String(at), when: conditions, then: denies ? { kind: 'deny' } : allow };
  });

test('a denial fails open exactly where a user without the attribute is let in', () => {
  const counts = { open: 0, closed: 0, besideDenies: 0 };
  fc.assert(
    fc.property(rules, fc.boolean(), fc.option(rules), (drawn, restDenies, drawnBeside) => {
      const named = namedRules([...drawn, { when: {}, denies: restDenies }]);
      const policy = compilePolicy({ name: 'policy', rules: named });
      const besideRules = drawnBeside && namedRules([...drawnBeside, { when: {}, denies: false }]);
      const beside = besideRules && compilePolicy({ name: 'beside', rules: besideRules });
      const isLetInBeside = (facts: Facts) => beside === null || applyRules(beside, facts).outcome === 'allow';
      const of = { policy, ...(beside && { beside }) };
      const found = failOpen(of, universe()).found.filter(({ attribute }) => attribute === 'plan');
      for (const { rule, instead, facts } of found) {
        expect(facts.subject.profile).not.toHaveProperty('plan');
        expect(applyRules(policy, facts).rule).toBe(instead);
        expect(isLetInBeside(facts)).toBe(true);
        expect(rule.then.kind).toBe('deny');
      }
      // Users whom a rule above lets in are let in with the attribute, too.
      const isLetInBelow = (denial: Rule, { outcome, rule }: ReturnType<typeof applyRules>) =>
        outcome === 'allow' && rule !== undefined && named.indexOf(rule as Rule) > named.indexOf(denial);
      const denying = named.filter(({ then, when: all }) => then.kind === 'deny' && all.attributes?.plan);
      for (const rule of denying) {
        const rest = compilePolicy({ name: 'rest', rules: [{ name: 'rest', when: withoutPlan(rule.when) }] });
        const missed = lacking.filter(
          (facts) => findRule(rest, facts).rule !== undefined && isLetInBelow(rule, applyRules(policy, facts)),
        );
        const isOpen = missed.some(isLetInBeside);
        expect(found.some((finding) => finding.rule === rule)).toBe(isOpen);
        counts[isOpen ? 'open' : missed.length > 0 ? 'besideDenies' : 'closed'] += 1;
      }
    }),
    seeded(300),
  );
  expect(Math.min(counts.open, counts.closed)).toBeGreaterThan(enough(30));
  expect(counts.besideDenies).toBeGreaterThan(enough(5));
});

const deny = (conditions: Conditions): Rule => ({ name: 'Deny', when: conditions, then: { kind: 'deny' } });
const admit = (conditions: Conditions): Rule => ({ name: 'Admit', when: conditions, then: allow });
const rest = admit({});
const open = (...all: readonly Rule[]) =>
  failOpen({ policy: compilePolicy({ name: 'p', rules: all }) }, universe()).found;

const inA: Conditions = { groups: { any: ['a'] } };
const withPlan = (plan: AttributeTest): Conditions => ({ attributes: { plan } });
const gold = deny(withPlan({ equals: 'gold' }));
const contractors = deny({ userType: { any: ['contractor'] } });

test('an alternative of a denial may fail open, too, as far as its other conditions hold', () => {
  const found = open(deny({ ...inA, any: [{ network: { any: ['office'] } }, withPlan({ equals: 'gold' })] }), rest);
  expect(found).toMatchObject([{ attribute: 'plan', instead: rest, facts: { subject: { groups: ['a'] } } }]);
});

test('what else a denial asks for holds in the example', () => {
  const both = deny({ attributes: { plan: { equals: 'gold' }, level: { atLeast: 5 } }, any: [inA, inA] });
  const found = open(both, rest);
  expect(found.map(({ attribute }) => attribute)).toEqual(['plan', 'level']);
  const [firstFound] = found;
  expect(firstFound?.facts.subject.groups).toEqual(['a']);
  expect(firstFound?.facts.subject.profile).toEqual({ level: expect.any(Number) });
  expect(Number(firstFound?.facts.subject.profile.level)).toBeGreaterThanOrEqual(5);
});

test('the user type may be lacking, too', () => {
  const [found, ...others] = open(contractors, rest);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ rule: contractors, attribute: 'userType', instead: rest });
  expect(found?.facts.subject.userType).not.toBe('contractor');
  const named = deny({ userType: { any: ['contractor'] }, ...withPlan({ equals: 'gold' }) });
  const [first, second] = open(named, deny({ userType: { any: ['guest'] } }), rest);
  expect(first).toMatchObject({ attribute: 'plan', facts: { subject: { userType: 'contractor', profile: {} } } });
  expect(second).toMatchObject({ attribute: 'userType', facts: { subject: { profile: { plan: 'gold' } } } });
  expect(['contractor', 'guest']).not.toContain(second?.facts.subject.userType);
});

test.each<[string, Rule, Conditions]>([
  ['that it must be there', gold, { ...inA, ...withPlan({ present: true }) }],
  ['that it must not', gold, { ...inA, ...withPlan({ present: false }) }],
  ['that it differs', gold, { ...inA, ...withPlan({ not: { equals: 'silver' } }) }],
  ['that it is none of some types', contractors, { ...inA, userType: { none: ['guest'] } }],
])('quiet where some rule says %s, which says what absence means', (_, denial, said) => {
  expect(open(denial, rest)).toHaveLength(1);
  expect(open(denial, admit(said), rest)).toEqual([]);
});

test('another attribute says nothing about it', () => {
  expect(open(gold, admit({ ...inA, attributes: { level: { present: false } } }), rest)).toHaveLength(1);
  expect(open(gold, admit({ ...inA, userType: { none: ['guest'] } }), rest)).toHaveLength(1);
});

test('quiet about a rule above, which lets in users who have the attribute as well', () => {
  expect(open(admit(inA), gold, deny({}))).toEqual([]);
  expect(open(admit(inA), gold, rest)).toMatchObject([{ instead: rest, facts: { subject: { groups: [] } } }]);
});

test.each<[string, readonly Rule[]]>([
  ['all others are denied before', [gold, deny({}), rest]],
  ['the rule below wants it', [gold, admit(withPlan({ equals: 'silver' })), deny({})]],
  ['the rule below wants another type', [contractors, admit({ userType: { any: ['guest'] } }), deny({})]],
  [
    'the rule below never decides',
    [gold, admit({ device: { known: false }, risk: { none: ['newDevice'] } }), deny({})],
  ],
  ['no user is known who is under the rule below', [gold, admit({ attributes: { nick: { equals: 'a*' } } }), deny({})]],
])('quiet where %s', (_, given) => {
  expect(open(...given)).toEqual([]);
});

test('the example is a user that no rule above denies', () => {
  const either = admit({ any: [inA, { groups: { any: ['c'] } }] });
  expect(open(deny(inA), gold, either, deny({}))).toMatchObject([{ facts: { subject: { groups: ['c'] } } }]);
});

test('the example is a user in as few groups as possible', () => {
  const either = admit({ any: [{ groups: { all: ['a', 'b'] } }, { groups: { any: ['c'] } }] });
  expect(open(gold, either, deny({}))).toMatchObject([{ instead: either, facts: { subject: { groups: ['c'] } } }]);
});

test('rules that are entangled on purpose leave it undecided, once for each rule', () => {
  const both = deny({ attributes: { plan: { equals: 'gold' }, level: { atLeast: 5 } } });
  const policy = compilePolicy({ name: 'p', rules: [both, ...entangled.map(deny), rest] });
  expect(failOpen({ policy }, universe())).toEqual({ found: [], undecided: [both], opaque: [] });
});

describe('a denial with a part of which nothing is known', () => {
  const denying = (evaluate: CompiledExpression['evaluate']): Rule => {
    const logic = { text: 'size(user.profile.unit) == 2' };
    const part: ExpressionPart = { reads: ['user.profile.unit'], texts: [], numbers: [], evaluate };
    const expression = { written: logic.text, aboutUser: true, varies: false, logic, evaluate, partOf: () => part };
    return deny({ attributes: { plan: { equals: 'gold' }, unit: { matches: 'u*' } }, expression });
  };
  const askedOf = (denial: Rule, steps: number) => {
    const policy = compilePolicy({ name: 'p', rules: [denial, rest] });
    const { found, undecided } = failOpen({ policy }, universe(), { questions: { steps }, examples: { steps } });
    return { found: found.map(({ attribute }) => attribute), undecided };
  };

  test('is a finding once a user is known whom it denies', () => {
    const inUnit = denying(({ subject }) => (subject?.profile.unit === undefined ? 'miss' : 'hit'));
    expect(askedOf(inUnit, 10_000)).toEqual({ found: ['plan', 'unit'], undecided: [] });
    const never = denying(() => 'miss');
    expect(askedOf(never, 10_000)).toEqual({ found: [], undecided: [] });
  });

  test('is undecided where the steps did not suffice', () => {
    const denial = denying(() => 'miss');
    expect(askedOf(denial, 0)).toEqual({ found: [], undecided: [denial] });
  });
});

test('a rule that never applies denies no user, with the attribute or without', () => {
  const named = (clearance: AttributeTest) => deny({ attributes: { clearance } });
  expect(open(named({ atLeast: 2, below: 4 }), rest)).toHaveLength(1);
  expect(open(named({ atLeast: 4, below: 2 }), rest)).toEqual([]);
});
