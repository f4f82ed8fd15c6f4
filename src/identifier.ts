/**
 * What users sign in with (a username or an email address), in one canonical form. Uniqueness, lookup, attempt counters
 * and store keys all use this form, so that no spelling opens a second account or a second counter. It follows RFC 8265
 * (PRECIS, UsernameCaseMapped) and UTS 39, with compatibility mapping: NFKC, full case folding, no invisible
 * characters, no mix of look-alike scripts within one label, the domain of an address as A-labels (RFC 5890).
 */

import { domainToASCII, domainToUnicode } from 'node:url';
import { longestIdentifier } from './core/model/mail-address.ts';

/** Longer input (UTF-16 units) is refused before normalisation, so that no input causes much work. */
const maxInput = 1024;

export type IdentifierFault =
  | 'empty'
  | 'too_long'
  /** Control, format, zero-width, unassigned or private-use characters, lone surrogates, or white space inside. */
  | 'forbidden_character'
  /** One label mixes scripts that look alike. */
  | 'mixed_scripts'
  /** An `@` without a valid domain or local part. */
  | 'malformed_address';

export type CanonicalIdentifier =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly fault: IdentifierFault };

/**
 * Converts any spelling to the canonical form, or says why the text cannot be an identifier. Idempotent: the canonical
 * form maps to itself.
 */
export function canonicalIdentifier(text: string): CanonicalIdentifier {
  if (text.length > maxInput) return refuseIdentifier('too_long');
  if (usual.test(text)) return finish(addressForm(text.toLowerCase()));
  if (!text.isWellFormed()) return refuseIdentifier('forbidden_character');
  const folded = fold(text.trim());
  if (folded === '') return refuseIdentifier('empty');
  if (folded === undefined || forbidden.test(folded)) return refuseIdentifier('forbidden_character');
  return finish(addressForm(folded));
}

/**
 * The characters of nearly all identifiers. For such a text, folding only converts to lower case, and nothing in it is
 * forbidden. This path avoids the Unicode tables, which take as long as a decision, in every sign-in.
 */
const usual = /^[A-Za-z0-9._+@-]+$/;

function finish(value: string | undefined): CanonicalIdentifier {
  if (value === undefined) return refuseIdentifier('malformed_address');
  if ([...value].length > longestIdentifier) return refuseIdentifier('too_long');
  const isLatin = usual.test(value) && !value.includes('xn--');
  if (!isLatin && mixesScripts(readable(value))) return refuseIdentifier('mixed_scripts');
  return { ok: true, value };
}

function refuseIdentifier(fault: IdentifierFault): CanonicalIdentifier {
  return { ok: false, fault };
}

/** Characters that are invisible, unassigned or differ between systems. U+FFFD comes from faulty decoding. */
const forbidden = /[\p{C}\p{Z}\p{White_Space}\p{Default_Ignorable_Code_Point}\ufffd]|^\p{M}/u;

/** NFKC and full case folding until nothing changes. Undefined if it does not settle. */
function fold(text: string): string | undefined {
  let current = text;
  for (let round = 0; round < 4; round += 1) {
    const next = foldCase(current.normalize('NFKC')).normalize('NFKC').trim();
    if (next === current) return next;
    current = next;
  }
  return undefined;
}

/**
 * Full case folding by way of upper case, which unites what plain lower case keeps apart (sharp s and ss, dotless i and
 * i). One code point at a time, because lower-casing a whole word would turn its last sigma into the final form.
 */
function foldCase(text: string): string {
  const folded = Array.from(text.toUpperCase(), (letter) => letter.toLowerCase()).join('');
  // The dotted capital I becomes i with a second, invisible dot.
  return folded.replace(/([ij])\u0307/gu, '$1');
}

/**
 * Letters, digits and hyphens of any script. Other things that the URL rules accept (paths, ports, numbers as IPv4) are
 * not mail domains.
 */
const domainForm = /^[\p{L}\p{N}_-][\p{L}\p{M}\p{N}_-]*(\.[\p{L}\p{N}_-][\p{L}\p{M}\p{N}_-]*)*$/u;
const numeric = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/**
 * Returns the text, or its canonical form if it is an address. Undefined if it looks like an address but is not valid.
 */
function addressForm(text: string): string | undefined {
  const at = text.indexOf('@');
  return at < 0 ? text : address(text, at);
}

function address(text: string, index: number): string | undefined {
  const local = text.slice(0, index);
  const domain = text.slice(index + 1).replace(/\.$/, '');
  if (local === '' || !domainForm.test(domain) || numeric.test(domain)) return undefined;
  const ascii = domainToASCII(domain);
  return ascii === '' || numeric.test(ascii) ? undefined : `${local}@${ascii}`;
}

/** The identifier with its domain in readable form. */
function readable(value: string): string {
  const at = value.indexOf('@');
  return at < 0 ? value : `${value.slice(0, at)}@${domainToUnicode(value.slice(at + 1))}`;
}

/** Scripts with letters that look alike (UTS 39, "moderately restrictive", and the smaller look-alike scripts). */
const lookAlikes = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Cherokee}/u,
];

function mixesScripts(text: string): boolean {
  return text.split(/[.@+_-]/).some((label) => lookAlikes.filter((script) => script.test(label)).length > 1);
}
