/**
 * Sessions that are kept and others, compared with brute force: for each length of both, every age of a proof and every
 * pause since is put to the evaluator.
 */
import { expect, test } from '@jest/globals';
import { newlyWeaker } from '../../../../src/core/analysis/comparison/newly-weaker.ts';
import { examineInvariant } from '../../../../src/core/analysis/findings/invariants.ts';
import { factsWith } from '../../../../src/core/analysis/proofs/proving-user.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { meetsRequirement } from '../../../../src/core/evidence/requirement.ts';
import type { Alternative, AppSession, Requirement, Rule, SessionTerms } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { action, factsOf, policiesOf, proof, userWith } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const [minute, hour, day] = [60, 3600, 86_400];

const usual: SessionTerms = { idle: 2 * hour, absolute: day };
const sessions: readonly SessionTerms[] = [
  usual,
  { ...usual, keep: { idle: 30 * minute, absolute: 30 * day } },
  { ...usual, keep: { idle: 2 * hour, absolute: 30 * day } },
  { ...usual, keep: { idle: 14 * day, absolute: 30 * day } },
];
const atApp: readonly AppSession[] = [
  {},
  { unkept: true },
  { absolute: 6 * hour },
  { absolute: 6 * hour, unkept: true },
];
const asking = (...limits: readonly Partial<Alternative['demands'][number]>[]): Requirement => ({
  anyOf: limits.map((limit) => ({ factors: 1, demands: [limit] })),
});
const asked: readonly Requirement[] = [
  asking({}),
  asking({ maxIdle: hour }),
  asking({ maxIdle: 20 * minute }),
  asking({ maxIdle: 90 * minute }),
  asking({ maxAge: day }),
  asking({ maxAge: 12 * hour }, { maxIdle: hour }),
  asking({ maxAge: day }, { maxIdle: 30 * minute }),
  asking({ maxAge: 3 * hour, maxIdle: hour }),
];

const times = [0, 20, 30, 60, 90, 120].map((minutes) => minutes * minute);
const ages = [...times, 3 * hour, 6 * hour, 12 * hour, 13 * hour, day, 2 * day, 30 * day];
const given = ages.flatMap((age) =>
  [...times, 2 * day]
    .filter((pause) => pause <= age)
    .flatMap((pause) => [true, false].map((kept) => ({ age, pause, kept }))),
);
type Given = (typeof given)[number];

const subject = userWith(['password']);

function policiesFor(session: SessionTerms, appSession: AppSession, requirement: Requirement): PolicySet {
  const rule = (name: string, then: Rule['then']) => compilePolicy({ name, rules: [{ name, when: {}, then }] });
  return {
    ...policiesOf({ enabled: ['password'] }),
    session: rule('session', { kind: 'allow', requirement: asking({}), session }),
    app: rule('app', { kind: 'allow', requirement, appSession }),
  };
}

function isLetIn(policies: PolicySet, { age, pause, kept }: Given): boolean {
  const evidence = [proof('password', age, { longestPause: pause })];
  return evaluate(policies, { ...factsOf({ subject, evidence }), keepSignedIn: kept }).kind === 'allow';
}

const space = ruleSpace([{}], universe());
const cases = sessions.flatMap((session) => atApp.map((appSession) => [session, appSession] as const));

test.each(cases)('what is proved in sessions of %j at an app of %j', (session, appSession) => {
  const policies = policiesFor(session, appSession, asking({}));
  for (const requirement of asked) {
    const guarantee = { kind: 'proves', requirement } as const;
    const verdict = examineInvariant({ name: 'invariant', when: {}, guarantee }, { policies, space });
    const isBroken = given.some(
      (proved) =>
        isLetIn(policies, proved) &&
        !meetsRequirement(requirement, [action('password', { age: proved.age, longestPause: proved.pause })]),
    );
    expect([requirement, verdict.kind]).toEqual([requirement, isBroken ? 'refuted' : 'holds']);
    for (const { facts, proved } of verdict.kind === 'refuted' ? verdict.violations : []) {
      const shown = proved && evaluate(policies, factsWith(proved, facts, policies.authenticators)).kind;
      expect([shown, meetsRequirement(requirement, proved?.evidence ?? [])]).toEqual(['allow', false]);
    }
  }
});

test.each(cases)('what a rule newly takes in sessions of %j at an app of %j', (session, appSession) => {
  const sides = asked.map((requirement) => {
    const policies = policiesFor(session, appSession, requirement);
    return { requirement, policies, letIn: new Set(given.filter((proved) => isLetIn(policies, proved))) };
  });
  for (const { requirement: before, policies: active, letIn: letInBefore } of sides)
    for (const { requirement: now, policies: next, letIn } of sides) {
      const isWeaker = [...letIn].some((proved) => !letInBefore.has(proved));
      const { found, undecided } = newlyWeaker({ active, next }, space);
      expect([before, now, found.length, undecided.length]).toEqual([before, now, isWeaker ? 1 : 0, 0]);
      for (const { facts, proved } of found) {
        const kinds = [active, next].map(
          (policies) => proved && evaluate(policies, factsWith(proved, facts, policies.authenticators)).kind,
        );
        expect(kinds).toEqual(['challenge', 'allow']);
      }
    }
});
