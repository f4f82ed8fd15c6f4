/** Compares the sign-ins of all classes of users to one pair of apps, and merges equal changes. */
import { omitUndefined } from '../../../../core/model/omit-undefined.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import { identityText } from '../../questions/identities.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import { freeScopes } from '../compared/carried-scopes.ts';
import type { AccessChange, AffectedUsers, Effect, EffectKind } from '../compared/configuration-changes.ts';
import type { Circumstance } from './circumstances.ts';
import { whereText } from './circumstances-text.ts';
import type { EffectOnUsers } from './effect-on-users.ts';
import { changeSentence } from './sentences.ts';
import { differencesBetween, type SignInDifference } from './sign-in-differences.ts';
import { type SignInView, viewerOf } from './sign-in-view.ts';
import type { UserClass } from './user-classes.ts';

interface Compared {
  readonly classes: readonly UserClass[];
  readonly circumstances: readonly Circumstance[];
  /** Whether users were counted in a store. */
  readonly isCounted: boolean;
}

interface KeyedDifference {
  readonly difference: SignInDifference;
  /** Equal for differences with the same text. */
  readonly key: string;
}

/** A change of one class of users. */
interface Occurrence {
  readonly user: UserClass;
  /** The key of `KeyedDifference`. */
  readonly key: string;
  readonly difference: SignInDifference;
  /** Positions of the circumstances in which it occurs. */
  readonly positions: readonly number[];
  /** The worst effect in these circumstances. */
  readonly effect?: EffectOnUsers;
}

export function comparePair(pair: AppPair, compared: Compared): readonly AccessChange[] {
  const differencesOf = deltasIn(pair);
  const found = compared.classes.flatMap((user) => occurrencesFor(user, differencesOf, compared.circumstances));
  const rows = Map.groupBy(found, ({ key, positions }) => `${key} ${positions.join()}`);
  return [...rows.values()].flatMap((same) => changeOf(same, pair, compared));
}

type DifferencesOf = (user: UserClass, circumstance: Circumstance) => readonly KeyedDifference[];

/** Caches the differences between two views. */
function deltasIn(pair: AppPair): DifferencesOf {
  const { active, next } = pair;
  const free = freeScopes(pair);
  const [before, after] = [viewerOf(active, 'active', free), viewerOf(next, 'next', free)];
  const known = new Map<SignInView, Map<SignInView, readonly KeyedDifference[]>>();
  const { authenticators } = next.policies;
  return (user, circumstance) => {
    const [from, to] = [before.view(user, circumstance), after.view(user, circumstance)];
    const since = getOrMake(known, from, () => new Map<SignInView, readonly KeyedDifference[]>());
    return getOrMake(since, to, () => differencesBetween(from, to, authenticators).map(keyed));
  };
}

function keyed(difference: SignInDifference): KeyedDifference {
  return {
    difference,
    key: JSON.stringify([difference.kind, difference.headline, difference.before, difference.after]),
  };
}

function occurrencesFor(
  user: UserClass,
  differencesOf: DifferencesOf,
  circumstances: readonly Circumstance[],
): readonly Occurrence[] {
  const found = new Map<
    string,
    { key: string; difference: SignInDifference; positions: number[]; effect?: EffectOnUsers }
  >();
  for (const [position, circumstance] of circumstances.entries()) {
    for (const { key, difference } of differencesOf(user, circumstance)) {
      const same = getOrMake(found, key, () => ({ key, difference, positions: [] }));
      same.positions.push(position);
      const effect = worse(same.effect, difference.effect);
      if (effect) same.effect = effect;
    }
  }
  return [...found.values()].map((row) => ({ user, ...row }));
}

/** Worst first. */
const severities: readonly EffectKind[] = ['locked_out', 'must_enroll', 'must_fill_in', 'let_in'];

function worse(one: EffectOnUsers | undefined, other: EffectOnUsers | undefined): EffectOnUsers | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return severities.indexOf(one.kind) <= severities.indexOf(other.kind) ? one : other;
}

/** Merges occurrences into one change. Classes without users count only if no class with users has the change. */
function changeOf(same: readonly Occurrence[], pair: AppPair, compared: Compared): readonly AccessChange[] {
  const [first] = same;
  if (first === undefined) return [];
  const { difference, positions } = first;
  const circumstances = positions.flatMap((position) => compared.circumstances[position] ?? []);
  const { kind, headline, before, after } = difference;
  const users = same.reduce((sum, { user }) => sum + user.users, 0);
  const who = affectedBy(same, { ...compared, users });
  const effects = compared.isCounted && users === 0 ? [] : effectsOf(same, compared.isCounted);
  const where = whereText(positions, compared.circumstances);
  const row = {
    kind,
    apps: pair.clientIds,
    who,
    where,
    zones: [...new Set(circumstances.map(({ place }) => place.label))],
    before,
    after,
    effects,
  };
  return [{ ...row, sentence: changeSentence({ headline, ...row }) }];
}

function affectedBy(
  same: readonly Occurrence[],
  { classes, isCounted, users }: Compared & { readonly users: number },
): AffectedUsers {
  const counts = (some: readonly UserClass[]) => some.reduce((sum, userClass) => sum + userClass.users, 0);
  const inChange = same.map(({ user }) => user);
  const meant = users > 0 ? inChange.filter((userClass) => userClass.users > 0) : inChange;
  const names = [...new Set(meant.flatMap(({ groups }) => groups))].sort();
  const groups = names.map((group) => ({
    group,
    users: counts(inChange.filter((userClass) => userClass.groups.includes(group))),
    of: counts(classes.filter((userClass) => userClass.groups.includes(group))),
  }));
  const of = counts(classes);
  const isAll = isCounted ? users > 0 && users === of : inChange.length === classes.length;
  const such = users > 0 || isAll ? [] : namesOfSome(meant, classes);
  return {
    ...(isCounted && { users, of }),
    groups,
    ...(isAll && { all: true as const }),
    ...(users === 0 &&
      !isAll &&
      meant.some((userClass) => userClass.groups.length === 0) && { ungrouped: true as const }),
    ...(such.length > 0 && { such }),
  };
}

/** Empty: all users that were made up in these groups are meant. */
function namesOfSome(meant: readonly UserClass[], classes: readonly UserClass[]): readonly string[] {
  const keyOf = ({ groups }: UserClass) => groups.join(' ');
  const keys = new Set(meant.map(keyOf));
  const alike = classes.filter((userClass) => userClass.identity !== undefined && keys.has(keyOf(userClass)));
  if (alike.every((userClass) => meant.includes(userClass))) return [];
  return [...new Set(meant.flatMap(({ identity }) => (identity ? [identityText(identity)] : [])))];
}

function effectsOf(same: readonly Occurrence[], isCounted: boolean): readonly Effect[] {
  const isSaidOfAll = saysSecondFactorOfAll(same);
  const withEffect = same.flatMap(({ effect, user: { users } }) => (effect ? [{ effect, users }] : []));
  const byWords = Map.groupBy(withEffect, ({ effect }) => JSON.stringify([effect.many, effect.enroll]));
  return [...byWords.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { kind, one, many, enroll, isSecondFactor } = first.effect;
    const users = alike.reduce((sum, each) => sum + each.users, 0);
    const more = omitUndefined({ enroll, users: isCounted ? users : undefined });
    const words = isSecondFactor && !isSaidOfAll ? 'must set up a second factor first' : users === 1 ? one : many;
    return isCounted && users === 0 ? [] : [{ kind, words, ...more }];
  });
}

/**
 * Whether all users without a second factor must set one up because of the change. Some might have to without it as
 * well.
 */
function saysSecondFactorOfAll(same: readonly Occurrence[]): boolean {
  return same.every(
    ({ difference, effect, user }) => user.users === 0 || !difference.isWithoutSecondFactor || effect?.isSecondFactor,
  );
}
