/**
 * What a user lets apps have, kept in the user's record: the consent to each third-party app, and from when on
 * what an app gets counts. Ending an app's access changes that one value, so that every code, token and grant of the
 * app ends on all nodes in one commit.
 */
import { takesBack } from '../../core/decision/consent.ts';
import type { Consent, Seconds } from '../../core/model/facts.ts';

/** One app and one user. */
export interface AppAccess {
  /**
   * As `validAfter` of the account, for this app alone (epoch seconds): what was issued to it under another value is
   * void.
   */
  readonly validAfter: Seconds;
  /** Absent: access was ended, or the app needs no consent. */
  readonly consent?: GivenConsent;
}

export interface GivenConsent extends Consent {
  /** When the user answered last (epoch seconds). */
  readonly at: Seconds;
}

/** The part of a user's record that this file is about. */
interface WithApps {
  /** By client id. */
  readonly apps?: Readonly<Record<string, AppAccess>>;
}

/** By client id; `undefined`: the user never answered, and never ended anything. */
function appAccess({ apps = {} }: WithApps, clientId: string): AppAccess | undefined {
  return Object.hasOwn(apps, clientId) ? apps[clientId] : undefined;
}

/** What codes, tokens and grants of the app are issued under. */
export function appValidAfter(user: WithApps, clientId: string): Seconds | undefined {
  return appAccess(user, clientId)?.validAfter;
}

/** The answer of the user at `now` (epoch seconds). What it takes back ends what the app has. */
export function withConsent<U extends WithApps>(user: U, clientId: string, { consent, now }: NewConsent): U {
  const before = appAccess(user, clientId);
  const ends = before === undefined || takesBack(before.consent, consent);
  const validAfter = ends ? nextValidAfter(before, now) : before.validAfter;
  return withAccess(user, clientId, { validAfter, consent: { ...consent, at: now } });
}

interface NewConsent {
  readonly consent: Consent;
  readonly now: Seconds;
}

/** The app has nothing any more, and has to ask again (`now`: epoch seconds). */
export function withoutAccess<U extends WithApps>(user: U, clientId: string, now: Seconds): U {
  return withAccess(user, clientId, { validAfter: nextValidAfter(appAccess(user, clientId), now) });
}

/** The consents as the core sees them. Undefined: there is none. */
export function consentsOf({ apps = {} }: WithApps): Readonly<Record<string, Consent>> | undefined {
  const given = Object.entries(apps).flatMap(([clientId, { consent }]) =>
    consent === undefined ? [] : [[clientId, { granted: consent.granted, rejected: consent.rejected }] as const],
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function withAccess<U extends WithApps>(user: U, clientId: string, access: AppAccess): U {
  return { ...user, apps: { ...user.apps, [clientId]: access } };
}

/** It changes even twice within a second, and when the clock was set back. */
function nextValidAfter(before: AppAccess | undefined, now: Seconds): Seconds {
  return Math.max(now, (before?.validAfter ?? 0) + 1);
}
