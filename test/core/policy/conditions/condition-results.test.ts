/** Four values of conditions: what they come to together, in rules and policies, whatever their order. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { evaluateService } from '../../../../src/core/decision/service-issuance.ts';
import { evaluateIssuance } from '../../../../src/core/decision/token-issuance.ts';
import type { ConditionResult } from '../../../../src/core/model/conditions.ts';
import { defaultPasswordTerms, type PasswordRule } from '../../../../src/core/model/password-policy.ts';
import type { RuleHead } from '../../../../src/core/model/policy.ts';
import { allOf, anyOf } from '../../../../src/core/policy/condition-result.ts';
import { type CompiledPolicy, type CompiledRule, compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { type CompiledCondition, leavesOf } from '../../../../src/core/policy/rules/condition-table.ts';
import { groupIndex } from '../../../../src/core/policy/rules/group-index.ts';
import { passwordRuling, termsForNewPassword } from '../../../../src/core/policy/rules/password-terms.ts';
import { applyRules, findRule, possiblePositions, rulesAnywhere } from '../../../../src/core/policy/rules/rules.ts';
import { allow, enrollmentTerms, factors, factsOf, policiesOf, proof, userWith } from '../../support/fixtures.ts';
import { seeded } from '../../support/seeded.ts';

type Results = readonly ConditionResult[];
/** What a rule consists of: results side by side, and alternatives of which one must hold. */
interface Shape {
  readonly all: Results;
  readonly any?: readonly Results[];
}

const values = ['hit', 'miss', 'unknown', 'error'] as const;

/** As the tables of the documentation have it; rows and columns in the order of `values`. */
const and = [
  ['hit', 'miss', 'unknown', 'error'],
  ['miss', 'miss', 'miss', 'miss'],
  ['unknown', 'miss', 'unknown', 'error'],
  ['error', 'miss', 'error', 'error'],
] as const;
const or = [
  ['hit', 'hit', 'hit', 'hit'],
  ['hit', 'miss', 'unknown', 'error'],
  ['hit', 'unknown', 'unknown', 'error'],
  ['hit', 'error', 'error', 'error'],
] as const;

function folded(table: typeof and | typeof or, all: Results, neutral: ConditionResult): ConditionResult {
  return all.reduce((one, other) => table[values.indexOf(one)]?.[values.indexOf(other)] ?? 'error', neutral);
}

function naively({ all, any }: Shape): ConditionResult {
  const alternatives = any === undefined ? [] : [any.map((alternative) => folded(and, alternative, 'hit'))];
  return folded(and, [...all, ...alternatives.map((list) => folded(or, list, 'miss'))], 'hit');
}

const leaf = (value: ConditionResult): CompiledCondition => ({ name: 'leaf', test: () => value, varies: false });

/** The same conditions as a compiled rule, which knows nothing of the tables. */
function conditionsOf({ all, any }: Shape): readonly CompiledCondition[] {
  const alternatives = any?.map((alternative) => alternative.map(leaf));
  const both = alternatives && {
    name: 'any',
    test: () => anyOf(alternatives.map((alternative) => allOf(alternative.map(({ test: run }) => run(factsOf()))))),
    varies: false,
    alternatives,
  };
  return [...all.map(leaf), ...(both ? [both] : [])];
}

function policyOf<Of extends RuleHead>(rules: readonly Of[], shapes: readonly Shape[]): CompiledPolicy<Of> {
  const compiled = rules.map((rule, index): CompiledRule<Of> => {
    const conditions = conditionsOf(shapes[index] ?? { all: [] });
    return { rule, conditions, leaves: leavesOf(conditions), groupsAt: -1, traces: [] };
  });
  return { name: 'tested', rules: compiled, groups: groupIndex(compiled) };
}

const denying = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `${index}`, when: {}, then: { kind: 'deny' as const } }));

const result = fc.constantFrom(...values);
const results = fc.array(result, { maxLength: 4 });
const shape: fc.Arbitrary<Shape> = fc.record(
  { all: results, any: fc.array(results, { minLength: 1, maxLength: 3 }) },
  { requiredKeys: ['all'] },
);

describe('results together', () => {
  test('follow the tables', () => {
    for (const value of values) {
      for (const other of values) {
        expect([value, other, allOf([value, other])]).toEqual([value, other, folded(and, [other], value)]);
        expect([value, other, anyOf([value, other])]).toEqual([value, other, folded(or, [other], value)]);
      }
    }
    expect([allOf([]), anyOf([])]).toEqual(['hit', 'miss']);
  });

  test('do not depend on the order', () => {
    fc.assert(
      fc.property(results, fc.infiniteStream(fc.nat()), (list, draws) => {
        const shuffled = list.map((value) => [draws.next().value, value] as const).sort(([a], [b]) => a - b);
        const other = shuffled.map(([, value]) => value);
        expect([allOf(other), anyOf(other)]).toEqual([allOf(list), anyOf(list)]);
      }),
      seeded(300),
    );
  });

  test('determine the result of a rule, with and without alternatives', () => {
    fc.assert(
      fc.property(shape, (drawn) => {
        const [trace] = findRule(policyOf(denying(1), [drawn]), factsOf()).traces;
        expect(trace?.result).toBe(naively(drawn));
        const alternatives = trace?.conditions.find(({ condition }) => condition === 'any')?.alternatives;
        expect(alternatives?.map((list) => list.map((each) => each.result))).toEqual(drawn.any);
      }),
      seeded(500),
    );
  });
});

describe('in a policy', () => {
  test('the first rule that holds or fails decides, unless one before it may yet hold', () => {
    fc.assert(
      fc.property(fc.array(shape, { maxLength: 4 }), (shapes) => {
        const value = shapes.map(naively);
        const end = value.findIndex((each) => each === 'hit' || each === 'error');
        const undecided = value.slice(0, end < 0 ? value.length : end).includes('unknown');
        const { outcome, rule, failed } = applyRules(policyOf(denying(shapes.length), shapes), factsOf());
        const decides = undecided || end < 0 ? undefined : value[end];
        const expected = decides === 'hit' ? 'deny' : (decides ?? (undecided ? 'undecided' : 'no_rule'));
        expect(outcome).toBe(expected);
        expect(rule?.name).toBe(decides === 'hit' ? `${end}` : undefined);
        expect(failed?.name).toBe(decides === 'error' ? `${end}` : undefined);
      }),
      seeded(500),
    );
  });

  test('a rule that fails is none that may decide, and nothing behind it is', () => {
    const policy = policyOf(denying(4), [{ all: ['unknown'] }, { all: ['miss'] }, { all: ['error'] }, { all: [] }]);
    expect(possiblePositions(findRule(policy, factsOf()).traces)).toEqual([0]);
    expect(rulesAnywhere(policy, factsOf()).map(({ name }) => name)).toEqual(['0']);
  });

  test('a failure here may not matter elsewhere, where another condition varies', () => {
    const varying: CompiledCondition = { name: 'leaf', test: () => 'hit', varies: true };
    const failing = leaf('error');
    const any = { name: 'any', test: () => 'hit' as const, varies: true, alternatives: [[varying], [failing]] };
    const base = policyOf(denying(2), []);
    for (const conditions of [[varying, failing], [any]]) {
      const [first, second] = base.rules as readonly [CompiledRule, CompiledRule];
      const rules = [{ ...first, conditions }, second];
      expect(rulesAnywhere({ ...base, rules }, factsOf()).map(({ name }) => name)).toEqual(['0', '1']);
    }
  });
});

describe('a rule that fails denies in every kind of policy', () => {
  const failing = [{ all: ['error'] as const }];
  const ann = userWith(['password']);
  const facts = factsOf({ subject: ann, evidence: [proof('password', 'now')] });
  const open = policiesOf({ app: factors(1) });
  const lenient = policyOf([{ name: 'all', when: {}, then: allow(factors(1)) }], failing);
  const enrollment = policyOf([{ name: 'all', when: {}, then: enrollmentTerms() }], failing);
  const profile = policyOf([{ name: 'all', when: {}, then: { required: [], optional: [], terms: [] } }], failing);

  test.each([
    ['session', { ...open, session: lenient }],
    ['app', { ...open, app: lenient }],
    ['enrollment', { ...open, enrollment }],
    ['profile', { ...open, profile }],
  ] as const)('%s policy', (layer, policies) => {
    const decision = evaluate(policies, facts);
    expect(decision).toMatchObject({ kind: 'deny', reason: 'condition_failed', layer, rule: 'all' });
    expect(decision.trace.layers.find((trace) => trace.layer === layer)).toMatchObject({
      outcome: 'deny',
      decidedBy: 'all',
      rules: [{ rule: 'all', result: 'error', conditions: [{ condition: 'leaf', result: 'error' }] }],
    });
    expect(evaluate(open, facts).kind).toBe('allow');
  });

  test.each(['session', 'app'] as const)('%s policy, when tokens are issued', (layer) => {
    const evidence = facts.evidence;
    expect(evaluateIssuance({ ...open, [layer]: lenient }, { ...facts, evidence })).toMatchObject({
      allow: false,
      reason: 'condition_failed',
    });
  });

  test('recovery policy', () => {
    const transaction = { id: 'tx-now', startedAt: facts.now, recovering: true as const };
    const proved = proof('email', 'now', { origin: 'recovery' });
    const subject = userWith(['password', 'email']);
    const decision = evaluate({ ...open, recovery: lenient }, { ...facts, subject, transaction, evidence: [proved] });
    expect(decision).toMatchObject({ kind: 'deny', reason: 'condition_failed' });
  });

  test('password policy: no password can be set', () => {
    const rules: readonly PasswordRule[] = [{ name: 'all', when: {}, then: defaultPasswordTerms }];
    const password = policyOf(rules, failing);
    expect(passwordRuling({ password: compilePolicy({ name: 'password', rules }) }, facts)?.rule).toBe('all');
    expect(passwordRuling({ password }, facts)).toBeUndefined();
    expect(termsForNewPassword({ password }, facts)).toBeUndefined();
  });

  test('service policy', () => {
    const policy = policyOf([{ name: 'all', when: {}, then: { kind: 'allow' as const } }], failing);
    const decision = evaluateService(policy, factsOf());
    expect(decision).toMatchObject({ allow: false, reason: 'condition_failed' });
    expect(decision.trace.layers).toMatchObject([{ decidedBy: 'all', outcome: 'deny' }]);
  });
});
