/** What one request tells about the browser and its network. Everything here comes from outside: it can narrow a rule, never widen trust. */
import type { OperatingSystem, Platform } from '../../core/model/facts.ts';

export interface Visitor {
  /** Address of the client as the nearest trusted hop saw it; empty when it cannot be told. */
  readonly ip: string;
  readonly userAgent: string;
  readonly platform: Platform;
  readonly os: OperatingSystem;
  /** Secret of the device cookie, when the browser sent a well-formed one. */
  readonly device?: string;
  /** Accept-Language as it came. */
  readonly acceptLanguage: string;
}

/** Longest User-Agent that is looked at (characters). */
const maxUserAgentLength = 512;

/**
 * The address of the client. Each own proxy appended the address that it saw to X-Forwarded-For, so the entry `trustedProxies` from the
 * right is the last one that nobody outside could write; with fewer entries than proxies the request did not come through them all.
 */
export function clientAddress(peer: string | undefined, forwarded: string | undefined, trustedProxies: number): string {
  if (trustedProxies === 0) return peer ?? '';
  const hops = (forwarded ?? '').split(',').map((hop) => hop.trim());
  return hops.length < trustedProxies ? '' : (hops[hops.length - trustedProxies] ?? '');
}

const systems: readonly (readonly [RegExp, OperatingSystem, Platform])[] = [
  [/iPhone|iPod/, 'ios', 'mobile'],
  [/iPad/, 'ios', 'mobile'],
  [/Android/, 'android', 'mobile'],
  [/Windows NT/, 'windows', 'desktop'],
  [/CrOS/, 'chromeos', 'desktop'],
  [/Macintosh|Mac OS X/, 'macos', 'desktop'],
  [/Linux/, 'linux', 'desktop'],
];

/** Operating system and platform by the User-Agent; `other` when it says nothing that we know. */
export function deviceOf(userAgent: string): { readonly os: OperatingSystem; readonly platform: Platform } {
  const text = userAgent.slice(0, maxUserAgentLength);
  const [, os, platform] = systems.find(([pattern]) => pattern.test(text)) ?? [/./, 'other', 'other'];
  return { os, platform };
}
