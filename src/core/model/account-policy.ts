/** The account policy as data: what a user proves to add, change or remove which authenticator or identifier. */
import type { Rule } from './policy.ts';

/** What can be done to an authenticator or identifier. A new one that takes the place of the old one is a change. */
export const changeActions = ['add', 'change', 'remove'] as const;

export type ChangeAction = (typeof changeActions)[number];

/** Identifiers that users change on the pages of their account. */
export const accountIdentifiers: readonly string[] = ['email', 'phone', 'username'];

/** One change to an account. */
export interface GovernedChange {
  readonly action: ChangeAction;
  /** The key of an authenticator, or `username`. The address and the number of a user are `email` and `phone`. */
  readonly of: string;
}

/** By action, the names that a rule is about. */
export type ChangesNamed = Readonly<Partial<Record<ChangeAction, readonly string[] | 'all'>>>;

/** A rule of the account policy. */
export interface AccountRule extends Rule {
  /** Absent: every change. */
  readonly change?: ChangesNamed;
}

/** An ordered list of rules: the first that is about the change and whose conditions all hold decides. */
export interface AccountPolicy {
  readonly name: string;
  readonly rules: readonly AccountRule[];
}
