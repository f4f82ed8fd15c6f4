/** Describes what a requirement asks for and what is missing. */
import type { MissingEvidence } from '../../core/decision/missing-evidence.ts';
import type { Characteristic, Seconds } from '../../core/model/facts.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../../core/model/policy.ts';
import { durationText } from '../../policy/model/duration-text.ts';

const numbers: readonly string[] = ['no', 'one', 'two', 'three'];

export const characteristicTexts: Readonly<Record<Characteristic, string>> = {
  userPresence: 'with user presence',
  userVerification: 'with user verification',
  deviceBound: 'device-bound',
  hardwareProtected: 'hardware-protected',
  phishingResistant: 'phishing-resistant',
};

/** One line for each alternative or chain. Any of them is enough. */
export function requirementText(requirement: Requirement): readonly string[] {
  if ('anyOf' in requirement) return requirement.anyOf.map(alternativeText);
  return requirement.chains.map(chainText);
}

/** For example `two distinct factor types; knowledge by password at most 12 h old`. */
function alternativeText({ factors, demands, maxAge }: Alternative): string {
  const shown = factors === 1 && demands.length > 0 ? [] : [factorText(factors)];
  return [...shown, ...demands.map(demandText), ...maxAgeTexts(maxAge)].join('; ');
}

function chainText(chain: readonly ChainStep[]): string {
  return chain.map(stepText).join(', then ');
}

/** What one alternative or chain still lacks. */
export function missingText(missing: MissingEvidence): string {
  if (missing.kind === 'chain') return chainText(missing.steps);
  const { demands, factors, covered, maxAge } = missing;
  const more = `${numbers[factors]} more factor type${factors === 1 ? '' : 's'}`;
  const besides = covered.length === 0 ? '' : ` besides ${covered.join(' and ')}`;
  const rest = demands.length + covered.length === 0 ? factorText(factors) : more + besides;
  return [...demands.map(demandText), ...(factors === 0 ? [] : [rest]), ...maxAgeTexts(maxAge)].join('; ');
}

function factorText(factors: number): string {
  return factors === 1 ? 'one factor' : `${numbers[factors]} distinct factor types`;
}

function maxAgeTexts(maxAge: Seconds | undefined): readonly string[] {
  return maxAge === undefined ? [] : [`everything ${maxAgeText(maxAge)}`];
}

/** For example `at most 12 h old`. 0 means "in this sign-in". */
export function maxAgeText(maxAge: Seconds): string {
  return maxAge === 0 ? 'proved in this sign-in' : `at most ${durationText(maxAge)} old`;
}

function demandText(demand: Demand): string {
  const { factor, authenticators, exclude, characteristics = [] } = demand;
  const which = [
    factor ?? 'any factor',
    ...(authenticators ? [`by ${authenticators.join(' or ')}`] : []),
    ...(exclude ? [`not by ${exclude.join(' or ')}`] : []),
  ].join(' ');
  return withAge(
    [which, ...characteristics.map((characteristic) => characteristicTexts[characteristic])].join(', '),
    demand,
  );
}

function stepText(step: ChainStep): string {
  const { authenticators, characteristics = [] } = step;
  const which = authenticators.join(' or ');
  return withAge(
    [which, ...characteristics.map((characteristic) => characteristicTexts[characteristic])].join(', '),
    step,
  );
}

function withAge(words: string, { maxAge, maxIdle }: Pick<Demand, 'maxAge' | 'maxIdle'>): string {
  const ages = [
    ...(maxAge === undefined ? [] : [maxAgeText(maxAge)]),
    ...(maxIdle === undefined ? [] : [`without a pause of more than ${durationText(maxIdle)} since`]),
  ];
  return ages.length === 0 ? words : `${words}${words.includes(',') ? ',' : ''} ${ages.join(', ')}`;
}
