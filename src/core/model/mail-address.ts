/** Mail addresses as text: which ones mail can be sent to, and how they are masked. */

/** In characters (RFC 5321 section 4.5.3.1): of addresses that mail can be sent to, and of identifiers. */
export const longestIdentifier = 254;
const longestLocalPart = 64;

/**
 * A dot-atom (RFC 5322 section 3.2.3, RFC 6531 section 3.3). Quoted local parts, comments and white space are not
 * supported.
 */
const localPart = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const label = String.raw`[\p{L}\p{N}]([\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?`;
const domain = new RegExp(`^(${label}\\.)*${label}$`, 'u');

/**
 * The address without white space around it and with its domain in lower case. Undefined: mail cannot be sent there.
 * The result is one address without control characters, so that it can neither end a header line of a message nor name
 * a second recipient.
 */
export function mailAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('@');
  if (at < 1 || trimmed.length > longestIdentifier) return undefined;
  const local = trimmed.slice(0, at);
  const host = trimmed.slice(at + 1).toLowerCase();
  if (local.length > longestLocalPart || !localPart.test(local) || !domain.test(host)) return undefined;
  return `${local}@${host}`;
}

/**
 * `alice@example.org` as `a***e@e***e.org`: the first and the last letter, always with three stars, so that the length
 * stays hidden. `address` comes from `mailAddress`.
 */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const host = address.slice(at + 1);
  const name = host.replace(/\.[^.]*$/, '');
  return `${masked(address.slice(0, at))}@${masked(name)}${host.slice(name.length)}`;
}

function masked(text: string): string {
  const letters = Array.from(text);
  const last = letters.length > 2 ? letters.at(-1) : '';
  return `${letters[0]}***${last}`;
}
