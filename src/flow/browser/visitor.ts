/**
 * What one request says about the browser and its network. All of it comes from outside: it can narrow a rule, never
 * widen trust.
 */
import type { Brought } from '../../policy/revision/device-signals.ts';
import { maxUserAgentLength } from '../../user-agent.ts';

export interface Visitor {
  /** Address of the client as the nearest trusted proxy saw it. Empty: unknown. */
  readonly ip: string;
  /** The header as it came; `user-agent.ts` reads it. */
  readonly userAgent: string;
  /** Secret of the device cookie, when the browser sent a well-formed one. */
  readonly device?: string;
  /** What may say something of the device. Absent: the settings name no source. */
  readonly brought?: Brought;
  /** Accept-Language as it came. */
  readonly acceptLanguage: string;
  /** The language that the user chose in this browser (BCP 47); absent: none. */
  readonly language?: string;
}

/**
 * The address of the client. Each of the operator's proxies appends the address that it saw to X-Forwarded-For, so the
 * entry `trustedProxies` from the right is the last one that a client cannot forge. With fewer entries than proxies,
 * the request did not come through all of them.
 */
export function clientAddress(peer: string | undefined, forwarded: string | undefined, trustedProxies: number): string {
  if (trustedProxies === 0) return peer ?? '';
  const hops = (forwarded ?? '').split(',').map((hop) => hop.trim());
  return hops.length < trustedProxies ? '' : (hops[hops.length - trustedProxies] ?? '');
}

/**
 * Where a user signed in, as it is kept with a session, a sign-in and a remembered browser, for the user to recognize.
 */
export function keptPlace({ ip, userAgent }: Visitor): Pick<Visitor, 'ip' | 'userAgent'> {
  return { ip, userAgent: userAgent.slice(0, maxUserAgentLength) };
}
