/** What the trace says of the evidence where a rule only reports. */
import { expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { capabilitiesIn, evaluationContext } from '../../../src/core/decision/evaluation-context.ts';
import { withReportedRules } from '../../../src/core/decision/reported-rules.ts';
import type { Facts } from '../../../src/core/model/facts.ts';
import type { Rule } from '../../../src/core/model/policy.ts';
import type { Trace } from '../../../src/core/model/trace.ts';
import { riskOf } from '../../../src/core/policy/values/risk.ts';
import { allow, factors, factsOf, policiesOf, proof, riskScoring, userWith } from '../support/fixtures.ts';

const ann = userWith(['password', 'totp']);
const rest: Rule = { name: 'Rest', when: {}, then: allow(factors(1)) };
const later: Rule = { name: 'Later', when: {}, then: allow(factors(1)), reportOnly: true };
const reporting = (...rules: readonly Rule[]) => policiesOf({ app: { name: 'app', rules: [...rules, rest] } });
const signedIn = factsOf({ subject: ann, evidence: [proof('password', 'now')] });

test('without such a rule the trace stays as it is', () => {
  const policies = reporting();
  const context = evaluationContext(policies, signedIn);
  expect(capabilitiesIn(ann, context).capabilities.evidence).toHaveLength(1);
  const trace: Trace = { layers: [{ layer: 'app', policy: 'app', rules: [], outcome: 'allow' }] };
  expect(withReportedRules(trace, ann, context)).toBe(trace);
});

test('only the layer of the rule says more, and what else was found stays', () => {
  const facts: Facts = { ...signedIn, risk: riskOf(['newDevice'], [], riskScoring) };
  const risky: Rule = { name: 'Risky', when: { risk: { atLeast: 'high' } }, then: { kind: 'deny' } };
  const [plain, reported] = [[], [later]].map((more) => evaluate(reporting(...more, risky), facts).trace);
  expect(plain?.risk?.reasons.map(({ signal }) => signal)).toEqual(['newDevice']);
  expect(reported?.risk).toEqual(plain?.risk);
  const says = reported?.layers.map(({ layer, ...trace }) => [layer, 'reported' in trace]);
  expect(says).toEqual([
    ['session', false],
    ['app', true],
    ['request', false],
  ]);
});

test('what the session policy does not count is not counted for a rule of the app that only reports, either', () => {
  const hour = 3600;
  const session: Rule = { ...rest, then: allow(factors(1), { idle: 60, absolute: 9 * hour }) };
  const policies = policiesOf({
    session: { name: 'session', rules: [session] },
    app: { name: 'app', rules: [later, rest] },
  });
  const reportedAfter = (longestPause: number) => {
    const facts = factsOf({ subject: ann, evidence: [proof('password', hour, { longestPause })] });
    return evaluate(policies, facts).trace.layers.find(({ layer }) => layer === 'app')?.reported;
  };
  expect(reportedAfter(60)).toMatchObject({ rule: 'Later', satisfied: true });
  expect(reportedAfter(61)).toMatchObject({ rule: 'Later', satisfied: false });
});
