/** Compares a configuration with the active one: files and rules, and the changes for users. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { conditionsAbout } from '../../../core/policy/rules/condition-table.ts';
import { everyCondition } from '../../../core/queries/sign-in-conditions.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import { canonicalJson } from '../../../policy/revision/document-store.ts';
import type { Store } from '../../../stores/store.ts';
import { isAnswered, readsLeftAside } from '../../explain/unanswered-conditions.ts';
import { getOrMake } from '../../shared/values/get-or-make.ts';
import { comparedApps } from './compared/app-pairs.ts';
import { placePairs } from './compared/both-zones.ts';
import { changedFiles, type LocationOf } from './compared/changed-files.ts';
import type { ComparedConfiguration } from './compared/compared-configuration.ts';
import type { AccessChange, ConfigDiff } from './compared/configuration-changes.ts';
import { minimumAcrAdded } from './compared/minimum-acr-location.ts';
import { type CheckedAttributes, countUsers } from './count-users.ts';
import { type ComparedCircumstances, circumstancesOf, type VariedPair } from './sign-ins/circumstances.ts';
import { classesAtApps, numberedClasses } from './sign-ins/classes-at-apps.ts';
import { newShared, pairComparison } from './sign-ins/compare-pair.ts';
import { apartWhereConsented } from './sign-ins/counted-consents.ts';
import { sameOfMadeUpUsers, usersByGroup } from './sign-ins/made-up-users.ts';
import { type Projection, projectionOf, type UserClass } from './sign-ins/user-classes.ts';

export interface DiffOptions {
  readonly active: ComparedConfiguration;
  readonly next: ComparedConfiguration;
  /** What the output calls the active configuration. */
  readonly against: string;
  readonly locationOf: LocationOf;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Absent: users are not counted. */
  readonly store?: Store;
  /** Epoch seconds. */
  readonly now: number;
}

/** Rejects with errors of the store, or if a policy cannot be read. */
export async function configDiff({
  active,
  next,
  against,
  locationOf,
  store,
  ...rest
}: DiffOptions): Promise<ConfigDiff> {
  const { pairs: apps, account, added, removed } = await comparedApps(active, next);
  const pairs = [...apps, ...(account ? [account] : [])];
  const places = placePairs(active.snapshot, next.snapshot);
  const ofAlike = new Map<string, ComparedCircumstances>();
  const varied = pairs.map((pair): VariedPair => {
    return {
      pair,
      ...getOrMake(ofAlike, pair.alike, () =>
        circumstancesOf(pair, { places, now: rest.now, isCounted: store !== undefined }),
      ),
    };
  });
  const projection = projectionOf(varied);
  const { historySince } = active.snapshot;
  const checked = changedAttributes(active, next);
  const asked = { projection, now: rest.now, checked, ...omitUndefined({ historySince }) };
  // If no sign-in and no value can change, there are no users to count.
  const counted = store && pairs.length + checked.size > 0 ? await countUsers(store, asked) : undefined;
  const real = counted?.classes ?? [];
  const realGroups = [...new Map(real.map(({ groups }) => [JSON.stringify(groups), new Set(groups)])).values()];
  const isSomeUser = ({ groups }: UserClass) =>
    realGroups.some((inGroups) => groups.every((group) => inGroups.has(group)));
  const isCounted = store !== undefined;
  const madeUp = { ...rest, active, next, pairs, isCounted };
  const all = [...real, ...usersByGroup(madeUp, projection).filter((userClass) => !isSomeUser(userClass))];
  const compared = apartWhereConsented(varied, real);
  const found = changesIn(compared, { all, projection, isCounted });
  const changes = await Promise.all(
    compared.map(async (each) => {
      const withMinimumAcr = await minimumAcrAdded(each.pair, locationOf);
      return (found.get(each) ?? []).map(withMinimumAcr);
    }),
  );
  return {
    ...(active.snapshot.revision > 0 && { base: active.snapshot.revision }),
    against,
    files: await changedFiles(active, next, locationOf),
    apps: { added, removed },
    changes: joined(changes.flat()).toSorted(byWeight),
    ...omitUndefined({ users: counted?.users, isPartial: counted?.isPartial ? (true as const) : undefined }),
    refusedValues: [...(counted?.refused ?? [])].map(([attribute, users]) => ({ attribute, users })),
    leftAside: [...leftAside(varied, isCounted), ...sameOfMadeUpUsers(madeUp, projection)].sort(),
  };
}

/** Attributes that the next configuration has, and that are other ones than before, by name. */
function changedAttributes(active: ComparedConfiguration, next: ComparedConfiguration): CheckedAttributes {
  const { attributes: before } = active.snapshot.settings.attributes;
  const changed = Object.entries(next.snapshot.settings.attributes.attributes).filter(
    ([name, attribute]) => canonicalJson(before[name]) !== canonicalJson(attribute),
  );
  return new Map(changed.map(([name, attribute]) => [name, { before: before[name], next: attribute }]));
}

/** Apps that are alike but for expressions are compared together. */
function changesIn(
  varied: readonly VariedPair[],
  {
    all,
    projection,
    isCounted,
  }: { readonly all: readonly UserClass[]; readonly projection: Projection; readonly isCounted: boolean },
): ReadonlyMap<VariedPair, readonly AccessChange[]> {
  const clientIds = varied.map(({ pair }) => pair.next.app.clientId);
  const numbered = numberedClasses(all, projection, clientIds);
  const shared = newShared(isCounted);
  const found = new Map<VariedPair, readonly AccessChange[]>();
  for (const alike of Map.groupBy(varied, ({ pair }) => pair.alike).values()) {
    const [first] = alike;
    if (first === undefined) continue;
    const likeFirst = projectionOf([first]);
    const classesAt = classesAtApps(numbered, likeFirst, projection);
    const atoms = likeFirst.atoms.map(({ id }) => id);
    const compare = pairComparison(first.pair, { ...first, atoms, shared });
    for (const each of alike) found.set(each, compare(each.pair, classesAt(each)));
  }
  return found;
}

/** Merges the same change at several apps. */
function joined(changes: readonly AccessChange[]): readonly AccessChange[] {
  const same = Map.groupBy(changes, ({ apps: _, ...rest }) => JSON.stringify(rest));
  return [...same.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, apps: [first, ...others].flatMap(({ apps }) => apps).sort() }] : [],
  );
}

const kinds: readonly AccessChange['kind'][] = ['requirement', 'steps', 'recovery', 'acr', 'scopes', 'session'];

function byWeight(a: AccessChange, b: AccessChange): number {
  const lockedOut = ({ effects, after }: AccessChange) =>
    after.words === 'denied' || effects.some(({ kind }) => kind === 'locked_out') ? 0 : 1;
  const users = ({ who }: AccessChange) => who.users ?? 0;
  return kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || lockedOut(a) - lockedOut(b) || users(b) - users(a);
}

/** Without a store, users differ in their groups, in who they are and in what they have enrolled. */
function leftAside(pairs: readonly VariedPair[], isCounted: boolean): readonly string[] {
  const sets = pairs.flatMap(({ pair: { active, next } }) =>
    [active, next].flatMap(({ policies }) => everyCondition(policies)),
  );
  const ofUsers = conditionsAbout('user', 'account').filter((name) => !['groups', 'users'].includes(name));
  const names = [...conditionsAbout('other'), ...(isCounted ? [] : ofUsers)].filter((name) =>
    sets.some((set) => Object.hasOwn(set, name) && !isAnswered(set, name)),
  );
  const combinations = pairs.some(({ isPartial }) => isPartial) ? ['combinations'] : [];
  return [...names, ...combinations, ...readsLeftAside(sets, { realUser: isCounted })];
}
