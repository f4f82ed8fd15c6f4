/**
 * Whom the user means by what was typed on the first page. This file promises: each spelling leads to one account and
 * one counter of attempts; an identifier that does not count at the app is like one that no account has.
 */
import { readPhoneNumber } from '../../../authenticators/shared/phone-number.ts';
import type { App } from '../../../policy/model/app.ts';
import type { Settings } from '../../../policy/model/settings.ts';
import { identifyPageOf } from '../../../policy/revision/snapshot.ts';
import { identifierKey } from '../../../stores/keys.ts';
import type { Entry } from '../../../stores/store.ts';
import { canonicalIdentifier, type IdentifierFault } from '../../../users/identifiers/identifier.ts';
import { canBeOfKinds, internationalNumber, kindsOfIdentifier } from '../../../users/identifiers/identifier-kinds.ts';
import { accountByIdentifier, type VersionedAccount } from '../../../users/record/account.ts';

/** One way to read what was typed. */
export interface Reading {
  /** In canonical form. */
  readonly value: string;
  /** It was read as a phone number. */
  readonly isNumber: boolean;
}

export type TypedIdentifier =
  /** What the app can mean goes first. */
  | { readonly ok: true; readonly readings: readonly [Reading, ...Reading[]] }
  | { readonly ok: false; readonly fault: IdentifierFault };

type IdentifierSettings = Pick<Settings, 'identify' | 'attributes'>;

/** `settings` absent: the node knows no revision yet. */
export function typedIdentifier(text: string, settings: IdentifierSettings | undefined): TypedIdentifier {
  const plain = canonicalIdentifier(text);
  const number = settings?.attributes.attributes.phone?.identifies && numberIn(text, settings);
  const asNumber = typeof number === 'string' ? [{ value: number, isNumber: true }] : [];
  const isAnother = plain.ok && plain.value !== number;
  const [first, ...others] = [...asNumber, ...(isAnother ? [{ value: plain.value, isNumber: false }] : [])];
  if (first !== undefined) return { ok: true, readings: [first, ...others] };
  return { ok: false, fault: plain.ok ? 'empty' : plain.fault };
}

/** The text, and each way to read it: a credential may be named by any of them. */
export function spellingsOf(text: string, settings: IdentifierSettings): readonly string[] {
  const typed = typedIdentifier(text, settings);
  return typed.ok ? [text, ...typed.readings.map(({ value }) => value)] : [text];
}

/** In E.164. Without a country code it is a number of the configured country. */
function numberIn(text: string, { identify }: IdentifierSettings): string | undefined {
  return readPhoneNumber(text, identify.defaultCountry)?.number ?? internationalNumber(text);
}

/** Keys of the reservations that the readings may lead to. */
export function keysOf({ readings }: Extract<TypedIdentifier, { ok: true }>): readonly string[] {
  return readings.map(({ value }) => identifierKey(value));
}

/** Whom a reading leads to, and the key that attempts are counted under. */
export interface NamedAccount {
  readonly reading: Reading;
  readonly key: string;
  /** Absent: no account has it, or it does not count at this app. */
  readonly account: VersionedAccount | undefined;
}

/** `entries`: a load of the keys. `undefined`: by its form it counts at this app for no user. */
export function namedAccount(
  entries: ReadonlyMap<string, Entry | undefined>,
  { readings }: Extract<TypedIdentifier, { ok: true }>,
  { settings, app }: { readonly settings: Settings; readonly app: App },
): NamedAccount | undefined {
  const { by } = identifyPageOf(settings, app);
  const possible = readings.filter((reading) => canBeOfKinds(reading, by));
  const named = possible.map((reading): NamedAccount => {
    const found = accountByIdentifier(entries, reading.value);
    const kindsOf = ({ user }: VersionedAccount) => kindsOfIdentifier(user, reading.value, settings.attributes);
    const counts = by === undefined || (found && kindsOf(found).some((kind) => by.includes(kind)));
    return { reading, key: identifierKey(reading.value), account: counts ? found : undefined };
  });
  return named.find(({ account }) => account !== undefined) ?? named[0];
}
