/** Compares the sign-ins of all classes of users to one pair of apps, and merges equal changes. */
import { omitUndefined } from '../../../../core/model/omit-undefined.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import { identityText } from '../../questions/identities.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import { freeScopes } from '../compared/carried-scopes.ts';
import type { AccessChange, AffectedUsers, Effect } from '../compared/configuration-changes.ts';
import type { SignInContent } from '../compared/sign-in-content.ts';
import type { Circumstance, ComparedCircumstances } from './circumstances.ts';
import { whereText } from './circumstances-text.ts';
import { type ContentDifference, located, type SignInDifference } from './content-difference.ts';
import type { UserAtApp } from './deciding-rules.ts';
import type { EffectOnUsers } from './effect-on-users.ts';
import { type Having, havingText } from './having-text.ts';
import {
  type DifferenceRow,
  headlineOf,
  headlineOfAll,
  keyOfWho,
  type Occurrence,
  saidByAll,
  sameOfMadeUp,
} from './occurrences.ts';
import { changeSentence } from './sentences.ts';
import { contentDifferences } from './sign-in-differences.ts';
import { type SignInContents, type SignInView, type Viewer, viewerOf } from './sign-in-view.ts';
import type { UserClass } from './user-classes.ts';

/** The sign-ins that are compared. */
interface ComparedSignIns extends Pick<ComparedCircumstances, 'circumstances' | 'statements'> {
  /** The ids of `UserClass.results`. */
  readonly atoms: readonly string[];
  readonly shared: SharedByApps;
}

/** What is found once for all pairs of apps. */
export interface SharedByApps {
  /** Whether users were counted in a store. Others are made up. */
  readonly isCounted: boolean;
  readonly contents: SignInContents;
  readonly differences: Map<SignInContent, Map<SignInContent, readonly ContentDifference[]>>;
}

export function newShared(isCounted: boolean): SharedByApps {
  return { isCounted, contents: { byKey: new Map(), numbers: new Map() }, differences: new Map() };
}

interface KeyedDifference {
  readonly difference: SignInDifference;
  /** Equal for differences with the same text. */
  readonly key: string;
  /** Equal if the effects on the user are the same as well. */
  readonly keyWithEffects: string;
}

/** Compares the sign-ins to one pair of apps. */
export type PairComparison = (pair: AppPair, classes: readonly UserClass[]) => readonly AccessChange[];

/**
 * Compares the sign-ins to pairs like this one: a class of users with the same results is evaluated once for all of
 * them, and pairs at which the classes are the same have the same changes.
 */
export function pairComparison(like: AppPair, signIns: ComparedSignIns): PairComparison {
  const { circumstances, atoms, shared } = signIns;
  const differencesOf = deltasIn(like, atoms, shared);
  const known = new Map<string, readonly DifferenceRow[]>();
  const ofAlike = new Map<ReturnType<DifferencesOf>, readonly DifferenceRow[]>();
  const rowsFor = (user: UserClass, clientId: string) =>
    getOrMake(known, user.key, () => {
      const differencesAt = differencesOf({ user, clientId });
      return getOrMake(ofAlike, differencesAt, () => rowsOf(circumstances.map(differencesAt)));
    });
  const places = new Map<string, Placed>();
  const placedAt = (positions: readonly number[]) =>
    getOrMake(places, positions.join(), () => placed(positions, signIns));
  const changesOf: PairComparison = (pair, classes) => {
    const found = classes.flatMap((user) =>
      rowsFor(user, pair.active.app.clientId).map((row): Occurrence => ({ user, ...row })),
    );
    const { isCounted } = shared;
    const same = isCounted ? [...Map.groupBy(found, ({ key }) => key).values()] : sameOfMadeUp(found);
    const users = usersIn(classes);
    const compared = { classes, isCounted, users, sizes: groupSizes(classes), ...whoIn(classes, isCounted), placedAt };
    return same.flatMap((alike) => changeOf(alike, pair, compared));
  };
  const ofClasses = new Map<readonly UserClass[], readonly AccessChange[]>();
  return (pair, classes) => {
    const changes = getOrMake(ofClasses, classes, () => changesOf(pair, classes));
    return changes.map((change) => ({ ...change, apps: pair.clientIds }));
  };
}

function usersIn(classes: readonly UserClass[]): number {
  return classes.reduce((sum, { users }) => sum + users, 0);
}

/** Where a change occurs. */
type Placed = Pick<AccessChange, 'where' | 'zones'>;

function placed(positions: readonly number[], signIns: ComparedSignIns): Placed {
  const own = positions.flatMap((position) => signIns.circumstances[position] ?? []);
  return { where: whereText(positions, signIns), zones: [...new Set(own.map(({ place }) => place.label))] };
}

/** Users by group. */
function groupSizes(classes: readonly UserClass[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { groups, users } of classes)
    for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + users);
  return sizes;
}

/** Users alike in all circumstances share one function. */
type DifferencesOf = (who: UserAtApp) => (circumstance: Circumstance) => readonly KeyedDifference[];

/** Caches the differences between two views. */
function deltasIn({ active, next, ...pair }: AppPair, atoms: readonly string[], shared: SharedByApps): DifferencesOf {
  const { contents, differences } = shared;
  const context = { free: freeScopes({ active, next, ...pair }), atoms, contents };
  const [before, after] = [viewerOf(active, 'active', context), viewerOf(next, 'next', context)];
  const known = new Map<SignInView, Map<SignInView, readonly KeyedDifference[]>>();
  const { authenticators } = next.policies;
  const ofContents = (from: SignInContent, to: SignInContent) =>
    getOrMake(
      getOrMake(differences, from, () => new Map<SignInContent, readonly ContentDifference[]>()),
      to,
      () => {
        const found = contentDifferences(from, to, authenticators);
        return shared.isCounted ? found : found.flatMap(inParts);
      },
    );
  const found = (from: SignInView, to: SignInView) => {
    const keyedOnes = ofContents(from.content, to.content).map((difference) => keyed(located(difference, from, to)));
    getOrMake(known, from, () => new Map<SignInView, readonly KeyedDifference[]>()).set(to, keyedOnes);
    return keyedOnes;
  };
  const between = (from: SignInView, to: SignInView) => known.get(from)?.get(to) ?? found(from, to);
  const ofAlike = new Map<ReturnType<Viewer>, Map<ReturnType<Viewer>, ReturnType<DifferencesOf>>>();
  return (who) => {
    const [beforeAt, afterAt] = [before(who), after(who)];
    return getOrMake(
      getOrMake(ofAlike, beforeAt, () => new Map<ReturnType<Viewer>, ReturnType<DifferencesOf>>()),
      afterAt,
      () => (circumstance) => between(beforeAt(circumstance), afterAt(circumstance)),
    );
  };
}

/** Made-up users may have only some parts of it. */
function inParts({ apart, ...difference }: ContentDifference): readonly ContentDifference[] {
  return apart?.map((part) => ({ ...difference, ...part })) ?? [difference];
}

function keyed(difference: SignInDifference): KeyedDifference {
  const { kind, before, after, effects } = difference;
  const key = JSON.stringify([kind, headlineOf(difference), before, after]);
  return { difference, key, keyWithEffects: JSON.stringify([key, effects]) };
}

/** `differences`: those in each circumstance. Each row has its own effects, which are told where they occur. */
function rowsOf(differences: readonly (readonly KeyedDifference[])[]): readonly DifferenceRow[] {
  const found = new Map<string, { key: string; difference: SignInDifference; positions: number[] }>();
  for (const [position, some] of differences.entries()) {
    for (const { key, keyWithEffects, difference } of some) {
      const { positions } = getOrMake(found, keyWithEffects, () => ({ key, difference, positions: [] }));
      positions.push(position);
    }
  }
  // Users with different effects in the same circumstances share a row.
  return [...found.values()].map((row) => ({ ...row, key: `${row.key} ${row.positions.join()}` }));
}

function havingOf(some: readonly UserClass[]): readonly Having[] {
  return [...new Set(some.flatMap(({ having }) => having ?? []))];
}

/** Groups and identities, and what made-up users have. */
interface WhoIn {
  /** Of made-up users alone. */
  readonly who: number;
  readonly had: readonly Having[];
}

function whoIn(some: readonly UserClass[], isCounted: boolean): WhoIn {
  return { who: isCounted ? 0 : new Set(some.map(keyOfWho)).size, had: havingOf(some) };
}

interface ComparedAt extends WhoIn, Pick<SharedByApps, 'isCounted'> {
  readonly classes: readonly UserClass[];
  /** In all classes. */
  readonly users: number;
  readonly sizes: ReadonlyMap<string, number>;
  readonly placedAt: (positions: readonly number[]) => Placed;
}

/** Merges occurrences into one change. Classes without users count only if no class with users has the change. */
function changeOf(same: readonly Occurrence[], { clientIds }: AppPair, compared: ComparedAt): readonly AccessChange[] {
  const [first] = same;
  if (first === undefined) return [];
  const { kind } = first.difference;
  const headline = headlineOfAll(same);
  const [before, after] = [saidByAll(same, 'before'), saidByAll(same, 'after')];
  const users = usersIn(same.map(userOf));
  const who = affectedBy(same, compared, users);
  const isTold = !compared.isCounted || users > 0;
  const effects = isTold ? effectsOf(same, compared, ({ many, enroll }) => JSON.stringify([many, enroll])) : [];
  // What users must set up differs and is told below; the sentence counts all who must.
  const counted = compared.isCounted && isTold ? effectsOf(same, compared, ({ many }) => many) : effects;
  const { where, zones } = compared.placedAt(first.positions);
  const row = { kind, apps: clientIds, who, where, zones, before, after, effects };
  return [{ ...row, sentence: changeSentence({ headline, ...row, effects: counted }) }];
}

function affectedBy(
  same: readonly Pick<Occurrence, 'user'>[],
  { classes, isCounted, sizes, users: of, ...all }: ComparedAt,
  users: number,
): AffectedUsers {
  const inChange = same.map(userOf);
  const meant = users > 0 ? inChange.filter((userClass) => userClass.users > 0) : inChange;
  const names = [...new Set(meant.flatMap(({ groups: userGroups }) => userGroups))].sort();
  const own = groupSizes(inChange);
  const groups = names.map((group) => ({ group, users: own.get(group) ?? 0, of: sizes.get(group) ?? 0 }));
  const inside = whoIn(inChange, isCounted);
  const isAll = isCounted ? users > 0 && users === of : inside.who === all.who;
  const had = havingText(inside.had, all.had);
  const such = users > 0 || isAll ? [] : namesOfSome(meant, classes);
  return {
    ...(isCounted && { users, of }),
    groups,
    ...(isAll && { all: true as const }),
    ...(users === 0 &&
      !isAll &&
      meant.some((userClass) => userClass.groups.length === 0) && { ungrouped: true as const }),
    ...(such.length > 0 && { such }),
    ...(had !== undefined && { having: had }),
  };
}

/** Empty: all users that were made up in these groups are meant. */
function namesOfSome(meant: readonly UserClass[], classes: readonly UserClass[]): readonly string[] {
  const keyOf = ({ groups }: UserClass) => groups.join(' ');
  const keys = new Set(meant.map(keyOf));
  const had = new Set(meant.map(({ having }) => having));
  const alike = classes.filter(
    (userClass) => userClass.identity !== undefined && keys.has(keyOf(userClass)) && had.has(userClass.having),
  );
  if (alike.every((userClass) => meant.includes(userClass))) return [];
  return [...new Set(meant.flatMap(({ identity }) => (identity ? [identityText(identity)] : [])))];
}

interface WithEffect extends Pick<Occurrence, 'user'> {
  readonly effect: EffectOnUsers;
}

/** Those with the same key are one. */
function effectsOf(
  same: readonly Occurrence[],
  compared: ComparedAt,
  keyOf: (effect: EffectOnUsers) => string,
): readonly Effect[] {
  const { isCounted, had: madeUp } = compared;
  const isSaidOfAll = saysSecondFactorOfAll(same);
  const withEffect = same.flatMap(({ difference: { effects = [] }, user }): readonly WithEffect[] =>
    effects.map((effect) => ({ effect, user })),
  );
  const isTold = ({ user }: WithEffect) => !isCounted || user.users > 0;
  const areSeveral = new Set(withEffect.filter(isTold).flatMap(({ effect }) => effect.enroll ?? [])).size > 1;
  return [...Map.groupBy(withEffect, ({ effect }) => keyOf(effect)).values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { kind, one, many, enroll, isSecondFactor } = first.effect;
    const users = alike.reduce((sum, each) => sum + each.user.users, 0);
    const had = isCounted ? undefined : havingText(havingOf(alike.map(userOf)), havingOf(same.map(userOf)), madeUp);
    const who = areSeveral && enroll !== undefined ? affectedBy(alike, compared, users) : undefined;
    const more = omitUndefined({ enroll, users: isCounted ? users : undefined, having: had, who });
    const words = isSecondFactor && !isSaidOfAll ? 'must set up a second factor first' : users === 1 ? one : many;
    return isCounted && users === 0 ? [] : [{ kind, words, ...more }];
  });
}

function userOf({ user }: { readonly user: UserClass }): UserClass {
  return user;
}

/**
 * Whether all users without a second factor must set one up because of the change. Some might have to without it as
 * well.
 */
function saysSecondFactorOfAll(same: readonly Occurrence[]): boolean {
  return same.every(
    ({ difference: { effects = [], isWithoutSecondFactor }, user }) =>
      user.users === 0 || !isWithoutSecondFactor || effects.some(({ isSecondFactor }) => isSecondFactor),
  );
}
