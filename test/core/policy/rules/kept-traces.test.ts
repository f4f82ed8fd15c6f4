/** Traces of rules, and local times, that are kept because making them is slow. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { RuleTrace } from '../../../../src/core/model/trace.ts';
import { type CompiledPolicy, compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { localTimeIn } from '../../../../src/core/policy/values/local-time.ts';
import { conditions, factArbitraries, facts } from '../../support/fact-arbitraries.ts';
import { factsOf, fixedNow, userWith } from '../../support/fixtures.ts';
import { seeded } from '../../support/seeded.ts';

function compiled(when: Conditions): CompiledPolicy {
  return compilePolicy({ name: 'tested', rules: [{ name: 'one', when, then: { kind: 'deny' as const } }] });
}

function traceIn(policy: CompiledPolicy, about: Facts): RuleTrace | undefined {
  return findRule(policy, about).traces[0];
}

/** So many conditions about the user, each a hit where its attribute is true. */
function attributeRule(count: number): Conditions {
  return {
    attributes: Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, { equals: true }])),
  };
}

function userWhere(isHit: (index: number) => boolean, count: number): Facts {
  const profile = Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, isHit(index)]));
  return factsOf({ subject: userWith(['password'], { profile }) });
}

describe('the trace of a rule', () => {
  test('with six conditions is made once, whatever their results are', () => {
    const policy = compiled(attributeRule(6));
    for (const about of [factsOf(), userWhere(() => true, 6), userWhere(() => false, 6)])
      expect(traceIn(policy, about)).toBe(traceIn(policy, { ...about, now: fixedNow + 1 }));
  });

  test('with seven conditions is made each time, so that no rule keeps more than a few hundred traces', () => {
    const policy = compiled(attributeRule(7));
    for (const about of [factsOf(), userWhere(() => true, 7), userWhere((index) => index === 0, 7)]) {
      expect(traceIn(policy, about)).toEqual(traceIn(policy, about));
      expect(traceIn(policy, about)).not.toBe(traceIn(policy, about));
    }
  });

  test('with forty conditions distinguishes users who differ in one of them', () => {
    const policy = compiled(attributeRule(40));
    for (let missing = 0; missing < 40; missing += 1) {
      const results = traceIn(
        policy,
        userWhere((index) => index !== missing, 40),
      )?.conditions;
      expect(results?.filter(({ result }) => result === 'miss')).toEqual([
        { condition: `attributes.a${missing}`, result: 'miss' },
      ]);
    }
  });

  test('does not depend on what the rule was asked before', () => {
    const { subject: _, ...unidentified } = factArbitraries;
    const anyFacts = fc.oneof(facts, fc.record(unidentified));
    fc.assert(
      fc.property(conditions, fc.array(anyFacts, { minLength: 2, maxLength: 6 }), (when, asked) => {
        const policy = compiled(when);
        for (const about of asked) expect(traceIn(policy, about)).toEqual(traceIn(compiled(when), about));
      }),
      seeded(300),
    );
  });

  test('says a hit, a miss and no decision apart, in this and in any order', () => {
    const when = { ...attributeRule(1), network: { any: ['office'] } };
    const policy = compiled(when);
    const office = { network: { ip: '', zones: ['office'] } };
    const [hit, miss] = [userWhere(() => true, 1), userWhere(() => false, 1)];
    const asked = [hit, { ...hit, ...office }, miss, { ...miss, ...office }, factsOf(), factsOf(office)];
    for (const about of [...asked, ...asked.toReversed()])
      expect(traceIn(policy, about)).toEqual(traceIn(compiled(when), about));
    expect(asked.map((about) => traceIn(policy, about)?.result)).toEqual([
      'miss',
      'hit',
      'miss',
      'miss',
      'miss',
      'unknown',
    ]);
  });
});

test('the local time of a minute is read once, and each minute has its own', () => {
  const localTime = localTimeIn('Europe/Berlin');
  const minute = Math.floor(fixedNow / 60) * 60;
  const first = localTime(minute);
  expect(localTime(minute + 59)).toBe(first);
  expect(localTime(minute + 60)).toEqual({ day: first.day, minute: first.minute + 1 });
  expect(localTime(minute)).toEqual(first);
});
