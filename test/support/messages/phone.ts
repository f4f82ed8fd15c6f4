/** Settings with phones, users who have one, and what is sent there. */

import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { phoneCredential } from '../../../src/authenticators/phone/phone.ts';
import type { InboxMessage } from '../../../src/delivery/inbox.ts';
import { signOnPolicy } from '../clients/sign-in-flow.ts';
import type { TestNode } from '../servers/node.ts';
import { randomName } from '../values/random-name.ts';

export const phoneSettings = {
  enabled: true,
  methods: ['sms', 'voice'],
  countries: ['DE', 'FR'],
  defaultCountry: 'DE',
  limits: { number: 10, prefix: 30, network: 50, country: 1000 },
} as const;

/** All users of a test come from one address. */
const fromOneAddress = { limits: { network: 100_000 } };

/** `stepgate.yaml` of the demo with only these authenticators, and the other settings that are passed. */
export function settingsWithPhone(
  phone: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
  others: readonly string[] = ['password', 'totp'],
): Readonly<Record<string, string>> {
  const settings = parseDocument(readFileSync('config/stepgate.yaml', 'utf8'));
  const enabled = authenticatorKinds
    .filter(({ key }) => key !== 'phone')
    .map(({ key }) => [key, { enabled: others.includes(key), ...(key === 'email' && fromOneAddress) }] as const);
  settings.set('authenticators', { ...Object.fromEntries(enabled), phone: { ...phoneSettings, ...phone } });
  for (const [key, value] of Object.entries(more)) settings.set(key, value);
  return { 'stepgate.yaml': settings.toString() };
}

/** The app `notes` asks for a code on the phone and nothing else. */
export const byPhoneAlone = signOnPolicy('notes', {
  then: { allow: { factors: 1, possession: { authenticators: ['phone'] } } },
});

let turn = 0;

/** Four digits, others each time until all ten thousand were there. */
function fourDigits(): string {
  turn += 1;
  return String((turn * 7919 + 1234) % 10_000).padStart(4, '0');
}

/**
 * A German mobile number that no other test of the file has; its block too, unless one is given (E.164 without the
 * last four digits). Nothing is drawn: two numbers of one block would otherwise share a limit now and then.
 */
export function mobileNumber(block = `+49151${fourDigits()}`): string {
  return `${block}${fourDigits()}`;
}

export interface Caller {
  readonly id: string;
  readonly identifier: string;
  readonly number: string;
}

/** A new user whose only authenticator is their phone. */
export async function caller({ app }: TestNode, number = mobileNumber()): Promise<Caller> {
  const identifier = `${randomName()}@demo.test`;
  const created = await app.directory.create({
    identifiers: [identifier],
    groups: ['staff'],
    credentials: [phoneCredential(number)],
  });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, number };
}

/** The code of a text message, or of a call. */
export function codeFor({ channel, text }: Pick<InboxMessage, 'channel' | 'text'>): string {
  return channel === 'sms'
    ? (/^@\S+ #(\d{6})$/m.exec(text)?.[1] ?? '')
    : (/((?:\d, ){5}\d)/.exec(text)?.[1] ?? '').replaceAll(', ', '');
}
