/** Facts for every combination of what a policy test leaves open, or for a selection if there are too many. */
import type { ConditionName } from '../../core/model/conditions.ts';
import type { UserFacts } from '../../core/policy/theories/theory.ts';

/** A fact that a test leaves open. */
export interface OpenChoice {
  /** The name of the variable, e.g. `network`, `groups.staff`. */
  readonly name: string;
  readonly places: readonly ((facts: UserFacts) => UserFacts)[];
  /** Example facts are known for every class. */
  readonly isComplete: boolean;
}

/** A combination: facts, and the user's authenticators. */
export interface Combination {
  readonly placed: UserFacts;
  readonly enrolled: readonly string[];
}

/** What a test leaves open. */
export interface LeftOpen {
  readonly choices: readonly OpenChoice[];
  /** Sets of authenticators. */
  readonly enrolled: readonly (readonly string[])[];
  readonly plain: UserFacts;
}

/** How many facts `factsOfCombinations` yields. */
export function combinationCount({ choices }: LeftOpen): number {
  return choices.reduce((all, { places }) => all * places.length, 1);
}

export function* combinations(facts: readonly UserFacts[], sets: LeftOpen['enrolled']): Generator<Combination> {
  for (const enrolled of sets) for (const placed of facts) yield { placed, enrolled };
}

/** Facts for every combination of the choices. */
export function* factsOfCombinations([first, ...rest]: readonly OpenChoice[], facts: UserFacts): Generator<UserFacts> {
  if (first === undefined) yield facts;
  else for (const place of first.places) yield* factsOfCombinations(rest, place(facts));
}

/** The fractional parts of its multiples are spread evenly between 0 and 1, however many there are. */
const goldenRatio = 0.618_033_988_749_894_9;

/** Selects this many combinations, always the same ones, from the whole range. The first ones would be too similar. */
export function* spread(most: number, { choices, enrolled: sets, plain }: LeftOpen): Generator<Combination> {
  for (let at = 0; at < most; at += 1) {
    let position = (at * goldenRatio) % 1;
    const pick = <Of>(list: readonly Of[]): Of | undefined => {
      const scaled = position * list.length;
      position = scaled % 1;
      return list[Math.floor(scaled)];
    };
    const enrolled = pick(sets) ?? [];
    const placed = choices.reduce((facts, { places }) => pick(places)?.(facts) ?? facts, plain);
    yield { placed, enrolled };
  }
}

/**
 * The part of a test that sets a variable, by the first word of the variable's name: a condition, or what else is
 * tried. Undefined: no test leaves it open, or no part sets it alone.
 */
const sayings: { readonly [Name in ConditionName | 'enrolled' | 'now']: string | undefined } = {
  accountAge: 'user.accountAge',
  apps: undefined,
  attributes: 'user.attributes',
  authenticated: undefined,
  claims: 'request.essentialClaims',
  device: 'device',
  distance: 'distance',
  enrolled: 'user.enrolled',
  expression: undefined,
  groups: 'user.groups',
  lastSignIn: 'user.lastSignIn',
  network: 'network',
  now: 'time',
  recovered: 'user.recovered',
  risk: 'risk',
  scopes: 'request.scopes',
  time: 'time',
  userType: 'user.userType',
  users: 'user.identifiers',
};

/** More names would not help: most tests are small enough once they set the widest parts. */
const mostNamed = 3;

/**
 * For example `user.groups (256 cases), user.enrolled (63)`: the parts of a test whose setting would reduce the cases
 * most.
 */
export function widestParts({ choices, enrolled }: LeftOpen): string {
  const counts = new Map<string, number>();
  for (const { name, size } of [
    ...choices.map(({ name: variable, places }) => ({ name: variable, size: places.length })),
    { name: 'enrolled', size: enrolled.length },
  ]) {
    const part = sayings[name.split(/[. ]/)[0] as keyof typeof sayings];
    if (part !== undefined) counts.set(part, (counts.get(part) ?? 1) * size);
  }
  return [...counts]
    .filter(([, size]) => size > 1)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, mostNamed)
    .map(([part, size], index) => `\`${part}\` (${size}${index === 0 ? ' cases' : ''})`)
    .join(', ');
}
