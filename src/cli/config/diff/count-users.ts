/** Counts the users of a store by class. */

import type { Attribute } from '../../../core/model/attribute.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import { type ProfileValue, readAttribute } from '../../../core/profile/attribute-value.ts';
import { canonicalJson } from '../../../policy/revision/document-store.ts';
import { signInHistoryKey, userKey, usersKey } from '../../../stores/keys.ts';
import type { Store } from '../../../stores/store.ts';
import { lastSignInFacts } from '../../../users/history/sign-in-history.ts';
import { accountsOf } from '../../../users/record/account.ts';
import { toSubject } from '../../../users/record/user.ts';
import { addConsents } from './sign-ins/counted-consents.ts';
import { classOf, type Projection, type UserClass } from './sign-ins/user-classes.ts';

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

/** Attributes whose values are checked, by name. `before`: undefined if there was none. */
export type CheckedAttributes = ReadonlyMap<
  string,
  { readonly before: Attribute | undefined; readonly next: Attribute }
>;

interface CountedFor {
  readonly projection: Projection;
  readonly now: Seconds;
  readonly historySince?: Seconds;
  readonly checked: CheckedAttributes;
}

/**
 * As it is stored. What would be read as another value is not allowed: the text `5` stays a text when the attribute
 * becomes a number, and is neither above nor below one.
 */
function isAllowed(attribute: Attribute, stored: ProfileValue): boolean {
  const read = readAttribute(attribute, stored);
  return read.ok && canonicalJson(read.value) === canonicalJson(stored);
}

/** The most users to read. */
const maxUsers = 1_000_000;

export interface CountedUsers {
  readonly classes: readonly UserClass[];
  /** Active users. */
  readonly users: number;
  /** By attribute, the users who have a value that it does not allow any more. Those without any are absent. */
  readonly refused: ReadonlyMap<string, number>;
  readonly isPartial: boolean;
}

/**
 * Reads the users in pages, with their histories where rules ask. `historySince`: since when sign-ins are recorded; the
 * configuration that would be applied keeps these records. Absent: the records begin now. Rejects with
 * `StoreUnavailable`.
 */
export async function countUsers(
  store: Store,
  { projection, now, historySince: since = now, checked }: CountedFor,
): Promise<CountedUsers> {
  const { asksLastSignIn } = projection;
  const found = new Map<string, CountedClass>();
  const refused = new Map<string, number>();
  const seen = new Set<string>();
  let users = 0;
  for await (const ids of store.members(usersKey)) {
    // A set may contain a member twice.
    const page = ids.filter((id) => !seen.has(id));
    for (const id of page) seen.add(id);
    if (seen.size > maxUsers) return { classes: classesIn(found), users, refused, isPartial: true };
    const { entries } = await store.load([...page.map(userKey), ...(asksLastSignIn ? page.map(signInHistoryKey) : [])]);
    for (const { user: storedUser, credentials } of accountsOf(entries, page).accounts) {
      if (storedUser.status !== 'active') continue;
      users += 1;
      for (const [name, { before, next }] of checked) {
        const value = storedUser.profile[name];
        if (value === undefined || isAllowed(next, value)) continue;
        // What was not allowed before, either, is not lost by this change.
        if (before !== undefined && !isAllowed(before, value)) continue;
        refused.set(name, (refused.get(name) ?? 0) + 1);
      }
      const { id, createdAt } = storedUser;
      const history = asksLastSignIn ? entries.get(signInHistoryKey(id))?.value : undefined;
      const past = asksLastSignIn
        ? lastSignInFacts(history, { began: now, session: undefined }, { createdAt, since })
        : {};
      add(found, classOf(toSubject(storedUser, credentials, now), projection, past));
    }
  }
  return { classes: classesIn(found), users, refused, isPartial: false };
}
