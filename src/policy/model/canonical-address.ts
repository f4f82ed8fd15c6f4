/** The one form of addresses: in facts, in what is stored and shown, and where zones, expressions and files compare. */
import { isIP } from 'node:net';

/**
 * The one form of an address: without an interface (`fe80::1%eth0`), as IPv4 when it is mapped (RFC 4291 section
 * 2.5.5.2), else as in RFC 5952. `undefined`: it is none.
 */
export function canonicalAddress(ip: string): string | undefined {
  const address = ip.split('%', 1)[0] ?? '';
  const family = isIP(address);
  if (family === 0) return undefined;
  return family === 4 ? address : (mappedIPv4(address) ?? shortIPv6(address));
}

function shortIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** `undefined`: this IPv6 address maps none. */
export function mappedIPv4(address: string): string | undefined {
  const canonical = shortIPv6(address);
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (match === null) return undefined;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
