/** The record of a user as the store keeps it: what it holds, and how it becomes the subject of a decision. */

import { randomBytes } from 'node:crypto';
import type { Credential } from '../../authenticators/authenticator.ts';
import type { AttributeValue } from '../../core/model/conditions.ts';
import type { Enrollment, Recovery, Seconds, Subject, UserStatus } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { parsedOnce } from '../../core/model/parsed-once.ts';
import { type AppAccess, consentsOf } from './app-access.ts';
import type { StoredSkips } from './skips.ts';

/**
 * Claims about the user; names as in OpenID Connect Core section 5.1, in camel case. Custom attributes stand next to
 * them.
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
  /** 128 random bits, base64url; never made from input, never reused. */
  readonly id: string;
  readonly status: UserStatus;
  /** In canonical form, the first one is shown; see `canonicalIdentifier`. */
  readonly identifiers: readonly string[];
  readonly profile: Profile;
  readonly groups: readonly string[];
  readonly userType?: string;
  /** Epoch seconds. */
  readonly createdAt: Seconds;
  /** Epoch seconds. */
  readonly updatedAt: Seconds;
  /** Epoch seconds. Sessions and tokens from before this moment are void: a reset, a new password. */
  readonly validAfter: Seconds;
  /** The last recovery of the account. */
  readonly recovery?: Recovery;
  /** What the user skipped to enroll. */
  readonly skipped?: StoredSkips;
  /** By id: the version of the terms that the user accepted, and when (epoch seconds). */
  readonly acceptedTerms?: Readonly<Record<string, { readonly version: string; readonly at: Seconds }>>;
  /** Optional attributes that the user was asked for already. */
  readonly offeredAttributes?: readonly string[];
  /** By client id: what the user lets the app have. */
  readonly apps?: Readonly<Record<string, AppAccess>>;
  /** Where the user is notified besides the addresses that the account has anyway. */
  readonly notificationAddresses?: readonly AddedAddress[];
  /** An address that the user wants to add: a code was sent there. */
  readonly askedAddress?: AskedAddress;
  /** An address or a number that the user wants instead of the present one: a code was sent there. */
  readonly askedIdentifier?: AskedIdentifier;
  /**
   * When the user was told of sign-ins from new browsers (epoch seconds), newest last. Absent: there was no sign-in yet
   * that could have been told.
   */
  readonly newBrowserNotices?: readonly Seconds[];
  /** What the user was called before, as long as it can come back; oldest first. */
  readonly formerIdentifiers?: readonly FormerIdentifier[];
  /** The user asked for the deletion of the account. */
  readonly deletion?: AskedDeletion;
}

/** Until it is due, the user can keep the account. */
export interface AskedDeletion {
  /** Epoch seconds. */
  readonly requestedAt: Seconds;
  /** Epoch seconds. */
  readonly dueAt: Seconds;
}

/** What users change about the way they are identified and reached. */
export type IdentifierKind = 'email' | 'phone' | 'username';

/** Waits for the code that was sent to `value`. */
export interface AskedIdentifier {
  readonly kind: IdentifierKind;
  /** As the profile keeps it. */
  readonly value: string;
  /** From the authenticator that proves it: never leaves the server. */
  readonly pending: Readonly<Record<string, unknown>>;
  /** Uid of the SSO session that asked. */
  readonly session: string;
  /** Epoch seconds. */
  readonly expires: Seconds;
  /** Ids of the messages that hold the code. */
  readonly outbox?: readonly string[];
}

/** An identifier that was given up. No other user gets it before `until` (epoch seconds). */
export interface FormerIdentifier {
  readonly id: string;
  readonly kind: IdentifierKind;
  /** As it was. */
  readonly value: string;
  /** In canonical form, if the user was identified by it. */
  readonly identifier?: string;
  /** What took its place, and its canonical form, if the user is identified by it. */
  readonly replacedBy: string;
  readonly newIdentifier?: string;
  /** The credentials of the value that went along, as they were. */
  readonly credentials: readonly Pick<Credential, 'id' | 'label' | 'address' | 'methods' | 'secret'>[];
  readonly until: Seconds;
}

/** Waits for the code that was sent to `address`. */
export interface AskedAddress {
  readonly address: string;
  /** Keyed hash of the code, the user and the address. */
  readonly code: string;
  /** Epoch seconds. */
  readonly askedAt: Seconds;
  /** Epoch seconds. */
  readonly expires: Seconds;
  /** Ids of the messages that hold the code. */
  readonly outbox?: readonly string[];
}

/** Everything that a sign-in reads of one user. The two parts are separate entries in one slot of the store. */
export interface Account {
  readonly user: User;
  readonly credentials: readonly Credential[];
}

/**
 * After an administrator set a password, which no mailbox knows: the account forgets the addresses that recovered the
 * one before (decision 33). `validAfter`: what is older is void (epoch seconds).
 */
export function withNewPassword(user: User, validAfter: Seconds): User {
  return { ...user, validAfter, ...(user.recovery && { recovery: { ...user.recovery, by: [] } }) };
}

export function newUserId(): string {
  return randomBytes(16).toString('base64url');
}

const statuses: ReadonlySet<unknown> = new Set<UserStatus>(['active', 'suspended', 'deactivated']);

/** Reads the value of a user entry. Throws when it is damaged: a damaged record never signs a user in. */
export const parseUser: (value: string) => User = parsedOnce(readUser);

function readUser(value: string): User {
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
  return user as User;
}

/** Reads the value of a credentials entry. Throws when it is not one. */
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

/** What an identifier leads to. The reservation counts only while the user lists the identifier; see `Directory`. */
export interface IdentifierReservation {
  readonly user: string;
  /** When it was claimed (epoch seconds). */
  readonly at: Seconds;
  /** The user gave it up, and can have it back so long (epoch seconds). */
  readonly until?: Seconds;
}

export function parseIdentifierReservation(value: string): IdentifierReservation {
  const reservation = JSON.parse(value) as Partial<IdentifierReservation>;
  if (typeof reservation.user !== 'string' || !Number.isInteger(reservation.at)) {
    throw new TypeError('an identifier record in the store is damaged');
  }
  return reservation as IdentifierReservation;
}

/** The user as the core sees them at this time (epoch seconds): no secrets. */
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

/** An address that the user added for notifications only, and confirmed with the code that was sent there. */
export interface AddedAddress {
  readonly address: string;
  /** Epoch seconds. */
  readonly addedAt: Seconds;
}
