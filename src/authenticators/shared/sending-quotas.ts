/** Quotas of all authenticators that send messages, which are limits over all accounts. */
import { oneHour } from '../../core/model/durations.ts';
import { canonicalAddress } from '../../policy/model/canonical-address.ts';
import type { Quota, SendLimit } from '../authenticator.ts';

/** Messages to one account, by one authenticator: decision 185. */
export const messagesPerAccount: readonly SendLimit[] = [
  { limit: 1, window: 20, ofResends: true },
  { limit: 5, window: 900 },
];

/** At most `limit` messages per hour. */
export function perHour(kind: string, value: string, limit: number): Quota {
  return { kind, value, limits: [{ limit, window: oneHour }] };
}

/** Counts by the requesting network. */
export function networkQuota(ip: string, limit: number): Quota {
  return perHour('network', networkOf(ip), limit);
}

/**
 * The network of one subscriber: the address itself (IPv4), or its /64 (IPv6). All unknown addresses count as one
 * network.
 */
export function networkOf(ip: string): string {
  const address = canonicalAddress(ip) ?? ip;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail ?? '')];
  return `${all.slice(0, 4).join(':')}::/64`;
}
