/**
 * How an analysis sees conditions: all facts cut into finitely many classes, and each condition as a formula over
 * them. Within a class no condition tells facts apart, so that a search over classes leaves nothing out.
 */
import type { Attribute } from '../model/attribute.ts';
import type { AttributeValue, ConditionName, ConditionOf } from '../model/conditions.ts';
import type { RuleFacts, Seconds, Subject } from '../model/facts.ts';
import type { RiskScoring } from '../model/risk.ts';

/** Facts of a user, as an analysis makes them up. */
export type UserFacts = RuleFacts & { readonly subject: Subject };

/** Some of the facts in which a variable has one value. */
export interface FactClass {
  /**
   * Turns facts into facts of this class. Absent: there may be facts of this class, and the analysis knows none.
   */
  readonly place?: (facts: UserFacts) => UserFacts;
}

/** One thing in which facts differ: they are in exactly one of its classes, whatever the other variables say. */
export interface Variable {
  /** e.g. `groups.editors`, `network`. */
  readonly name: string;
  /** The first one stands wherever a formula leaves the class open. */
  readonly classes: readonly FactClass[];
  /** To tell all its classes apart would take more steps than an analysis has. */
  readonly ranOut?: true;
  /** Facts are placed in this order, as what counts from the time comes after it. Absent: at the end. */
  readonly order?: 0 | 1 | 2;
  /** Only administrators change it: for one user it is the same wherever and whenever the user signs in. */
  readonly lasting?: true;
}

/** What must hold, in negation normal form. `classes`: one bit for each class that the variable may be in. */
export type Formula =
  | { readonly variable: Variable; readonly classes: bigint }
  | { readonly all: readonly Formula[] }
  | { readonly any: readonly Formula[] };

/** One part of a condition: all of them must hold. */
export interface ConditionPart {
  /** Below the name of the condition, e.g. `['any']`. */
  readonly path: readonly string[];
  readonly formula: Formula;
  /** It holds for what is not something, such as a device that is not known. */
  readonly isNegative?: true;
}

/** What trusted sources say of a device. A managed one is registered. */
export type BelievedDevice = Pick<RuleFacts['device'], 'registered' | 'managed' | 'assurances'>;

/** What can be at all: the configuration as far as conditions refer to it. */
export interface Universe {
  /** Client ids of the apps that the rules can decide about; of apps that no rule tells apart, one is enough. */
  readonly clientIds: readonly string[];
  /** An address for each set of zones that some address is in. The first is in the fewest. */
  readonly places: readonly { readonly ip: string; readonly zones: readonly string[] }[];
  /**
   * All that can be believed of devices, as far as these assurances tell it apart. The first is nothing. Undefined: it
   * is not known, and anything may be.
   */
  devices(assurances: readonly string[]): readonly BelievedDevice[] | undefined;
  /** What the schema says about an attribute; `undefined`: nothing, so that it may hold anything. */
  attribute(name: string): Attribute | undefined;
  /** Whether a profile can hold this value. */
  isKept(name: string, value: AttributeValue): boolean;
  /** Only administrators change this attribute. */
  isLasting(name: string): boolean;
  /** What unusual things count. */
  readonly risk: RiskScoring;
  /** Sign-ins before this time are over. Absent: all times are looked at. */
  readonly since?: Seconds;
  /** Nor does an example lie before this time. Absent: the year of an example stands for every year. */
  readonly notBefore?: Seconds;
  /** By key of the authenticator: what all users have skipped to enroll. Absent: nothing. */
  readonly skipped?: Subject['skipped'];
  /** The scopes that release a claim. Empty: none does. */
  scopesOf(claim: string): readonly string[];
  /** A file says which country an address is in, and how far it is from others. */
  readonly knowsCountries: boolean;
}

/** How conditions of a name read as formulas. */
export interface ConditionReading<Name extends ConditionName> {
  (condition: ConditionOf<Name>): readonly ConditionPart[];
  /** What holds of all facts. Absent: nothing more than that each variable is in one of its classes. */
  readonly always?: readonly Formula[];
}

/** The theory of a condition: given all conditions of this name that an analysis is about, how each of them reads. */
export type ConditionTheory<Name extends ConditionName> = (
  conditions: readonly ConditionOf<Name>[],
  universe: Universe,
) => ConditionReading<Name>;

/** The time of facts in which it makes no difference (epoch seconds). */
export const plainTime: Seconds = 1_800_000_000;

/** A variable that says yes or no; `place` turns facts into facts of a yes. */
export function truthVariable(name: string, place: FactClass['place'] | undefined): Variable {
  return { name, classes: [{ place: (facts) => facts }, place === undefined ? {} : { place }] };
}

/** The same facts after a proof: from then on the past of the account counts. */
export function withProof({ subject, now, ...facts }: UserFacts): UserFacts {
  const proof = { authenticator: 'example', enrollment: 'example', factors: [], characteristics: [], amr: [] };
  return {
    ...facts,
    now,
    subject,
    evidence: [{ ...proof, subject: subject.id, at: now, transaction: 'example', origin: 'sign_in' }],
  };
}

/** The variable is in one of the classes at these positions. */
export function among(variable: Variable, isIn: (position: number) => boolean): Formula {
  // Read as digits: to add bit after bit would copy all of them each time.
  const digits = variable.classes.map((_, at) => (isIn(at) ? '1' : '0'));
  return { variable, classes: BigInt(`0b0${digits.reverse().join('')}`) };
}

/** A truth variable is a yes. */
export function isYes(variable: Variable): Formula {
  return among(variable, (position) => position === 1);
}

/** What holds exactly where the formula does not. */
export function negated(formula: Formula): Formula {
  if ('all' in formula) return { any: formula.all.map(negated) };
  if ('any' in formula) return { all: formula.any.map(negated) };
  const { variable, classes } = formula;
  return { variable, classes: everyClass(variable) & ~classes };
}

/** What the formula says where these variables are in these classes. Undefined: the variable stays open. */
export function resolved(formula: Formula, positionOf: (variable: Variable) => number | undefined): Formula {
  const within = (one: Formula) => resolved(one, positionOf);
  if ('all' in formula) return { all: formula.all.map(within) };
  if ('any' in formula) return { any: formula.any.map(within) };
  const position = positionOf(formula.variable);
  if (position === undefined) return formula;
  return (formula.classes & (1n << BigInt(position))) === 0n ? { any: [] } : { all: [] };
}

/** A bit for each class. */
function everyClass({ classes }: Variable): bigint {
  const known = everyClassOf[classes.length] ?? (1n << BigInt(classes.length)) - 1n;
  everyClassOf[classes.length] = known;
  return known;
}

/** By the number of classes. */
const everyClassOf: bigint[] = [];
