/**
 * Groups users whom the rules of both sides do not distinguish: with the same groups that rules name, the same results
 * of other conditions about users, the same authenticators, and the same attributes that a profile policy may ask for.
 * Each class is evaluated once, however many users it has. At a third-party app, its users are told apart by consent.
 */

import type { AnyAllNone, ConditionSet } from '../../../../core/model/conditions.ts';
import type { Facts, Seconds, Subject } from '../../../../core/model/facts.ts';
import { withConditionsInside } from '../../../../core/policy/rules/expression-parts.ts';
import { everyCondition } from '../../../../core/queries/sign-in-conditions.ts';
import { signInHistoryKey, userKey, usersKey } from '../../../../stores/keys.ts';
import type { Store } from '../../../../stores/store.ts';
import { lastSignInFacts } from '../../../../users/history/sign-in-history.ts';
import { accountsOf } from '../../../../users/record/account.ts';
import { toSubject } from '../../../../users/record/user.ts';
import type { Identity } from '../../questions/identities.ts';
import { type Atom, atomsOf, resultFor } from './atoms.ts';
import type { VariedPair } from './circumstances.ts';
import { addConsents, type ConsentCounts, consentsGiven, type ScopesAsked, scopesAsked } from './counted-consents.ts';
import type { Having } from './having-text.ts';
import { type AskedOfUsers, asCompared, askedOfUsers, factsKey } from './subject-facts.ts';

/** A class of users, represented by one of them. */
export interface UserClass extends Pick<Facts, 'lastSignIn'> {
  readonly subject: Subject;
  /** Active users in the class. 0 if there are none today. */
  readonly users: number;
  /** The groups that rules name, sorted. */
  readonly groups: readonly string[];
  /** The result of each atom. */
  readonly results: readonly string[];
  /** Counted for all compared apps, until the class is seen by one of them. */
  readonly consents: ConsentCounts;
  /** A key of everything else that matters. */
  readonly rest: string;
  /** Equal for users of one class: their groups, results and the rest. */
  readonly key: string;
  /** Who a made-up user is, where rules ask. */
  readonly identity?: Identity;
  /** What a made-up user has, where no users are counted. */
  readonly having?: Having;
}

/** The parts of users that both configurations use. */
export interface Projection extends AskedOfUsers {
  readonly groups: ReadonlySet<string>;
  readonly atoms: readonly Atom[];
  /** Rules ask when users last signed in. */
  readonly asksLastSignIn: boolean;
  readonly consents: ScopesAsked;
}

/** The projection that these pairs need. */
export function projectionOf(varied: readonly VariedPair[]): Projection {
  const policies = varied.flatMap(({ pair: { active, next } }) => [active.policies, next.policies]);
  const sets = policies.flatMap(everyCondition);
  return {
    groups: groupsNamed(sets),
    atoms: atomsOf(varied),
    asksLastSignIn: sets.some(({ lastSignIn }) => lastSignIn !== undefined),
    ...askedOfUsers(varied),
    consents: scopesAsked(varied),
  };
}

/** In expressions, too. */
export function groupConditions(sets: readonly ConditionSet[]): readonly AnyAllNone[] {
  return withConditionsInside(sets).flatMap(({ groups }) => groups ?? []);
}

function groupsNamed(sets: readonly ConditionSet[]): ReadonlySet<string> {
  return new Set(groupConditions(sets).flatMap(({ any = [], all = [], none = [] }) => [...any, ...all, ...none]));
}

/** The class of this user. */
export function classOf(
  signingIn: Subject,
  projection: Projection,
  past: Pick<UserClass, 'lastSignIn'> = {},
): UserClass {
  const subject = asCompared(signingIn);
  const { lastSignIn } = past;
  const compared = { subject, ...(lastSignIn !== undefined && { lastSignIn }) };
  const results = projection.atoms.map((asked) => resultFor(compared, asked));
  const groups = [...new Set(subject.groups)].filter((group) => projection.groups.has(group)).sort();
  const consents = consentsGiven(subject, projection.consents);
  const rest = factsKey(subject, projection);
  return { ...compared, users: 1, groups, results, consents, rest, key: classKey({ groups, results, rest }) };
}

export function classKey({ groups, results, rest }: Pick<UserClass, 'groups' | 'results' | 'rest'>): string {
  return `${JSON.stringify([groups, results])} ${rest}`;
}

interface CountedClass {
  readonly userClass: UserClass;
  users: number;
}

function add(found: Map<string, CountedClass>, userClass: UserClass): void {
  const { key, consents } = userClass;
  const same = found.get(key);
  if (same === undefined) {
    found.set(key, { userClass, users: userClass.users });
    return;
  }
  same.users += userClass.users;
  addConsents(same.userClass.consents, consents);
}

/** Not in the order of the users in the store: what is told of them is the same from run to run. */
function classesIn(found: ReadonlyMap<string, CountedClass>): readonly UserClass[] {
  const byKey = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return byKey.map(([, { userClass, users }]) => ({ ...userClass, users }));
}

interface CountedFor {
  readonly projection: Projection;
  readonly now: Seconds;
  readonly historySince?: Seconds;
}

/** The most users to read. */
const maxUsers = 1_000_000;

export interface CountedUsers {
  readonly classes: readonly UserClass[];
  /** Active users. */
  readonly users: number;
  readonly isPartial: boolean;
}

/**
 * Reads the users in pages, with their histories where rules ask. `historySince`: since when sign-ins are recorded; the
 * configuration that would be applied keeps these records. Absent: the records begin now. Rejects with
 * `StoreUnavailable`.
 */
export async function countUsers(
  store: Store,
  { projection, now, historySince: since = now }: CountedFor,
): Promise<CountedUsers> {
  const { asksLastSignIn } = projection;
  const found = new Map<string, CountedClass>();
  const seen = new Set<string>();
  let users = 0;
  for await (const ids of store.members(usersKey)) {
    // A set may contain a member twice.
    const page = ids.filter((id) => !seen.has(id));
    for (const id of page) seen.add(id);
    if (seen.size > maxUsers) return { classes: classesIn(found), users, isPartial: true };
    const { entries } = await store.load([...page.map(userKey), ...(asksLastSignIn ? page.map(signInHistoryKey) : [])]);
    for (const { user: storedUser, credentials } of accountsOf(entries, page).accounts) {
      if (storedUser.status !== 'active') continue;
      users += 1;
      const { id, createdAt } = storedUser;
      const history = asksLastSignIn ? entries.get(signInHistoryKey(id))?.value : undefined;
      const past = asksLastSignIn
        ? lastSignInFacts(history, { began: now, session: undefined }, { createdAt, since })
        : {};
      add(found, classOf(toSubject(storedUser, credentials, now), projection, past));
    }
  }
  return { classes: classesIn(found), users, isPartial: false };
}
