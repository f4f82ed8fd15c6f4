/**
 * What users sign in with (a username or an email address), in one canonical form. Uniqueness, lookup, attempt counters
 * and store keys all use this form, so that no spelling opens a second account or a second counter. It follows RFC 8265
 * (PRECIS, UsernameCaseMapped) and UTS 39, with compatibility mapping: NFKC, full case folding, no invisible
 * characters, no mix of look-alike scripts within one label, the domain of an address as A-labels (RFC 5890).
 */

import { domainToASCII, domainToUnicode } from 'node:url';
import { longestIdentifier } from '../../core/model/mail-address.ts';

/** Above this (UTF-16 units) nothing is normalised at all: no input makes the work large. */
const maxInput = 1024;

export type IdentifierFault =
  | 'empty'
  | 'too_long'
  /** Control, format, zero-width, unassigned or private characters, lone surrogates, white space inside. */
  | 'forbidden_character'
  /** Scripts that look alike are mixed in one label. */
  | 'mixed_scripts'
  /** An `@` without a usable domain or local part. */
  | 'malformed_address';

export type CanonicalIdentifier =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly fault: IdentifierFault };

/**
 * Brings any spelling into the canonical form, or says why it cannot be an identifier. Idempotent: the canonical form
 * maps to itself.
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
 * What nearly all identifiers are made of: folding such a text puts it in lower case, and nothing in it is forbidden.
 * Every sign-in comes here, and the tables of Unicode cost as much as a decision.
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

/**
 * Everything that cannot be seen, is not assigned, or differs between systems. U+FFFD is what broken decoding leaves
 * behind.
 */
const forbidden = /[\p{C}\p{Z}\p{White_Space}\p{Default_Ignorable_Code_Point}\ufffd]|^\p{M}/u;

/** NFKC and full case folding until nothing changes any more; `undefined` when it does not settle. */
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
 * i). Code point by code point, because lower case of a whole word makes the last sigma another letter than the others.
 */
function foldCase(text: string): string {
  const folded = Array.from(text.toUpperCase(), (letter) => letter.toLowerCase()).join('');
  // The dotted capital I becomes i with a second dot on top, which cannot be seen.
  return folded.replace(/([ij])\u0307/gu, '$1');
}

/**
 * Letters, digits and hyphens of any script. Whatever else the URL rules know (paths, ports, numbers as IPv4) is no
 * mail domain.
 */
const domainForm = /^[\p{L}\p{N}_-][\p{L}\p{M}\p{N}_-]*(\.[\p{L}\p{N}_-][\p{L}\p{M}\p{N}_-]*)*$/u;
const numeric = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/** The text itself, or the address that it is; `undefined`: it looks like one and is none. */
function addressForm(text: string): string | undefined {
  const at = text.indexOf('@');
  return at < 0 ? text : address(text, at);
}

function address(text: string, at: number): string | undefined {
  const local = text.slice(0, at);
  const domain = text.slice(at + 1).replace(/\.$/, '');
  if (local === '' || !domainForm.test(domain) || numeric.test(domain)) return undefined;
  const ascii = domainToASCII(domain);
  return ascii === '' || numeric.test(ascii) ? undefined : `${local}@${ascii}`;
}

/** With the domain as users read it. */
function readable(value: string): string {
  const at = value.indexOf('@');
  return at < 0 ? value : `${value.slice(0, at)}@${domainToUnicode(value.slice(at + 1))}`;
}

/**
 * Scripts whose letters are mistaken for one another (UTS 39, "moderately restrictive", and the smaller look-alikes).
 */
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
