/** Rules that are switched off, and rules that only report. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { evaluateService } from '../../../../src/core/decision/service-issuance.ts';
import { evaluateIssuance } from '../../../../src/core/decision/token-issuance.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Evidence, Facts } from '../../../../src/core/model/facts.ts';
import type { AllowTerms, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { findRule, reportOf } from '../../../../src/core/policy/rules/rules.ts';
import { conditions, facts } from '../../support/fact-arbitraries.ts';
import {
  allow,
  enrollmentTerms,
  factors,
  factsOf,
  policiesOf,
  proof,
  rememberedProof,
  userWith,
} from '../../support/fixtures.ts';
import { seeded } from '../../support/seeded.ts';

const rest: Rule = { name: 'Rest', when: {}, then: allow(factors(1)) };
const ann = userWith(['password', 'totp'], { groups: ['staff'] });
const signedIn = factsOf({ subject: ann, evidence: [proof('password', 'now')] });
const rule = (name: string, then: Rule['then'], more: Partial<Rule> = {}): Rule => ({
  name,
  when: { groups: { any: ['staff'] } },
  then,
  ...more,
});

function decide(about: Facts, ...rules: readonly Rule[]) {
  const decision = evaluate(policiesOf({ app: { name: 'app', rules: [...rules, rest] } }), about);
  const layer = decision.trace.layers.find((trace) => trace.layer === 'app');
  return { kind: decision.kind, decidedBy: layer?.decidedBy, reported: layer?.reported, rules: layer?.rules.length };
}

test('a rule that is switched off is not there', () => {
  expect(decide(signedIn, rule('Closed', { kind: 'deny' }, { off: true }))).toEqual({
    kind: 'allow',
    decidedBy: 'Rest',
    rules: 1,
  });
});

describe('a rule that only reports', () => {
  test('decides nothing, and the trace contains what it would have decided', () => {
    const result = decide(signedIn, rule('Closed', { kind: 'deny' }, { reportOnly: true }));
    expect(result).toMatchObject({ kind: 'allow', decidedBy: 'Rest', rules: 1 });
    expect(result.reported).toMatchObject({ rule: 'Closed', outcome: 'deny', result: 'hit' });
  });

  test.each<[1 | 2, boolean]>([
    [1, true],
    [2, false],
  ])('that takes %i factors says whether the evidence would meet it: %s', (count, satisfied) => {
    const { reported } = decide(signedIn, rule('Stricter', allow(factors(count)), { reportOnly: true }));
    expect(reported).toMatchObject({ rule: 'Stricter', outcome: 'allow', satisfied });
  });

  const hour = 3600;
  const taking = (count: 1 | 2, more: Partial<AllowTerms>): AllowTerms => ({
    ...{ kind: 'allow', requirement: factors(count) },
    ...more,
  });
  const old = (...proofs: readonly Facts['evidence'][number][]) => factsOf({ subject: ann, evidence: proofs });

  test.each<[string, Rule['then'], Facts, boolean]>([
    [
      'a proof that is too old for its session',
      taking(1, { appSession: { absolute: hour } }),
      old(proof('password', 2 * hour)),
      false,
    ],
    [
      'a proof that its session takes',
      taking(1, { appSession: { absolute: 3 * hour } }),
      old(proof('password', 2 * hour)),
      true,
    ],
    [
      'what the browser remembers',
      taking(2, { remember: 30 * 24 * hour }),
      { ...signedIn, device: { ...signedIn.device, remembered: [rememberedProof('totp', hour)] } },
      true,
    ],
    [
      'what the browser remembers, but remembers nothing itself',
      allow(factors(2)),
      { ...signedIn, device: { ...signedIn.device, remembered: [rememberedProof('totp', hour)] } },
      false,
    ],
  ])('says what it would make of %s', (_, then, about, satisfied) => {
    const { kind, reported } = decide(about, rule('Later', then, { reportOnly: true }));
    expect([kind, reported]).toEqual(['allow', expect.objectContaining({ outcome: 'allow', satisfied })]);
  });

  test('counts by its own session what the session of the enforced rule is too short for', () => {
    const enforced = rule('Short', taking(1, { appSession: { absolute: hour } }));
    const later = rule('Later', taking(2, { appSession: { absolute: 9 * hour } }), { reportOnly: true });
    const about = old(proof('password', 'now'), proof('totp', 2 * hour));
    expect(decide(about, later, enforced)).toMatchObject({ kind: 'allow', reported: { satisfied: true } });
  });

  test.each<[string, number, Partial<Evidence>, boolean]>([
    ['older', 2 * hour, {}, false],
    ['younger', hour / 2, {}, true],
    ['longer unused', hour / 2, { longestPause: 600 }, false],
    ['as long unused', hour / 2, { longestPause: 300 }, true],
  ])('of the session policy says that a session is over that is %s', (_, age, more, satisfied) => {
    const later: Rule = {
      ...rule('Later', allow(factors(1), { idle: 300, absolute: hour })),
      reportOnly: true,
    };
    const long = allow(factors(1), { idle: 10 * hour, absolute: 10 * hour });
    const policies = policiesOf({ session: { name: 'session', rules: [later, { ...rest, then: long }] } });
    const { kind, trace } = evaluate(policies, old(proof('password', age, more)));
    const reported = expect.objectContaining({ rule: 'Later', satisfied });
    expect([kind, trace.layers[0]]).toEqual(['allow', expect.objectContaining({ layer: 'session', reported })]);
  });

  test('says at an exchange for tokens what it would have made of the evidence', () => {
    const later = rule('Later', taking(1, { appSession: { absolute: hour } }), { reportOnly: true });
    const policies = policiesOf({ app: { name: 'app', rules: [later, rest] } });
    const { allow: isAllowed, trace } = evaluateIssuance(policies, old(proof('password', 2 * hour)));
    const app = trace.layers.find(({ layer }) => layer === 'app');
    expect([isAllowed, app?.reported]).toEqual([true, expect.objectContaining({ rule: 'Later', satisfied: false })]);
  });

  test('that fails denies, whatever it takes, so that there is nothing to meet', () => {
    const when: Rule['when'] = {
      expression: {
        written: 'broken',
        aboutUser: false,
        varies: false,
        evaluate: () => 'error',
        logic: { text: 'broken' },
      },
    };
    const { reported } = decide(signedIn, rule('Broken', allow(factors(1)), { reportOnly: true, when }));
    expect(reported).toMatchObject({ rule: 'Broken', outcome: 'deny', result: 'error' });
    expect(reported).not.toHaveProperty('satisfied');
  });

  test('reports nothing behind the rule that decides', () => {
    const decided = rule('First', allow(factors(1)));
    expect(decide(signedIn, decided, rule('Closed', { kind: 'deny' }, { reportOnly: true })).reported).toBeUndefined();
  });

  test('reports nothing where it does not hold, or is not known to hold', () => {
    const closed = rule('Closed', { kind: 'deny' }, { reportOnly: true });
    expect(decide({ ...signedIn, subject: { ...ann, groups: [] } }, closed).reported).toBeUndefined();
    expect(decide(factsOf(), closed)).toEqual({ kind: 'identify', decidedBy: 'Rest', rules: 1 });
  });

  test('that would decide before the user has identified leaves no policy undecided', () => {
    const known = rule('Known', { kind: 'deny' }, { reportOnly: true, when: { network: { any: ['world'] } } });
    expect(decide(factsOf(), known)).toMatchObject({ decidedBy: 'Rest', reported: { rule: 'Known' } });
  });

  test('is reported of services and of enrollment policies, too', () => {
    const service = compilePolicy({
      name: 'jobs',
      rules: [
        { name: 'Later closed', when: {}, then: { kind: 'deny' as const }, reportOnly: true as const },
        { name: 'Rest', when: {}, then: { kind: 'allow' as const } },
      ],
    });
    expect(evaluateService(service, factsOf())).toMatchObject({
      allow: true,
      trace: { layers: [{ reported: { rule: 'Later closed', outcome: 'deny' } }] },
    });
    const terms = enrollmentTerms();
    const rules: readonly EnrollmentRule[] = [
      { name: 'No passwords', when: {}, then: { ...terms, disabled: ['password'] }, reportOnly: true },
      { name: 'Rest', when: {}, then: terms },
    ];
    const enrollment = compilePolicy({ name: 'enrollment', rules });
    const decision = evaluate({ ...policiesOf(), enrollment }, signedIn);
    expect(decision.kind).toBe('allow');
    expect(decision.trace.layers).toContainEqual(
      expect.objectContaining({ layer: 'enrollment', reported: expect.objectContaining({ rule: 'No passwords' }) }),
    );
  });
});

describe('an enrollment or profile rule that only reports', () => {
  const terms = enrollmentTerms();
  const profileTerms = { required: [], optional: [], terms: [] };
  const reportedBy = (layer: 'enrollment' | 'profile', policies: Partial<PolicySet>) => {
    const decision = evaluate({ ...policiesOf(), ...policies }, signedIn);
    expect(decision.kind).toBe('allow');
    return decision.trace.layers.find((trace) => trace.layer === layer)?.reported;
  };

  test.each<[string, Partial<EnrollmentRule['then']>, boolean]>([
    ['requires what the user lacks', { required: [{ anyOf: ['webauthn'] }] }, false],
    ['requires what the user has', { required: [{ anyOf: ['totp'] }] }, true],
    ['disables what the user proved', { disabled: ['password'] }, false],
    ['disables what the user did not prove', { disabled: ['totp'] }, true],
  ])('and %s says whether more would have been asked for', (_, then, satisfied) => {
    const soon: EnrollmentRule = { name: 'Soon', when: {}, then: { ...terms, ...then }, reportOnly: true };
    const enrollment = compilePolicy({ name: 'enrollment', rules: [soon, { name: 'Rest', when: {}, then: terms }] });
    expect(reportedBy('enrollment', { enrollment })).toMatchObject({ rule: 'Soon', outcome: 'allow', satisfied });
  });

  test.each([
    ['an attribute that the user lacks', ['nickname'], false],
    ['nothing', [], true],
  ])('and requires %s says the same', (_, required, satisfied) => {
    const soon = { name: 'Soon', when: {}, then: { ...profileTerms, required }, reportOnly: true as const };
    const profile = compilePolicy({ name: 'profile', rules: [soon, { name: 'Rest', when: {}, then: profileTerms }] });
    expect(reportedBy('profile', { profile })).toMatchObject({ rule: 'Soon', outcome: 'allow', satisfied });
  });
});

test('never change which of the other rules decides, and report what would if they were enforced', () => {
  const switches = fc.constantFrom<Partial<Rule>>({}, {}, { off: true }, { reportOnly: true });
  const drawn = fc.array(fc.tuple(conditions, switches), { minLength: 1, maxLength: 6 });
  const property = fc.property(drawn, facts, (rules, about) => {
    const all = rules.map(([when, more], index): Rule => ({ name: `${index}`, when, then: { kind: 'deny' }, ...more }));
    const policy = compilePolicy({ name: 'drawn', rules: all });
    const plain = compilePolicy({ name: 'drawn', rules: all.filter(({ off, reportOnly }) => !off && !reportOnly) });
    expect(findRule(policy, about)).toEqual(findRule(plain, about));
    const on = all.filter(({ off }) => !off).map(({ reportOnly: _, ...switchedOn }) => switchedOn);
    const match = findRule(compilePolicy({ name: 'drawn', rules: on }), about);
    const enforced = match.rule ?? match.failed;
    const reporting = all.find(({ name, reportOnly }) => reportOnly && name === enforced?.name);
    expect(reportOf(policy, about, ({ then }) => then.kind)?.decider?.rule.name).toBe(reporting?.name);
  });
  fc.assert(property, seeded(500));
});
