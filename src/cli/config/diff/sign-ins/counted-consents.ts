/**
 * Consents of users to third-party apps. A class of users counts them for each app: if they told classes apart, a few
 * such apps would make a class of almost every user.
 */
import { consentTo } from '../../../../core/decision/consent.ts';
import type { Consent, Subject } from '../../../../core/model/facts.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import type { VariedPair } from './circumstances.ts';

/** For each third-party app, the scopes of the compared sign-ins. */
export type ScopesAsked = ReadonlyMap<string, ReadonlySet<string>>;

interface CountedConsent {
  readonly consent: Consent;
  readonly users: number;
}

/** By client id and content, how many users of a class gave this consent. The others gave none. */
export type ConsentCounts = Map<string, Map<string, CountedConsent>>;

interface ConsentingClass {
  readonly subject: Subject;
  readonly users: number;
  readonly rest: string;
  readonly key: string;
  readonly consents: ConsentCounts;
}

export function scopesAsked(varied: readonly VariedPair[]): ScopesAsked {
  const found = varied.filter(({ pair }) => asksForConsent(pair));
  return new Map(
    found.flatMap(({ pair: { clientIds }, circumstances }) => {
      const scopes = new Set(circumstances.flatMap((circumstance) => circumstance.scopes));
      return clientIds.map((clientId) => [clientId, scopes] as const);
    }),
  );
}

function asksForConsent({ active, next }: AppPair): boolean {
  return [active, next].some(({ policies }) => policies.consent !== undefined);
}

/** The consents of one user, as far as the compared sign-ins depend on them. */
export function consentsGiven(subject: Subject, asked: ScopesAsked): ConsentCounts {
  const counts: ConsentCounts = new Map();
  for (const clientId of Object.keys(subject.consents ?? {})) {
    const [given, scopes] = [consentTo(clientId, subject), asked.get(clientId)];
    if (given === undefined || scopes === undefined) continue;
    const read = (names: readonly string[]) => names.filter((name) => scopes.has(name)).sort();
    const consent = { granted: read(given.granted), rejected: read(given.rejected) };
    counts.set(clientId, new Map([[JSON.stringify(consent), { consent, users: 1 }]]));
  }
  return counts;
}

export function addConsents(counts: ConsentCounts, more: ConsentCounts): void {
  for (const [clientId, given] of more) {
    const known = counts.get(clientId) ?? new Map<string, CountedConsent>();
    for (const [key, { consent, users }] of given)
      known.set(key, { consent, users: users + (known.get(key)?.users ?? 0) });
    counts.set(clientId, known);
  }
}

/** The class as one app sees it: a class for each consent, and one for the users who gave none. */
export function apartByConsent<Of extends ConsentingClass>(userClass: Of, asked: ScopesAsked): readonly Of[] {
  const { subject, rest, key, consents, users } = userClass;
  const given = [...asked.keys()].flatMap((clientId) =>
    [...(consents.get(clientId) ?? [])].map(([text, counted]) => ({ clientId, text, ...counted })),
  );
  const others = users - given.reduce((sum, counted) => sum + counted.users, 0);
  const withoutConsent = { ...userClass, users: others, consents: new Map(), subject: { ...subject, consents: {} } };
  return [
    ...(others > 0 || given.length === 0 ? [withoutConsent] : []),
    ...given.map(({ clientId, text, consent, users: consenting }) => ({
      ...userClass,
      users: consenting,
      rest: `${rest} ${text}`,
      key: `${key} ${text}`,
      consents: new Map(),
      subject: { ...subject, consents: { [clientId]: consent } },
    })),
  ];
}

/** Users consent to each app by itself: an app to which some user consented becomes a pair of its own. */
export function apartWhereConsented(
  varied: readonly VariedPair[],
  classes: readonly Pick<ConsentingClass, 'consents'>[],
): readonly VariedPair[] {
  const consented = new Set(classes.flatMap(({ consents }) => [...consents.keys()]));
  return varied.flatMap((variedPair) => {
    const { clientIds } = variedPair.pair;
    const [others, apart] = [false, true].map((is) => clientIds.filter((clientId) => consented.has(clientId) === is));
    const groups = [...(others?.length ? [others] : []), ...(apart ?? []).map((clientId) => [clientId])];
    return groups.map((group) => ({ ...variedPair, pair: withApps(variedPair.pair, group) }));
  });
}

function withApps(pair: AppPair, clientIds: readonly string[]): AppPair {
  const [clientId = pair.next.app.clientId] = clientIds;
  const sideOf = <Side extends AppPair['next']>(side: Side): Side => ({ ...side, app: { ...side.app, clientId } });
  return clientIds.length === pair.clientIds.length
    ? pair
    : { ...pair, clientIds, active: sideOf(pair.active), next: sideOf(pair.next) };
}
