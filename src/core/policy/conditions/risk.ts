/**
 * The condition `risk`: how unusual the sign-in is, and what is. Before the first proof nothing is. What could not be
 * found out is an error, unless it makes no difference.
 */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import type { Risk, RiskLevel, RiskSignal } from '../../model/risk.ts';
import { type ConditionDescriptor, type ConditionTest, resultOf } from '../condition-descriptor.ts';
import { oneOf } from '../condition-result.ts';
import { countedRisk, isAtLeast } from '../risk.ts';

export const riskCondition: ConditionDescriptor<'risk'> = {
  compile: riskTests,
  varies: true,
  // What is unusual counts after a proof only, which samples have none of.
  samples: () => [{}],
};

const nothing: Risk = { reasons: [], level: 'low' };

function riskTests({ atLeast, below, any, none }: ConditionOf<'risk'>): readonly ConditionTest[] {
  const tests: readonly [string, ((risk: Risk) => ConditionResult) | undefined][] = [
    ['atLeast', atLeast && ((risk) => reaches(risk, atLeast))],
    ['below', below && ((risk) => opposite(reaches(risk, below)))],
    ['any', any && ((risk) => hasOne(risk, any))],
    ['none', none && ((risk) => opposite(hasOne(risk, none)))],
  ];
  return tests.flatMap(([name, holds]) => (holds ? [{ name: `risk.${name}`, test: ofUser(holds) }] : []));
}

function ofUser(holds: (risk: Risk) => ConditionResult): (facts: Facts) => ConditionResult {
  return (facts) => (facts.subject === undefined ? 'unknown' : holds(countedRisk(facts) ?? nothing));
}

function reaches({ level, levelAtMost = level }: Risk, wanted: RiskLevel): ConditionResult {
  if (isAtLeast(level, wanted)) return 'hit';
  return isAtLeast(levelAtMost, wanted) ? 'error' : 'miss';
}

function hasOne({ reasons, unknown = [] }: Risk, signals: readonly RiskSignal[]): ConditionResult {
  return oneOf(
    signals.map((name) => (unknown.includes(name) ? 'error' : resultOf(reasons.some(({ signal }) => signal === name)))),
  );
}

function opposite(result: ConditionResult): ConditionResult {
  if (result === 'error') return 'error';
  return resultOf(result === 'miss');
}
