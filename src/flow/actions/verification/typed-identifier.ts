/**
 * Finds the user from what was typed on the first page. This file promises: every spelling leads to the same account
 * and the same attempt counter; an identifier that does not count at the app is treated like an unknown one.
 */
import { readPhoneNumber } from '../../../authenticators/shared/phone-number.ts';
import { canonicalIdentifier, type IdentifierFault } from '../../../identifier.ts';
import type { App } from '../../../policy/model/app.ts';
import type { Settings } from '../../../policy/model/settings.ts';
import { identifyPageOf } from '../../../policy/revision/snapshot.ts';
import { identifierKey } from '../../../stores/keys.ts';
import type { Entry } from '../../../stores/store.ts';
import { canBeOfKinds, internationalNumber, kindsOfIdentifier } from '../../../users/identifiers/identifier-kinds.ts';
import { accountByIdentifier, type VersionedAccount } from '../../../users/record/account.ts';

/** One interpretation of the typed text. */
export interface IdentifierReading {
  /** In canonical form. */
  readonly value: string;
  /** Interpreted as a phone number. */
  readonly isNumber: boolean;
}

export type TypedIdentifier =
  /** Interpretations that count at the app come first. */
  | { readonly ok: true; readonly readings: readonly [IdentifierReading, ...IdentifierReading[]] }
  | { readonly ok: false; readonly fault: IdentifierFault };

type IdentifierSettings = Pick<Settings, 'identify' | 'attributes'>;

/** `settings` is absent if the node knows no revision yet. */
export function typedIdentifier(text: string, settings: IdentifierSettings | undefined): TypedIdentifier {
  const plain = canonicalIdentifier(text);
  const number = settings?.attributes.attributes.phone?.identifies && numberIn(text, settings);
  const asNumber = typeof number === 'string' ? [{ value: number, isNumber: true }] : [];
  const isAnother = plain.ok && plain.value !== number;
  const [first, ...others] = [...asNumber, ...(isAnother ? [{ value: plain.value, isNumber: false }] : [])];
  if (first !== undefined) return { ok: true, readings: [first, ...others] };
  return { ok: false, fault: plain.ok ? 'empty' : plain.fault };
}

/** The text and each interpretation of it, since a credential may be named by any of them. */
export function spellingsOf(text: string, settings: IdentifierSettings): readonly string[] {
  const typed = typedIdentifier(text, settings);
  return typed.ok ? [text, ...typed.readings.map(({ value }) => value)] : [text];
}

/** In E.164. Without a country code, the configured country applies. */
function numberIn(text: string, { identify }: IdentifierSettings): string | undefined {
  return readPhoneNumber(text, identify.defaultCountry)?.number ?? internationalNumber(text);
}

/** Keys of the reservations for all readings. */
export function keysOf({ readings }: Extract<TypedIdentifier, { ok: true }>): readonly string[] {
  return readings.map(({ value }) => identifierKey(value));
}

/** The account for a reading, and the key that attempts are counted under. */
export interface NamedAccount {
  readonly reading: IdentifierReading;
  readonly key: string;
  /** Absent if no account has it, or it does not count at this app. */
  readonly account: VersionedAccount | undefined;
}

/** `entries`: a load of the keys. Undefined if an identifier of this form counts for no user of this app. */
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
