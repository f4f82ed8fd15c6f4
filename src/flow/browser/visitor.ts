/**
 * What one request says about the browser and its network. All of it comes from outside, so it may make a rule stricter
 * but never more trusting.
 */
import { canonicalAddress } from '../../policy/model/canonical-address.ts';
import type { Brought } from '../../policy/revision/device-signals.ts';
import { maxUserAgentLength } from '../../user-agent.ts';

export interface Visitor {
  /** Client address as the nearest trusted proxy saw it, in the form that conditions compare. Empty if unknown. */
  readonly ip: string;
  /** The unchanged header, which `user-agent.ts` reads. */
  readonly userAgent: string;
  /** The browser's secret, if its cookie is well-formed. */
  readonly browserSecret?: string;
  /** Statements about the device, unverified. Absent if the settings name no source. */
  readonly brought?: Brought;
  /** The unchanged Accept-Language header. */
  readonly acceptLanguage: string;
  /** The language that the user chose in this browser (BCP 47). Absent if none. */
  readonly language?: string;
}

/**
 * The client's address. Each of the operator's proxies appends the address that it saw to X-Forwarded-For, so the entry
 * `trustedProxies` from the right is the last one that a client cannot forge. If there are fewer entries than proxies,
 * the request did not pass through all of them. Some proxies add the port. In the form of `canonicalAddress`, so that
 * the audit log and pages show what conditions compare; empty if there is none.
 */
export function clientAddress(peer: string | undefined, forwarded: string | undefined, trustedProxies: number): string {
  if (trustedProxies === 0) return canonicalAddress(peer ?? '') ?? '';
  const hops = (forwarded ?? '').split(',').map((hop) => hop.trim());
  const seen = hops.length < trustedProxies ? '' : withoutPort(hops[hops.length - trustedProxies] ?? '');
  return canonicalAddress(seen) ?? '';
}

/** `192.0.2.7:443`, `[2001:db8::7]` and `[2001:db8::7]:443` without brackets and port. Anything else as it is. */
function withoutPort(hop: string): string {
  const [, v4, v6] = /^(?:([\d.]+):\d{1,5}|\[([\da-f:.]+)\](?::\d{1,5})?)$/i.exec(hop) ?? [];
  return v4 ?? v6 ?? hop;
}

/**
 * Where a user signed in, in the form stored with a session, a sign-in and a remembered browser, for the user to
 * recognise.
 */
export function keptPlace({ ip, userAgent }: Visitor): Pick<Visitor, 'ip' | 'userAgent'> {
  return { ip, userAgent: userAgent.slice(0, maxUserAgentLength) };
}
