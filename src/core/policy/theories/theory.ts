/**
 * How an analysis represents conditions. All possible facts are cut into finitely many classes, and each condition is a
 * formula over them. No condition distinguishes facts within one class, so a search over the classes is complete.
 */
import type { Attribute } from '../../model/attribute.ts';
import type {
  AttributeValue,
  ConditionName,
  ConditionOf,
  ConditionSet,
  ExpressionPart,
} from '../../model/conditions.ts';
import type { RuleFacts, Seconds, Subject } from '../../model/facts.ts';
import type { RiskScoring } from '../../model/risk.ts';
import type { RefusedNames } from '../claim-scopes.ts';

/** Example facts of a user, made up by an analysis. */
export interface UserFacts extends RuleFacts {
  readonly subject: Subject;
  /** A rule compares something with the present, so that what these facts show may not hold at another time. */
  readonly isTimed?: true;
}

/** A class of facts: those in which a variable has one particular value. */
export interface FactClass {
  /**
   * Turns facts into facts of this class. Absent if the analysis knows no example, though facts of this class may
   * exist.
   */
  readonly applyTo?: (facts: UserFacts) => UserFacts;
}

/** One aspect of the facts. Facts are in exactly one of its classes, independently of all other variables. */
export interface Variable {
  /** e.g. `groups.editors`, `network`. */
  readonly name: string;
  /** The first class is used wherever a formula leaves the choice open. */
  readonly classes: readonly FactClass[];
  /** Distinguishing all of its classes would exceed the budget of an analysis. */
  readonly ranOut?: true;
  /** Examples are built in this order, because what depends on the time must come after the time. Absent: last. */
  readonly order?: 0 | 1 | 2;
  /** Only administrators can change it, so it is the same at every sign-in of one user. */
  readonly lasting?: true;
}

/** A formula in negation normal form. `classes`: one bit for each class that the variable may be in. */
export type Formula =
  | { readonly variable: Variable; readonly classes: bigint }
  | { readonly all: readonly Formula[] }
  | { readonly any: readonly Formula[] };

/** One part of a condition. All parts must hold. */
export interface ConditionPart {
  /** The path below the name of the condition, e.g. `['any']`. */
  readonly path: readonly string[];
  readonly formula: Formula;
  /** The part asks for the absence of something, e.g. for a device that is not known. */
  readonly isNegative?: true;
  /** When the part does not hold. Absent: whenever the formula does not. */
  readonly misses?: Formula;
  /** When the part cannot be evaluated, or may be so. Absent: never. */
  readonly fails?: Formula;
}

/** What trusted sources say about a device. A managed device is also registered. */
export type BelievedDevice = Pick<RuleFacts['device'], 'registered' | 'managed' | 'assurances'>;

/** A part of a rule, or of an expression in it: all of them must hold. */
export interface NamedPart extends ConditionPart {
  /** `any`: one of the alternatives must hold. In an expression: the condition that says the same. */
  readonly condition: ConditionName | 'any';
  readonly alternatives?: readonly (readonly NamedPart[])[];
  readonly isOfExpression?: true;
  /** `has(...)`, or that it is not there. */
  readonly isPresence?: true;
  /** Of an opaque part: the facts that it reads. */
  readonly reads?: readonly string[];
}

/** What the configuration makes possible, as far as conditions refer to it. */
export interface Universe {
  /** Client ids of the apps that the rules can decide about: one for all apps that no rule distinguishes. */
  readonly clientIds: readonly string[];
  /** Facts are at the first of these apps, and at no other one. */
  readonly isOneApp?: true;
  /** One address for each set of zones, the fewest first. `isRuledOut`: none is in it now, so no example is there. */
  readonly places: readonly { readonly ip: string; readonly zones: readonly string[]; readonly isRuledOut?: true }[];
  /** The zones of the places have the names that expressions give them. */
  readonly areZonesAsWritten?: true;
  /** What trusted sources can say of devices, as far as these assurances tell: first nothing. Undefined: anything. */
  devices(assurances: readonly string[]): readonly BelievedDevice[] | undefined;
  /** The schema of an attribute. Undefined if it has none and may hold anything. */
  attribute(name: string): Attribute | undefined;
  /** Whether a profile can hold this value. */
  isKept(name: string, value: AttributeValue): boolean;
  /** Whether only administrators can change this attribute. */
  isLasting(name: string): boolean;
  /** The points of each signal of risk. */
  readonly risk: RiskScoring;
  /** Sign-ins before this time are ignored. Absent: none are. */
  readonly since?: Seconds;
  /** No example lies before this time either. Absent: the year of an example stands for every year. */
  readonly notBefore?: Seconds;
  /** By key of the authenticator: what all users have skipped to enroll. Absent: nothing. */
  readonly skipped?: Subject['skipped'];
  /** The scopes that release a claim. Empty if none does. */
  scopesOf(claim: string): readonly string[];
  /** A file maps addresses to countries and coordinates. */
  readonly knowsCountries: boolean;
  /** What requests of an app cannot ask for. Undefined: nothing. Absent: all apps may ask for anything. */
  readonly refused?: (clientId: string) => RefusedNames | undefined;
}

/** How the conditions of one name are written as formulas. */
export interface ConditionReading<Name extends ConditionName> {
  (condition: ConditionOf<Name>): readonly ConditionPart[];
  /** Formulas that hold for all facts. Absent if there are none. */
  readonly always?: readonly Formula[];
  /** The opaque parts of expressions, as far as conditions were read. Absent: there are none. */
  readonly opaqueParts?: () => readonly OpaquePart[];
  /** The parts of an expression, each as the condition that says the same. Absent: it is a condition itself. */
  readonly partsWithin?: (condition: ConditionOf<Name>) => readonly NamedPart[];
}

/** A part of an expression that the analysis cannot take apart, with the variables that say what its result is. */
export interface OpaquePart {
  readonly text: string;
  /** Absent: the part cannot be evaluated. */
  readonly part?: ExpressionPart;
  readonly holds: Variable;
  readonly fails: Variable;
}

/** The other conditions of an analysis. */
export interface OtherConditions {
  readonly sets: readonly ConditionSet[];
  /** What conditions among these sets say, once all theories are made. */
  readonly formulaOf: (set: ConditionSet) => Formula;
}

/**
 * The theory of a condition. It gets all conditions of this name in an analysis, and says how each is written as
 * formulas.
 */
export type ConditionTheory<Name extends ConditionName> = (
  conditions: readonly ConditionOf<Name>[],
  universe: Universe,
  others: OtherConditions,
) => ConditionReading<Name>;

/** The time of example facts if the time makes no difference (epoch seconds). */
export const plainTime: Seconds = 1_800_000_000;

/** A variable that is true or false. `applyTo` turns facts into facts for which it is true. */
export function truthVariable(name: string, applyTo: FactClass['applyTo'] | undefined): Variable {
  return { name, classes: [{ applyTo: (facts) => facts }, applyTo === undefined ? {} : { applyTo }] };
}

/** The same facts after a proof. From the first proof on, the history of the account counts. */
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
  // Built from digits: setting the bits one by one would copy the whole number each time.
  const digits = variable.classes.map((_, index) => (isIn(index) ? '1' : '0'));
  return { variable, classes: BigInt(`0b0${digits.reverse().join('')}`) };
}

/** The formula that a truth variable is true. */
export function isYes(variable: Variable): Formula {
  return among(variable, (position) => position === 1);
}

/** The negation of the formula. */
export function negated(formula: Formula): Formula {
  if ('all' in formula) return { any: formula.all.map(negated) };
  if ('any' in formula) return { all: formula.any.map(negated) };
  const { variable, classes } = formula;
  return { variable, classes: everyClass(variable) & ~classes };
}

/** All bits of a variable's classes. */
function everyClass({ classes }: Variable): bigint {
  const known = everyClassOf[classes.length] ?? (1n << BigInt(classes.length)) - 1n;
  everyClassOf[classes.length] = known;
  return known;
}

/** Cached by the number of classes. */
const everyClassOf: bigint[] = [];
