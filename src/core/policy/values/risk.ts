/** Counts what is unusual about a sign-in, and decides when conditions may use the history of an account. */
import type { Facts } from '../../model/facts.ts';
import {
  type Risk,
  type RiskLevel,
  type RiskScoring,
  type RiskSignal,
  riskLevels,
  riskSignals,
} from '../../model/risk.ts';

/** `unusual`: the signals that were found. `unknown`: the signals that could not be checked. */
export function riskOf(
  unusual: readonly RiskSignal[],
  unknown: readonly RiskSignal[],
  { points, levels }: RiskScoring,
): Risk {
  const reasons = riskSignals
    .filter((signal) => unusual.includes(signal))
    .map((signal) => ({ signal, points: points[signal] }));
  const sum = reasons.reduce((total, reason) => total + reason.points, 0);
  const most = unknown.reduce((total, signal) => total + points[signal], sum);
  const level = levelOf(sum, levels);
  return { reasons, level, ...(unknown.length > 0 && { unknown, levelAtMost: levelOf(most, levels) }) };
}

/**
 * These signals with those that a sign-in always shows beside them: a browser that is not known is a new device, and
 * another country is in another network.
 */
export function withImplied(signals: readonly RiskSignal[], { known }: Pick<Facts['device'], 'known'>): RiskSignal[] {
  const isElsewhere = signals.includes('newCountry') || signals.includes('impossibleTravel');
  const implied = [
    ...signals,
    ...(known ? [] : ['newDevice' as const]),
    ...(isElsewhere ? ['newNetwork' as const] : []),
  ];
  return riskSignals.filter((signal) => implied.includes(signal));
}

/** The facts with another device. Nothing is unusual but the device itself, if it is a browser that is not known. */
export function onDevice(facts: Facts, device: Facts['device'], scoring: RiskScoring): Facts {
  const { risk: _, ...others } = facts;
  const signals = withImplied([], device);
  return { ...others, device, ...(signals.length > 0 && { risk: riskOf(signals, [], scoring) }) };
}

function levelOf(points: number, { medium, high }: RiskScoring['levels']): RiskLevel {
  if (points >= high) return 'high';
  return points >= medium ? 'medium' : 'low';
}

/** The first level is at least as high as the second. */
export function isAtLeast(level: RiskLevel, other: RiskLevel): boolean {
  return riskLevels.indexOf(level) >= riskLevels.indexOf(other);
}

/**
 * Whether the history of the account counts. Before the first proof it does not, because an account must look like an
 * identifier that no user has.
 */
export function pastCounts({ subject, evidence }: Facts): boolean {
  return subject !== undefined && evidence.some((proof) => proof.subject === subject.id);
}

/** Whether a proof can change what conditions see: without these facts, the history of the account says nothing. */
export function hasPast({ risk, distance }: Pick<Facts, 'risk' | 'distance'>): boolean {
  return risk !== undefined || distance !== undefined;
}

/** The risk that conditions see. Absent if nothing is unusual, or if it does not count yet. */
export function countedRisk(facts: Facts): Risk | undefined {
  return pastCounts(facts) ? facts.risk : undefined;
}

/** For the audit log and `explain`, e.g. `high: newDevice 20, newCountry 30`. */
export function riskText({ level, reasons, unknown = [] }: Risk): string {
  const words = reasons.map(({ signal, points }) => `${signal} ${points}`);
  return [level, [...words, ...unknown.map((signal) => `${signal} unknown`)].join(', ')].filter(Boolean).join(': ');
}
