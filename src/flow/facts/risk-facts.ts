/**
 * What is unusual about a sign-in: the facts for the conditions `risk` and `distance`. Everything is compared with what
 * was usual before the session began (decision 89). Loads nothing: the caller has loaded the entries.
 */

import { hash } from 'node:crypto';
import { oneHour } from '../../core/model/durations.ts';
import type { Facts, Seconds } from '../../core/model/facts.ts';
import type { RiskSignal } from '../../core/model/risk.ts';
import { riskOf } from '../../core/policy/values/risk.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { signInHistoryKey, usualPlacesKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { placedSignIns } from '../../users/history/sign-in-history.ts';
import { failuresWithin, networkPrefix, type UsualNetwork, usualNetworks } from '../../users/history/usual-places.ts';
import { type Kilometres, kilometresBetween } from './geography.ts';

/** Places derived from addresses are inexact, so no journey shorter than this (kilometres) counts as impossible. */
const inexact: Kilometres = 100;

/** The sign-in that is compared with the past. */
export interface ComparedSignIn {
  readonly userId: string;
  readonly ip: string;
  readonly now: Seconds;
  /** When the session began or, without a session, the transaction (epoch seconds). */
  readonly began: Seconds;
  /** Uid of the SSO session. */
  readonly session: string | undefined;
  /** There is a session in which the user has signed in. */
  readonly isSignedIn: boolean;
  /** Before the session began, a sign-in with this browser reached the account's strongest level. */
  readonly isKnownBrowser: boolean;
}

type Where = Pick<Snapshot, 'settings' | 'placeOf'>;

/** The keys of the account's history. */
export function pastKeys(userId: string): readonly string[] {
  return [signInHistoryKey(userId), usualPlacesKey(userId)];
}

/**
 * The same number of keys for an unknown identifier, under which nothing is stored, so that loading takes the same
 * time. `id`: its stable id.
 */
export function decoyPastKeys(id: string): readonly string[] {
  return pastKeys(hash('sha256', id, 'base64url'));
}

export function unusualFacts(
  unit: UnitOfWork,
  where: Where,
  signIn: ComparedSignIn,
): Required<Pick<Facts, 'risk'>> & Pick<Facts, 'distance'> {
  const places = unit.peek(usualPlacesKey(signIn.userId))?.value;
  const networks = usualNetworks(places, signIn);
  const { risk: scoring } = where.settings;
  const { unusual, unknown } = comparedPlaces(unit, where, { networks, signIn });
  // Wrong tries by strangers must not exclude the owner's browsers.
  const until = signIn.isSignedIn ? signIn.began : signIn.now;
  const hasFailures = !signIn.isKnownBrowser && failuresWithin(places, until, oneHour) >= scoring.failures;
  const signals: readonly RiskSignal[] = [
    ...(signIn.isKnownBrowser ? [] : (['newDevice'] as const)),
    ...unusual,
    ...(hasFailures ? (['recentFailures'] as const) : []),
  ];
  const distance = distanceTo(where, signIn.ip, networks);
  return { risk: riskOf(signals, unknown, scoring), ...(distance !== undefined && { distance }) };
}

interface Compared {
  readonly networks: readonly UsualNetwork[];
  readonly signIn: ComparedSignIn;
}

/** If nothing is usual yet, nothing is compared. Without an address it is not known where the sign-in comes from. */
function comparedPlaces(
  unit: UnitOfWork,
  { settings, placeOf }: Where,
  { networks, signIn }: Compared,
): { readonly unusual: readonly RiskSignal[]; readonly unknown: readonly RiskSignal[] } {
  const { ip, now } = signIn;
  const { last, own } = placedSignIns(unit.peek(signInHistoryKey(signIn.userId))?.value, signIn);
  const isAway = last !== undefined && now - last.at >= settings.risk.away;
  const away = isAway ? (['longAway'] as const) : [];
  const isUsual = networks.some((network) => networkPrefix(network.ip) === networkPrefix(ip));
  if (networks.length === 0 || isUsual) return { unusual: away, unknown: [] };
  const hasPlaces = settings.networkData?.country !== undefined;
  const ofPlaces = hasPlaces ? (['newCountry', 'impossibleTravel'] as const) : [];
  if (ip === '') return { unusual: away, unknown: ['newNetwork', ...ofPlaces] };
  if (!hasPlaces) return { unusual: ['newNetwork', ...away], unknown: [] };
  const here = placeOf(ip);
  if (here.isUnknown) return { unusual: ['newNetwork', ...away], unknown: ofPlaces };
  const isNewCountry = networks.every((network) => placeOf(network.ip).country !== here.country);
  // Sign-ins within the session can only add risk: a stolen session appears in another place at once.
  const isTooFast = [...(last ? [last] : []), ...own].some((strongSignIn) => {
    const travelled = kilometresBetween(here.coordinates, placeOf(strongSignIn.ip).coordinates);
    return travelled !== undefined && isImpossible(travelled, now - strongSignIn.at, settings.risk.speed);
  });
  return {
    unusual: [
      'newNetwork',
      ...(isNewCountry ? (['newCountry'] as const) : []),
      ...(isTooFast ? (['impossibleTravel'] as const) : []),
      ...away,
    ],
    unknown: [],
  };
}

/** `within`: seconds; `speed`: kilometres per hour. */
function isImpossible(travelled: Kilometres, within: Seconds, speed: number): boolean {
  return travelled > inexact && travelled * oneHour > speed * Math.max(0, within);
}

/** The distance to the nearest usual network with a known place. */
function distanceTo({ settings, placeOf }: Where, ip: string, networks: readonly UsualNetwork[]): Facts['distance'] {
  if (settings.networkData?.country === undefined || networks.length === 0) return undefined;
  if (networks.some((network) => networkPrefix(network.ip) === networkPrefix(ip))) return 0;
  const here = placeOf(ip);
  if (ip === '' || here.isUnknown) return 'unknown';
  const distances = networks.flatMap(
    (network) => kilometresBetween(here.coordinates, placeOf(network.ip).coordinates) ?? [],
  );
  return distances.length === 0 ? 'nowhere' : Math.min(...distances);
}
