/** Compares the sign-ins of all classes of users to one pair of apps, and puts together what is the same change. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { AppPair } from './app-pairs.ts';
import type { Circumstance } from './circumstances.ts';
import { type Delta, type DeltaEffect, deltasBetween } from './delta.ts';
import type { AccessChange, AffectedUsers, Effect, EffectKind } from './model.ts';
import { changeSentence } from './sentences.ts';
import type { UserClass } from './user-classes.ts';
import { type SignInView, viewerOf } from './view.ts';
import { whereWords } from './where-words.ts';

interface Compared {
  readonly classes: readonly UserClass[];
  readonly circumstances: readonly Circumstance[];
  /** There is a store in which users were counted. */
  readonly isCounted: boolean;
}

/** A change of one class of users. */
interface Occurrence {
  readonly user: UserClass;
  readonly delta: Delta;
  readonly circumstances: readonly Circumstance[];
  /** The worst of all circumstances. */
  readonly effect?: DeltaEffect;
}

export function comparePair(pair: AppPair, compared: Compared): readonly AccessChange[] {
  const found = compared.classes.flatMap((user) => occurrencesFor(user, pair, compared));
  const rows = Map.groupBy(found, ({ delta: { kind, headline, before, after }, circumstances }) =>
    JSON.stringify([kind, headline, before, after, circumstances.map((one) => compared.circumstances.indexOf(one))]),
  );
  return [...rows.values()].flatMap((same) => changeOf(same, pair, compared));
}

const deltas = new WeakMap<SignInView, WeakMap<SignInView, readonly Delta[]>>();
const viewers = new WeakMap<AppPair, ReturnType<typeof viewersOf>>();

function viewersOf({ live, next }: AppPair) {
  return { live: viewerOf(live, 'live'), next: viewerOf(next, 'next') };
}

function occurrencesFor(user: UserClass, pair: AppPair, { circumstances }: Compared): readonly Occurrence[] {
  const sides = viewers.get(pair) ?? viewersOf(pair);
  viewers.set(pair, sides);
  const found = new Map<string, Occurrence>();
  for (const circumstance of circumstances) {
    const [live, next] = [sides.live.view(user, circumstance), sides.next.view(user, circumstance)];
    for (const delta of knownDeltas(live, next, pair)) {
      const key = JSON.stringify([delta.kind, delta.headline, delta.before, delta.after]);
      const same = found.get(key);
      const effect = worse(same?.effect, delta.effect);
      const all = [...(same?.circumstances ?? []), circumstance];
      found.set(key, { user, delta, circumstances: all, ...(effect && { effect }) });
    }
  }
  return [...found.values()];
}

function knownDeltas(live: SignInView, next: SignInView, { next: { policies } }: AppPair): readonly Delta[] {
  const known = deltas.get(live) ?? new WeakMap<SignInView, readonly Delta[]>();
  deltas.set(live, known);
  const found = known.get(next) ?? deltasBetween(live, next, policies.authenticators);
  known.set(next, found);
  return found;
}

/** The worst first. */
const severities: readonly EffectKind[] = ['shut_out', 'must_enroll', 'must_fill_in', 'let_in'];

function worse(one: DeltaEffect | undefined, other: DeltaEffect | undefined): DeltaEffect | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return severities.indexOf(one.kind) <= severities.indexOf(other.kind) ? one : other;
}

/** Users who do not exist show what would be; where users do, these stand for it. */
function changeOf(same: readonly Occurrence[], pair: AppPair, compared: Compared): readonly AccessChange[] {
  const [first] = same;
  if (first === undefined) return [];
  const { delta, circumstances } = first;
  const { kind, headline, before, after } = delta;
  const users = same.reduce((sum, { user }) => sum + user.users, 0);
  const who = affectedBy(same, { ...compared, users });
  const effects = compared.isCounted && users === 0 ? [] : effectsOf(same, compared.isCounted);
  const where = whereWords(circumstances, compared.circumstances);
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
  const counts = (some: readonly UserClass[]) => some.reduce((sum, one) => sum + one.users, 0);
  const inChange = same.map(({ user }) => user);
  const meant = users > 0 ? inChange.filter((one) => one.users > 0) : inChange;
  const names = [...new Set(meant.flatMap(({ groups }) => groups))].sort();
  const groups = names.map((group) => ({
    group,
    users: counts(inChange.filter((one) => one.groups.includes(group))),
    of: counts(classes.filter((one) => one.groups.includes(group))),
  }));
  const of = counts(classes);
  const isAll = isCounted ? users > 0 && users === of : inChange.length === classes.length;
  return { ...(isCounted && { users, of }), groups, ...(isAll && { all: true as const }) };
}

function effectsOf(same: readonly Occurrence[], isCounted: boolean): readonly Effect[] {
  const withEffect = same.flatMap(({ effect, user: { users } }) => (effect ? [{ effect, users }] : []));
  const byWords = Map.groupBy(withEffect, ({ effect }) => JSON.stringify([effect.many, effect.enroll]));
  return [...byWords.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { kind, one, many, enroll } = first.effect;
    const users = alike.reduce((sum, each) => sum + each.users, 0);
    const more = omitUndefined({ enroll, users: isCounted ? users : undefined });
    return isCounted && users === 0 ? [] : [{ kind, words: users === 1 ? one : many, ...more }];
  });
}
