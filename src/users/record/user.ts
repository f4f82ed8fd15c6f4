/** The record of a user as stored, and how it becomes the subject of a decision. */

import { randomBytes } from 'node:crypto';
import type { Credential } from '../../authenticators/authenticator.ts';
import { parsedOnce } from '../../core/model/cached-parse.ts';
import { composedName, composedNames } from '../../core/model/composed-name.ts';
import type { AttributeValue } from '../../core/model/conditions.ts';
import type { Enrollment, Recovery, Seconds, Subject, UserStatus } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { type AppAccess, consentsOf } from './app-access.ts';
import type { StoredSkips } from './skips.ts';

/**
 * Claims about the user. Names are those of OpenID Connect Core section 5.1 in camel case. Custom attributes stand next
 * to them.
 */
export interface Profile {
  readonly displayName?: string;
  readonly givenName?: string;
  readonly familyName?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  /** E.164. */
  readonly phone?: string;
  readonly phoneVerified?: boolean;
  /** BCP 47. */
  readonly locale?: string;
  readonly [attribute: string]: AttributeValue | readonly string[] | undefined;
}

export interface User {
  /** 128 random bits, base64url. Never derived from input, never reused. */
  readonly id: string;
  readonly status: UserStatus;
  /** In canonical form (see `canonicalIdentifier`). The first one is displayed. */
  readonly identifiers: readonly string[];
  readonly profile: Profile;
  readonly groups: readonly string[];
  readonly userType?: string;
  /** Epoch seconds. */
  readonly createdAt: Seconds;
  /** Epoch seconds. */
  readonly updatedAt: Seconds;
  /** Sessions and tokens from before this time are void (epoch seconds). Set by a reset or a new password. */
  readonly validAfter: Seconds;
  /** The last recovery of the account. */
  readonly recovery?: Recovery;
  /** Enrollments that the user skipped. */
  readonly skipped?: StoredSkips;
  /** By id of the terms: the accepted version, and when the user accepted it (epoch seconds). */
  readonly acceptedTerms?: Readonly<Record<string, { readonly version: string; readonly at: Seconds }>>;
  /** Optional attributes that the user has already been asked for. */
  readonly offeredAttributes?: readonly string[];
  /** By client id: what the user allows the app. */
  readonly apps?: Readonly<Record<string, AppAccess>>;
  /** Addresses for notifications, in addition to those that the account has anyway. */
  readonly notificationAddresses?: readonly AddedAddress[];
  /** An address that the user wants to add. A code was sent to it. */
  readonly askedAddress?: AskedAddress;
  /** An address or number that should replace the present one. A code was sent to it. */
  readonly askedIdentifier?: AskedIdentifier;
  /**
   * When the user was notified of sign-ins from new browsers (epoch seconds), newest last. Absent before the first
   * sign-in that could cause such a notice.
   */
  readonly newBrowserNotices?: readonly Seconds[];
  /** Former identifiers that can still be restored, oldest first. */
  readonly formerIdentifiers?: readonly FormerIdentifier[];
  /** The user asked for the deletion of the account. */
  readonly deletion?: AskedDeletion;
}

/** The user can cancel the deletion until it is due. */
export interface AskedDeletion {
  /** Epoch seconds. */
  readonly requestedAt: Seconds;
  /** Epoch seconds. */
  readonly dueAt: Seconds;
}

/** The kinds of identifiers and addresses that users can change. */
export type IdentifierKind = 'email' | 'phone' | 'username';

/** A requested change that waits for the code sent to `value`. */
export interface AskedIdentifier {
  readonly kind: IdentifierKind;
  /** In the form that the profile stores. */
  readonly value: string;
  /** From the authenticator that proves the value. Never leaves the server. */
  readonly pending: Readonly<Record<string, unknown>>;
  /** Uid of the SSO session that requested the change. */
  readonly session: string;
  /** Epoch seconds. */
  readonly expires: Seconds;
  /** Ids of the messages with the code. */
  readonly outbox?: readonly string[];
}

/** An identifier that the user gave up. No other user gets it before `until` (epoch seconds). */
export interface FormerIdentifier {
  readonly id: string;
  readonly kind: IdentifierKind;
  /** The former value. */
  readonly value: string;
  /** In canonical form, if the user was identified by it. */
  readonly identifier?: string;
  /** The new value, and its canonical form if the user is identified by it. */
  readonly replacedBy: string;
  readonly newIdentifier?: string;
  /** The former credentials of this value, which were removed with it. */
  readonly credentials: readonly Pick<Credential, 'id' | 'label' | 'address' | 'methods' | 'secret'>[];
  readonly until: Seconds;
}

/** An address that waits for the code sent to it. */
export interface AskedAddress {
  readonly address: string;
  /** Keyed hash of the code, the user and the address. */
  readonly code: string;
  /** Epoch seconds. */
  readonly askedAt: Seconds;
  /** Epoch seconds. */
  readonly expires: Seconds;
  /** Ids of the messages with the code. */
  readonly outbox?: readonly string[];
}

/** Everything about a user that a sign-in reads. The two parts are separate entries in one slot of the store. */
export interface Account {
  readonly user: User;
  readonly credentials: readonly Credential[];
}

/**
 * The user after an administrator set a password. No mailbox knows that password, so the addresses that recovered the
 * previous one no longer restrict it (decision 33). `validAfter`: sessions and tokens from before it are void (epoch
 * seconds).
 */
export function withNewPassword(user: User, validAfter: Seconds): User {
  return { ...user, validAfter, ...(user.recovery && { recovery: { ...user.recovery, by: [] } }) };
}

/** Not with a dash at its beginning: on a command line that would be an option. */
export function newUserId(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, '_');
}

const statuses: ReadonlySet<unknown> = new Set<UserStatus>(['active', 'suspended', 'deactivated']);

/** Reads the value of a user entry. Throws if it is damaged: a damaged record never signs a user in. */
export const parseUser: (value: string) => User = parsedOnce(parseUserAnew);

/** The same without a cache, for many users, each of whom is read once. */
export function parseUserAnew(value: string): User {
  const user = JSON.parse(value) as Partial<User>;
  const whole =
    typeof user.id === 'string' &&
    statuses.has(user.status) &&
    Array.isArray(user.identifiers) &&
    Array.isArray(user.groups) &&
    typeof user.profile === 'object' &&
    user.profile !== null &&
    Number.isInteger(user.validAfter);
  if (!whole) throw new TypeError('a user record in the store is damaged');
  return withComposedNames(user as User);
}

/** Groups and type as they are compared: a record may be older than that form. If it has it, the user itself. */
export function withComposedNames(user: User): User {
  const groups = composedNames(user.groups);
  const userType = user.userType === undefined ? undefined : composedName(user.userType);
  if (groups === user.groups && userType === user.userType) return user;
  return { ...user, groups, ...omitUndefined({ userType }) };
}

/** Reads the value of a credentials entry. Throws if it is invalid. */
export function parseCredentials(value: string): readonly Credential[] {
  const credentials: unknown = JSON.parse(value);
  if (!Array.isArray(credentials) || !credentials.every(isCredential)) {
    throw new TypeError('a credentials record in the store is damaged');
  }
  return credentials;
}

function isCredential(value: unknown): value is Credential {
  const credential = value as Partial<Credential> | null;
  return (
    typeof credential === 'object' &&
    credential !== null &&
    typeof credential.id === 'string' &&
    typeof credential.authenticator === 'string' &&
    Array.isArray(credential.factors) &&
    Array.isArray(credential.characteristics) &&
    typeof credential.secret === 'object' &&
    credential.secret !== null
  );
}

export function serializeUser(user: User): string {
  return JSON.stringify(user);
}

export function serializeCredentials(credentials: readonly Credential[]): string {
  return JSON.stringify(credentials);
}

/** Which user has an identifier. The reservation counts only while the user lists the identifier; see `Directory`. */
export interface IdentifierReservation {
  readonly user: string;
  /** When it was reserved (epoch seconds). */
  readonly at: Seconds;
  /** The user gave the identifier up and can restore it until this time (epoch seconds). */
  readonly until?: Seconds;
}

export function parseIdentifierReservation(value: string): IdentifierReservation {
  const reservation = JSON.parse(value) as Partial<IdentifierReservation>;
  if (typeof reservation.user !== 'string' || !Number.isInteger(reservation.at)) {
    throw new TypeError('an identifier record in the store is damaged');
  }
  return reservation as IdentifierReservation;
}

/** The user as core sees them at this time (epoch seconds), without secrets. */
export function toSubject(user: User, credentials: readonly Credential[], now: Seconds): Subject {
  const consents = consentsOf(user);
  return {
    id: user.id,
    status: user.status,
    identifiers: user.identifiers,
    groups: user.groups,
    ...omitUndefined({ userType: user.userType }),
    profile: user.profile,
    createdAt: user.createdAt,
    ...omitUndefined({ recovery: user.recovery, skipped: user.skipped }),
    ...(user.acceptedTerms === undefined ? {} : { acceptedTerms: versionsOf(user.acceptedTerms) }),
    ...omitUndefined({ offeredAttributes: user.offeredAttributes, consents }),
    ...(user.deletion === undefined ? {} : { deletionDueAt: user.deletion.dueAt }),
    enrollments: credentials.map((credential) => toEnrollment(credential, now)),
  };
}

function toEnrollment(credential: Credential, now: Seconds): Enrollment {
  const { id, authenticator, factors, characteristics, methods, label, createdAt, compromised, consumed, expiresAt } =
    credential;
  return {
    id,
    authenticator,
    factors,
    characteristics,
    createdAt,
    ...omitUndefined({ methods, label, compromised }),
    ...(expiresAt === undefined ? {} : { temporary: true }),
    ...(consumed || (expiresAt !== undefined && expiresAt <= now) ? { consumed: true } : {}),
  };
}

function versionsOf(accepted: NonNullable<User['acceptedTerms']>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(accepted).map(([id, { version }]) => [id, version]));
}

/** An address that the user added for notifications only, and confirmed with a code. */
export interface AddedAddress {
  readonly address: string;
  /** Epoch seconds. */
  readonly addedAt: Seconds;
}
