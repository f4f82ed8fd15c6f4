/**
 * The condition `risk`: how unusual the sign-in is, and which signals were found. Before the first proof nothing counts
 * as unusual. A signal that could not be checked is an error, unless it makes no difference.
 */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import type { Risk, RiskLevel, RiskSignal } from '../../model/risk.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { anyOf } from '../condition-result.ts';
import { possibleRisks } from '../theories/possible-risks.ts';
import {
  among,
  type ConditionPart,
  type Universe,
  type UserFacts,
  type Variable,
  withProof,
} from '../theories/theory.ts';
import { countedRisk, isAtLeast } from '../values/risk.ts';

export const riskCondition: ConditionDescriptor<'risk'> = {
  about: 'other',
  units: {},
  compile: (condition) =>
    riskMembers(condition).map(({ name, holds }) => ({ name: `risk.${name}`, test: ofUser(holds) })),
  varies: true,
  onceProved: true,
  theory: riskTheory,
};

const nothing: Risk = { reasons: [], level: 'low' };

interface RiskMember {
  readonly name: string;
  readonly holds: (risk: Risk) => ConditionResult;
}

function riskMembers({ atLeast, below, any, none }: ConditionOf<'risk'>): readonly RiskMember[] {
  const members: readonly [string, RiskMember['holds'] | undefined][] = [
    ['atLeast', atLeast && ((risk) => reaches(risk, atLeast))],
    ['below', below && ((risk) => opposite(reaches(risk, below)))],
    ['any', any && ((risk) => hasOne(risk, any))],
    ['none', none && ((risk) => opposite(hasOne(risk, none)))],
  ];
  return members.flatMap(([name, holds]) => (holds ? [{ name, holds }] : []));
}

/** Sets of signals that the conditions do not distinguish are one class, represented by the smallest set. */
function riskTheory(
  conditions: readonly ConditionOf<'risk'>[],
  universe: Universe,
): (condition: ConditionOf<'risk'>) => readonly ConditionPart[] {
  const written = new Map(conditions.map((condition) => [JSON.stringify(condition), condition]));
  const members = [...written.values()].flatMap(riskMembers);
  const told = Map.groupBy(possibleRisks(universe), (risk) => members.map(({ holds }) => holds(risk)).join());
  const risks = [...told.values()].flatMap(([first]) => first ?? []);
  const classes = risks.map((risk) => ({
    applyTo: (facts: UserFacts) => (risk.reasons.length === 0 ? facts : withProof({ ...facts, risk })),
  }));
  const variable: Variable = { name: 'risk', classes };
  return (condition) =>
    riskMembers(condition).map(({ name, holds }) => ({
      path: [name],
      formula: among(variable, (at) => holds(risks[at] ?? nothing) === 'hit'),
    }));
}

function ofUser(holds: (risk: Risk) => ConditionResult): (facts: Facts) => ConditionResult {
  return (facts) => (facts.subject === undefined ? 'unknown' : holds(countedRisk(facts) ?? nothing));
}

function reaches({ level, levelAtMost = level }: Risk, wanted: RiskLevel): ConditionResult {
  if (isAtLeast(level, wanted)) return 'hit';
  return isAtLeast(levelAtMost, wanted) ? 'error' : 'miss';
}

function hasOne({ reasons, unknown = [] }: Risk, signals: readonly RiskSignal[]): ConditionResult {
  return anyOf(
    signals.map((name) => (unknown.includes(name) ? 'error' : resultOf(reasons.some(({ signal }) => signal === name)))),
  );
}

function opposite(result: ConditionResult): ConditionResult {
  if (result === 'error') return 'error';
  return resultOf(result === 'miss');
}
