/** Every risk that a sign-in can have: all possible combinations of signals, with the configured points. */
import { type Risk, type RiskSignal, riskSignals } from '../../model/risk.ts';
import { riskOf } from '../values/risk.ts';
import type { Universe } from './theory.ts';

/**
 * A new country or an impossible journey shows only from a new network, and only if a file maps networks to countries.
 */
const ofPlaces: readonly RiskSignal[] = ['newCountry', 'impossibleTravel'];

/** The smallest sets of signals first. Signals that could not be checked are left out: where they decide, they deny. */
export function possibleRisks({ risk, knowsCountries }: Pick<Universe, 'risk' | 'knowsCountries'>): readonly Risk[] {
  const sets = riskSignals.reduce<readonly (readonly RiskSignal[])[]>(
    (all, signal) => all.flatMap((set) => (mayJoin(signal, set, knowsCountries) ? [set, [...set, signal]] : [set])),
    [[]],
  );
  return sets.toSorted((a, b) => a.length - b.length).map((signals) => riskOf(signals, [], risk));
}

function mayJoin(signal: RiskSignal, others: readonly RiskSignal[], knowsCountries: boolean): boolean {
  return !ofPlaces.includes(signal) || (knowsCountries && others.includes('newNetwork'));
}
