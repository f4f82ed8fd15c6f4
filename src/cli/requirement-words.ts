/** Requirements, and what is missing of them, in words. */
import type { Missing } from '../core/missing.ts';
import type { Alternative, ChainStep, Characteristic, Demand, Requirement, Seconds } from '../core/model.ts';
import { durationText } from './durations.ts';

const numbers = ['no', 'one', 'two', 'three'] as const;

const characteristicWords: Readonly<Record<Characteristic, string>> = {
  userPresence: 'with user presence',
  userVerification: 'with user verification',
  deviceBound: 'device-bound',
  hardwareProtected: 'hardware-protected',
  phishingResistant: 'phishing-resistant',
};

/** One line per alternative or chain; any of them will do. */
export function requirementWords(requirement: Requirement): readonly string[] {
  if ('anyOf' in requirement) return requirement.anyOf.map(alternativeWords);
  return requirement.chains.map(chainWords);
}

/** `two distinct factor types; knowledge by password at most 12 h old`. */
function alternativeWords({ factors, demands, maxAge }: Alternative): string {
  const count = factors === 1 ? 'one factor' : `${numbers[factors]} distinct factor types`;
  const shown = factors === 1 && demands.length > 0 ? [] : [count];
  return [...shown, ...demands.map(demandWords), ...overallAge(maxAge)].join('; ');
}

function chainWords(chain: readonly ChainStep[]): string {
  return chain.map(stepWords).join(', then ');
}

/** One line per alternative or chain. */
export function missingWords(missing: Missing): string {
  if (missing.kind === 'chain') return chainWords(missing.steps);
  const { demands, factors, maxAge } = missing;
  const more = factors === 0 ? [] : [`${numbers[factors]} more factor type${factors === 1 ? '' : 's'}`];
  const words = [...demands.map(demandWords), ...more];
  return [...(words.length === 0 ? ['a proof'] : words), ...overallAge(maxAge)].join('; ');
}

function overallAge(maxAge: Seconds | undefined): readonly string[] {
  return maxAge === undefined ? [] : [`everything ${ageWords(maxAge)}`];
}

/** `at most 12 h old`; 0 means this sign-in. */
export function ageWords(maxAge: Seconds): string {
  return maxAge === 0 ? 'proved in this sign-in' : `at most ${durationText(maxAge)} old`;
}

function demandWords(demand: Demand): string {
  const { factor, authenticators, exclude, characteristics, maxAge } = demand;
  const words = [
    factor ?? 'any factor',
    ...(authenticators ? [`by ${authenticators.join(' or ')}`] : []),
    ...(exclude ? [`not by ${exclude.join(' or ')}`] : []),
  ].join(' ');
  return [words, ...characteristicList(characteristics), ...(maxAge === undefined ? [] : [ageWords(maxAge)])]
    .join(', ')
    .replace(/^([^,]*), (at most|proved in)/, '$1 $2');
}

function stepWords({ authenticators, characteristics, maxAge }: ChainStep): string {
  return [
    authenticators.join(' or '),
    ...characteristicList(characteristics),
    ...(maxAge === undefined ? [] : [ageWords(maxAge)]),
  ].join(' ');
}

function characteristicList(characteristics: readonly Characteristic[] | undefined): readonly string[] {
  return (characteristics ?? []).map((one) => characteristicWords[one]);
}
