/** Compares the sign-ins of all classes of users to one pair of apps, and puts together what is the same change. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { AppPair } from './app-pairs.ts';
import { type Delta, type DeltaEffect, deltasBetween } from './delta.ts';
import type { AccessChange, Effect, EffectKind, People } from './model.ts';
import { changeSentence } from './sentences.ts';
import type { Situation } from './situations.ts';
import type { UserClass } from './user-classes.ts';
import { type View, viewerOf } from './view.ts';
import { whereWords } from './where-words.ts';

interface Compared {
  readonly classes: readonly UserClass[];
  readonly situations: readonly Situation[];
  /** There is a store in which users were counted. */
  readonly isCounted: boolean;
}

/** A change of one class of users. */
interface Occurrence {
  readonly user: UserClass;
  readonly delta: Delta;
  readonly situations: readonly Situation[];
  /** The worst of all situations. */
  readonly effect?: DeltaEffect;
}

export function comparePair(pair: AppPair, compared: Compared): readonly AccessChange[] {
  const found = compared.classes.flatMap((user) => occurrencesFor(user, pair, compared));
  const rows = Map.groupBy(found, ({ delta: { kind, headline, before, after }, situations }) =>
    JSON.stringify([kind, headline, before, after, situations.map((one) => compared.situations.indexOf(one))]),
  );
  return [...rows.values()].flatMap((same) => changeOf(same, pair, compared));
}

const deltas = new WeakMap<View, WeakMap<View, readonly Delta[]>>();
const viewers = new WeakMap<AppPair, ReturnType<typeof viewersOf>>();

function viewersOf({ live, next }: AppPair) {
  return { live: viewerOf(live, 'live'), next: viewerOf(next, 'next') };
}

function occurrencesFor(user: UserClass, pair: AppPair, { situations }: Compared): readonly Occurrence[] {
  const sides = viewers.get(pair) ?? viewersOf(pair);
  viewers.set(pair, sides);
  const found = new Map<string, Occurrence>();
  for (const situation of situations) {
    const [live, next] = [sides.live.view(user, situation), sides.next.view(user, situation)];
    for (const delta of knownDeltas(live, next, pair)) {
      const key = JSON.stringify([delta.kind, delta.headline, delta.before, delta.after]);
      const same = found.get(key);
      const effect = worse(same?.effect, delta.effect);
      const all = [...(same?.situations ?? []), situation];
      found.set(key, { user, delta, situations: all, ...(effect && { effect }) });
    }
  }
  return [...found.values()];
}

function knownDeltas(live: View, next: View, { next: { policies } }: AppPair): readonly Delta[] {
  const known = deltas.get(live) ?? new WeakMap<View, readonly Delta[]>();
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
  const { delta, situations } = first;
  const { kind, headline, before, after } = delta;
  const users = same.reduce((sum, { user }) => sum + user.users, 0);
  const people = peopleOf(same, { ...compared, users });
  const effects = compared.isCounted && users === 0 ? [] : effectsOf(same, compared.isCounted);
  const where = whereWords(situations, compared.situations);
  const row = {
    kind,
    apps: pair.clientIds,
    people,
    where,
    zones: [...new Set(situations.map(({ place }) => place.label))],
    before,
    after,
    effects,
  };
  return [{ ...row, sentence: changeSentence({ headline, ...row }) }];
}

function peopleOf(
  same: readonly Occurrence[],
  { classes, isCounted, users }: Compared & { readonly users: number },
): People {
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
  const isEverybody = isCounted ? users > 0 && users === of : inChange.length === classes.length;
  return { ...(isCounted && { users, of }), groups, ...(isEverybody && { everybody: true as const }) };
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
