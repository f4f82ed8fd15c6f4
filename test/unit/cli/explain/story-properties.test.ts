/** The story of any decision can be told: whatever its rules ask, and whether or not the user has identified. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ToldLayer } from '../../../../src/cli/explain/sign-in-story.ts';
import { storyText } from '../../../../src/cli/explain/story-text.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { Rule, RuleHead } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { auditTrace, decidingRules, type TracedLayer } from '../../../../src/flow/audit-trace.ts';
import { conditions, facts } from '../../../core/support/fact-arbitraries.ts';
import { allow, factors, policiesOf } from '../../../core/support/fixtures.ts';
import { enough, seeded } from '../../../core/support/seeded.ts';

const when = fc.oneof({ weight: 3, arbitrary: conditions }, { weight: 1, arbitrary: fc.constant<Conditions>({}) });
const drawnRule = fc.record({ when, kind: fc.constantFrom('deny', 'allow', 'off', 'report') });
const drawnRules = fc.array(drawnRule, { maxLength: 12 });
type DrawnRule = typeof drawnRule extends fc.Arbitrary<infer Value> ? Value : never;

/** `prefix`: of the names, so that no two policies share one. */
function withNames<Then>(prefix: string, rules: readonly DrawnRule[], thenOf: (kind: string) => Then) {
  return rules.map((rule, index) => ({
    name: `${prefix} ${index}`,
    when: rule.when,
    then: thenOf(rule.kind),
    ...(rule.kind === 'off' && { off: true as const }),
    ...(rule.kind === 'report' && { reportOnly: true as const }),
  }));
}

const drawnSignIn = fc.record({
  session: drawnRules,
  app: drawnRules,
  enrollment: drawnRules,
  facts,
  isAnonymous: fc.boolean(),
});
type DrawnSignIn = typeof drawnSignIn extends fc.Arbitrary<infer Value> ? Value : never;

function rulesOf({ session, app, enrollment }: DrawnSignIn) {
  const thenOf = (kind: string): Rule['then'] => (kind === 'deny' ? { kind } : allow(factors(1)));
  return {
    session: withNames('Session', session, thenOf),
    app: withNames('App', app, thenOf),
    enrollment: withNames('Enrollment', enrollment, () => ({
      required: [],
      optional: [],
      promoted: [],
      disabled: [],
    })),
  };
}

function told(layers: readonly TracedLayer[], rules: readonly RuleHead[]): readonly ToldLayer[] {
  return layers.map((layer) => ({
    ...layer,
    ...(layer.passed && {
      passed: layer.passed.map((passed) => {
        const rule = rules.find(({ name }) => name === passed.rule);
        return { ...passed, ...(rule && { when: rule.when }) };
      }),
    }),
  }));
}

test('it names why each rule before the deciding one did not decide', () => {
  let undecided = 0;
  fc.assert(
    fc.property(drawnSignIn, (drawn) => {
      const rules = rulesOf(drawn);
      const policies: PolicySet = {
        ...policiesOf({ app: factors(1) }),
        session: compilePolicy({ name: 'session', rules: rules.session }),
        app: compilePolicy({ name: 'app', rules: rules.app }),
        enrollment: compilePolicy({ name: 'enrollment', rules: rules.enrollment }),
      };
      const { subject, ...anonymous } = drawn.facts;
      const known: Facts = drawn.isAnonymous ? anonymous : { ...anonymous, subject };
      const decision = evaluate(policies, known);
      const { trace } = auditTrace(decision, known);
      for (const { outcome, passed = [] } of trace.layers) {
        if (outcome === 'undecided') undecided += 1;
        expect(passed.map(({ because }) => because)).not.toContain('');
        expect(passed.findIndex(({ unknown }) => unknown)).toBe(outcome === 'undecided' ? passed.length - 1 : -1);
      }
      const layers = told(trace.layers, [...rules.session, ...rules.app, ...rules.enrollment]);
      const time = '2027-01-15T09:00:00.000Z';
      const line = { time, event: 'sign_in.denied', outcome: 'deny', ...decidingRules(decision) } as const;
      const decisions = [{ ...trace, line, layers, revisionFound: true }];
      const text = storyText({ transaction: 'transaction', events: [line], decisions }, (_, words) => words);
      for (const { passed = [] } of trace.layers)
        for (const { rule } of passed) expect(text).toContain(`    not by "${rule}": `);
    }),
    seeded(1000),
  );
  expect(undecided).toBeGreaterThan(enough(65));
});
