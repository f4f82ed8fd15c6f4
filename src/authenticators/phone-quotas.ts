/**
 * How much may be sent to phones, whoever asks. Messages cost money, and there are people who earn by it: they have codes sent to rows of
 * numbers whose operator shares the fee with them. So what is counted is the number, the block that it is in, the network that asks, and
 * the country.
 */
import type { Seconds } from '../core/model.ts';
import type { Quota } from './authenticator.ts';
import type { PhoneNumber } from './phone-number.ts';

/** Messages in an hour; `authenticators.phone.limits` of the settings. */
export interface PhoneLimits {
  readonly number: number;
  readonly prefix: number;
  readonly network: number;
  readonly country: number;
}

const HOUR: Seconds = 3600;
/** Blocks of ten thousand numbers are what operators are given. */
const blockDigits = 4;

/**
 * The country comes last: what another limit refuses does not use it up. Somebody who does not exist is counted by network too; in place
 * of number, block and country stands the name that was typed (`stranger`), so that guessing at names uses up nobody's messages.
 */
export function phoneQuotas(
  to: PhoneNumber | undefined,
  limits: PhoneLimits,
  { ip, stranger }: { readonly ip: string; readonly stranger: string },
): readonly Quota[] {
  const nobody = `nobody ${stranger}`;
  return [
    quota('network', networkOf(ip), limits.network),
    quota('number', to?.number ?? nobody, limits.number),
    quota('prefix', to?.number.slice(0, -blockDigits) ?? nobody, limits.prefix),
    quota('country', to?.country ?? nobody, limits.country),
  ];
}

function quota(kind: string, of: string, limit: number): Quota {
  return { kind, of, limits: [{ limit, window: HOUR }] };
}

/** What one subscriber has: the address (IPv4), or the /64 that it is in (IPv6). Addresses that cannot be told are one network. */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped) return mapped[1] ?? ip;
  const canonical = URL.parse(`http://[${ip.replace(/%.*$/, '')}]`)?.hostname.slice(1, -1);
  if (canonical === undefined) return ip;
  const [head = '', tail] = canonical.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail ?? '')];
  return `${all.slice(0, 4).join(':')}::/64`;
}
