/** Describes what a requirement asks for and what is missing. */
import type { MissingEvidence } from '../../core/decision/missing-evidence.ts';
import type { Characteristic, Seconds } from '../../core/model/facts.ts';
import type {
  Alternative,
  AppSession,
  ChainStep,
  Demand,
  Requirement,
  SessionLimits,
  SessionTerms,
} from '../../core/model/policy.ts';
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

/** Alternatives on one line: `one factor`, or `(two distinct factor types; knowledge) or (possession by webauthn)`. */
export function alternativesLine(texts: readonly string[]): string {
  const isBracketed = texts.length > 1 && texts.some((text) => /[;,]/.test(text));
  return texts.map((text) => (isBracketed ? `(${text})` : text)).join(' or ');
}

/** For example `two distinct factor types; knowledge by password at most 12 h old`. */
function alternativeText(alternative: Alternative): string {
  return Object.values(alternativeTexts)
    .flatMap((texts) => texts(alternative))
    .join('; ');
}

/** One row for each member: one that is left out does not compile. */
const alternativeTexts: Readonly<Record<keyof Alternative, (alternative: Alternative) => readonly string[]>> = {
  factors: ({ factors, demands }) => (factors === 1 && demands.length > 0 ? [] : [factorText(factors)]),
  demands: ({ demands }) => demands.map(demandText),
  maxAge: ({ maxAge }) => maxAgeTexts(maxAge),
};

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

/** The texts of one member, and the part of the sentence that they belong to. */
interface MemberText<Members> {
  readonly part: 'proof' | 'shown' | 'time';
  readonly texts: (members: Members) => readonly string[];
}

/** One row for each member: one that is left out does not compile. */
type MemberTexts<Members> = Readonly<Record<keyof Members, MemberText<Members>>>;

const textsOfBoth: MemberTexts<Pick<Demand & ChainStep, 'characteristics' | 'maxAge' | 'maxIdle'>> = {
  characteristics: {
    part: 'shown',
    texts: ({ characteristics = [] }) => characteristics.map((characteristic) => characteristicTexts[characteristic]),
  },
  maxAge: { part: 'time', texts: ({ maxAge }) => (maxAge === undefined ? [] : [maxAgeText(maxAge)]) },
  maxIdle: {
    part: 'time',
    texts: ({ maxIdle }) => (maxIdle === undefined ? [] : [pauseText(maxIdle)]),
  },
};

const demandTexts: MemberTexts<Demand> = {
  factor: { part: 'proof', texts: ({ factor = 'any factor' }) => [factor] },
  authenticators: {
    part: 'proof',
    texts: ({ authenticators }) => (authenticators ? [`by ${authenticators.join(' or ')}`] : []),
  },
  exclude: { part: 'proof', texts: ({ exclude }) => (exclude ? [`not by ${exclude.join(' or ')}`] : []) },
  ...textsOfBoth,
};

const stepTexts: MemberTexts<ChainStep> = {
  authenticators: { part: 'proof', texts: ({ authenticators }) => [authenticators.join(' or ')] },
  ...textsOfBoth,
};

const demandText = (demand: Demand) => membersText(demandTexts, demand);
const stepText = (step: ChainStep) => membersText(stepTexts, step);

/** For example `possession not by phone.sms, phishing-resistant, at most 12 h old`. */
function membersText<Members>(table: MemberTexts<Members>, members: Members): string {
  const rows: readonly MemberText<Members>[] = Object.values(table);
  const textsOf = (wanted: MemberText<Members>['part']) =>
    rows.flatMap(({ part, texts }) => (part === wanted ? texts(members) : []));
  const words = [textsOf('proof').join(' '), ...textsOf('shown')].join(', ');
  const times = textsOf('time');
  return times.length === 0 ? words : `${words}${words.includes(',') ? ',' : ''} ${times.join(', ')}`;
}

/** How old what was proved may be by a session rule, and how long a pause since then. */
export function sessionText({ keep, ...limits }: SessionTerms): string {
  const kept = keep === undefined ? '' : `; ${limitsText(keep)}, if it is kept`;
  return `evidence ${limitsText(limits)} (life of the session${kept})`;
}

function limitsText({ idle, absolute }: SessionLimits): string {
  return `${maxAgeText(absolute)}, ${pauseText(idle)}`;
}

function pauseText(seconds: Seconds): string {
  return `without a pause of more than ${durationText(seconds)} since`;
}

/** The same for the rule of an app. */
export function appSessionText({ absolute, unkept }: AppSession): string {
  const age = absolute === undefined ? [] : [`evidence ${maxAgeText(absolute)} (life of the session at this app)`];
  return [...age, ...(unkept ? ['a kept session no longer than one that is not kept'] : [])].join('; ');
}
