/**
 * The networks from which a user usually signs in, and wrong attempts by strangers, for conditions about risk. This
 * file promises: a network becomes usual only by a sign-in at the strongest level that the account can reach (Law 7),
 * and not yet within the same session.
 */
import { oneDay } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { canonicalAddress } from '../../policy/model/canonical-address.ts';
import { keyTable } from '../../stores/key-table.ts';
import { usualPlacesKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';

/** A network that is usual. */
export interface UsualNetwork {
  /** The newest address in the network. */
  readonly ip: string;
  /** The first sign-in (epoch seconds), and the uid of its SSO session. */
  readonly since: Seconds;
  readonly session: string;
  /** The newest sign-in (epoch seconds). */
  readonly at: Seconds;
}

interface UsualPlaces {
  /** Least recently used first. */
  readonly networks: readonly UsualNetwork[];
  /** Wrong attempts from browsers that the user has never signed in with (epoch seconds), newest last. */
  readonly failures: readonly Seconds[];
}

const keptNetworks = 30;
const keptFailures = 10;
/** How long a network stays usual after the last sign-in (seconds), the same as for a used browser. */
const networkLifetime: Seconds = keyTable['used-browser'].lifetime.seconds;
/** A sign-in from the same network is recorded again only after this long (seconds). */
const rewriteAfter: Seconds = oneDay;

/** Records a sign-in at the strongest level, unless its address is not known. The entry must be loaded. */
export function recordUsualNetwork(
  unit: UnitOfWork,
  userId: string,
  { ip, at, session }: Pick<UsualNetwork, 'ip' | 'at' | 'session'>,
): void {
  if (ip === '') return;
  change(unit, userId, ({ networks, failures }) => {
    const same = networks.find((network) => networkPrefix(network.ip) === networkPrefix(ip));
    if (same !== undefined && at - same.at < rewriteAfter) return undefined;
    const others = networks.filter((network) => network !== same && at - network.at < networkLifetime);
    const next = { ip, since: same?.since ?? at, session: same?.session ?? session, at };
    return { networks: [...others, next].slice(-keptNetworks), failures };
  });
}

/** Records a wrong attempt from a browser that the user has never signed in with. The entry must be loaded. */
export function recordFailure(unit: UnitOfWork, userId: string, time: Seconds): void {
  change(unit, userId, ({ networks, failures }) => ({ networks, failures: [...failures, time].slice(-keptFailures) }));
}

function change(unit: UnitOfWork, userId: string, next: (places: UsualPlaces) => UsualPlaces | undefined): void {
  unit.merge(usualPlacesKey(userId), (current) => {
    const places = next(parsePlaces(current));
    return places && { value: JSON.stringify(places), ttl: keyTable['usual-places'].lifetime.seconds };
  });
}

/** The networks that were usual before `began`, by sign-ins in other sessions than `session`. */
export function usualNetworks(
  value: string | undefined,
  { began, session }: { readonly began: Seconds; readonly session: string | undefined },
): readonly UsualNetwork[] {
  return parsePlaces(value).networks.filter(
    (network) =>
      network.ip !== '' &&
      network.session !== session &&
      network.since <= began &&
      began - network.at < networkLifetime,
  );
}

/** All networks on record, for the user to review. */
export function allUsualNetworks(value: string | undefined): readonly UsualNetwork[] {
  return parsePlaces(value).networks;
}

/** The number of wrong attempts within this many seconds before `until`. */
export function failuresWithin(value: string | undefined, until: Seconds, within: Seconds): number {
  return parsePlaces(value).failures.filter((at) => at <= until && at > until - within).length;
}

function parsePlaces(value: string | undefined): UsualPlaces {
  return value === undefined ? { networks: [], failures: [] } : (JSON.parse(value) as UsualPlaces);
}

/** The /24 (IPv4) or /48 (IPv6) of an address. All unknown addresses count as one network. */
export function networkPrefix(ip: string): string {
  const address = canonicalAddress(ip) ?? ip;
  if (!address.includes(':')) return address.split('.').slice(0, 3).join('.');
  const [head = '', tail] = address.split('::');
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail ?? '')].slice(0, 3).join(':');
}
