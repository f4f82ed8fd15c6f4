/** Changes of classes of users, and which of them are one change. */
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { AskedThere } from '../compared/configuration-changes.ts';
import type { SignInDifference } from './content-difference.ts';
import { saidByAllText } from './said-text.ts';
import type { UserClass } from './user-classes.ts';
import { type StatedWays, waysOfAll, whenText } from './ways-compared.ts';

/** A change of all users of some classes. */
export interface DifferenceRow {
  /** The key of `KeyedDifference`, and the circumstances. */
  readonly key: string;
  readonly difference: SignInDifference;
  /** Positions of the circumstances in which it occurs with the same effects. */
  readonly positions: readonly number[];
}

/** A change of one class of users. */
export interface Occurrence extends DifferenceRow {
  readonly user: UserClass;
}

/** With the ways to sign in of which it is told. */
export function headlineOf({ headline, ways }: SignInDifference): string {
  return ways ? headline + whenText(ways) : headline;
}

/** Changes of made-up users, who may sign in in different ways and differ in what was asked of them. */
export function sameOfMadeUp(found: readonly Occurrence[]): readonly (readonly Occurrence[])[] {
  const keyOf = ({ difference: { kind, headline }, positions }: Occurrence) =>
    JSON.stringify([kind, headline, positions]);
  return [...Map.groupBy(found, keyOf).values()].flatMap((same) => {
    const byWho = [...Map.groupBy(same, ({ user }) => keyOfWho(user)).values()].flatMap(withoutContradictions);
    return [...Map.groupBy(byWho, keyOfAlike).values()].map((alike) => alike.flat());
  });
}

/** Equal for users who differ in their groups or identities alone. */
function keyOfAlike(same: readonly Occurrence[]): string {
  return JSON.stringify([
    headlineOfAll(same),
    same.map(({ user: { having }, difference: { effects = [] } }) => [having?.name, effects.map(({ many }) => many)]),
  ]);
}

/** It may be true of a way of one user, and not of the same way of another one, who has something else. */
function withoutContradictions(same: readonly Occurrence[]): readonly (readonly Occurrence[])[] {
  if (waysOf(same)) return [same];
  const groups: Occurrence[][] = [];
  for (const occurrence of same) {
    const group = groups.find((others) => waysOf([...others, occurrence]));
    if (group) group.push(occurrence);
    else groups.push([occurrence]);
  }
  return groups;
}

/** Of one headline. */
export function headlineOfAll(same: readonly Occurrence[]): string {
  const [first] = same;
  if (first === undefined) return '';
  const ways = first.difference.ways && waysOf(same);
  return headlineOf(ways ? { ...first.difference, ways } : first.difference);
}

const allWays: StatedWays = { own: [], others: [] };

/** Undefined: of some users it is true in a way in which it is not of others. */
function waysOf(same: readonly Occurrence[]): StatedWays | undefined {
  const ways = same.flatMap(({ difference }) => difference.ways ?? []);
  return ways.length === 0 ? allWays : waysOfAll(ways);
}

/** Cached by user. */
const whoKeys = new WeakMap<UserClass, string>();

/** Made-up users of one group and identity. */
export function keyOfWho(user: UserClass): string {
  return getOrMake(whoKeys, user, () => JSON.stringify([user.groups, user.identity]));
}

/** Made-up users with the same change may differ in what was asked of them. */
export function saidByAll(same: readonly Occurrence[], side: 'before' | 'after'): AskedThere {
  // Most users share the difference of others.
  const differences = [...new Set(same.map(({ difference }) => difference))];
  const all = differences.map((difference) => difference[side]);
  const rules = new Map(all.flatMap((there) => there.rules.map((rule) => [JSON.stringify(rule), rule] as const)));
  const words = [...new Set(all.map((there) => there.words))];
  const said = differences.flatMap((difference) => difference.said?.[side === 'before' ? 0 : 1] ?? []);
  const joined = words.length > 1 && said.length === all.length ? saidByAllText(said) : undefined;
  return { words: joined ?? words.join(', or '), rules: [...rules.values()] };
}
