/**
 * What a user allows apps, stored in the user's record: the consent to each third-party app, and from when the app's
 * tokens count. Ending an app's access changes that one value, which ends every code, token and grant of the app on all
 * nodes in one commit.
 */
import { takesBack } from '../../core/decision/consent.ts';
import type { Consent, Seconds } from '../../core/model/facts.ts';

/** One app and one user. */
export interface AppAccess {
  /**
   * Like `validAfter` of the account, for this app only (epoch seconds): what was issued to the app under another value
   * is void.
   */
  readonly validAfter: Seconds;
  /** Absent if access was ended, or if the app needs no consent. */
  readonly consent?: GivenConsent;
}

export interface GivenConsent extends Consent {
  /** When the user answered last (epoch seconds). */
  readonly at: Seconds;
}

/** The part of a user's record that this file reads and changes. */
interface WithApps {
  /** By client id. */
  readonly apps?: Readonly<Record<string, AppAccess>>;
}

/** Undefined if the user never answered about the app and never ended its access. */
function appAccess({ apps = {} }: WithApps, clientId: string): AppAccess | undefined {
  return Object.hasOwn(apps, clientId) ? apps[clientId] : undefined;
}

/** The value under which codes, tokens and grants of the app are issued. */
export function appValidAfter(user: WithApps, clientId: string): Seconds | undefined {
  return appAccess(user, clientId)?.validAfter;
}

/** Records the user's answer at `now` (epoch seconds). If it takes something back, the app's tokens end. */
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

/** Ends the app's access, so that it has to ask again (`now`: epoch seconds). */
export function withoutAccess<U extends WithApps>(user: U, clientId: string, now: Seconds): U {
  return withAccess(user, clientId, { validAfter: nextValidAfter(appAccess(user, clientId), now) });
}

/** The consents in the form that core uses. Undefined if there are none. */
export function consentsOf({ apps = {} }: WithApps): Readonly<Record<string, Consent>> | undefined {
  const given = Object.entries(apps).flatMap(([clientId, { consent }]) =>
    consent === undefined ? [] : [[clientId, { granted: consent.granted, rejected: consent.rejected }] as const],
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function withAccess<U extends WithApps>(user: U, clientId: string, access: AppAccess): U {
  return { ...user, apps: { ...user.apps, [clientId]: access } };
}

/** Must change even twice within a second, and if the clock was set back. */
function nextValidAfter(before: AppAccess | undefined, now: Seconds): Seconds {
  return Math.max(now, (before?.validAfter ?? 0) + 1);
}
