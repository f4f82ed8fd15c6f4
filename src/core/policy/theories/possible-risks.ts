/** Every risk that a sign-in can have: what may be unusual together, with the points that the settings give. */
import { type Risk, type RiskSignal, riskSignals } from '../../model/risk.ts';
import { riskOf } from '../values/risk.ts';
import type { Universe } from './theory.ts';

/** Another country, and a journey too fast, show in another network only, and where a file knows places. */
const ofPlaces: readonly RiskSignal[] = ['newCountry', 'impossibleTravel'];

/** The fewest unusual things first. What could not be found out is left out: where it decides, it denies. */
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
