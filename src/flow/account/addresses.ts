/**
 * Addresses that users add for notifications only. This file promises: an address counts only after the code sent to it
 * was entered in the same session; codes and tries are limited per account and per address. The caller has checked the
 * form and Law 7.
 */

import { randomInt, timingSafeEqual } from 'node:crypto';
import type { RefusalCode } from '../../authenticators/refusal-codes.ts';
import { messagesPerAccount } from '../../authenticators/shared/sending-quotas.ts';
import { oneDay } from '../../core/model/durations.ts';
import { mailAddress, maskedAddress } from '../../core/model/mail-address.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { NoticeCode } from '../../core/step/notice-codes.ts';
import type { Notice } from '../../core/step/step.ts';
import { withdraw } from '../../delivery/outbox.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { addressPlaceText } from '../../policy/schema/settings/zones.ts';
import { attemptCounter, credentialsKey, userKey } from '../../stores/keys.ts';
import type { Limit } from '../../stores/store.ts';
import { browserText } from '../../user-agent.ts';
import {
  addedAddresses,
  isSameAddress,
  maxAddedAddresses,
  type NotificationAddress,
  notificationAddresses,
} from '../../users/identifiers/notification-addresses.ts';
import { type AskedAddress, serializeUser, type User } from '../../users/record/user.ts';
import { audit } from '../audit.ts';
import { reserveChange } from '../change-limit.ts';
import { asResendRefusal, enqueueMessages, reserveSending, sendLimitsOf } from '../notify/enqueue-messages.ts';
import { refusalNoticeCode } from '../refusal-notice-code.ts';
import { serverMac } from '../server-mac.ts';
import { type OpenAccount, senderOf } from './open-account.ts';
import { recordChange } from './recorded-changes.ts';

/** How long a code is valid (seconds). */
const lifetime = 600;
/**
 * Tries per account, over all addresses and codes. A success resets nothing: otherwise the user's own mailbox would
 * provide more tries for another mailbox.
 */
const tries: readonly Limit[] = [
  { limit: 5, window: 600 },
  { limit: 30, window: oneDay },
];

const counter = 'notification_address';

function wrong(code: NoticeCode, field?: string): Notice {
  return { code, level: 'error', ...omitUndefined({ field }) };
}

/** A name for the address in page URLs, which must not contain the address itself. */
export function addressName({ services, account }: OpenAccount, address: string): string {
  return serverMac(services.secrets().slice(-1), 'account address', [account.user.id, address.toLowerCase()]);
}

/** The address that waits for its code. Undefined if there is none or it has expired. */
export function askedAddress({ account, services }: OpenAccount): AskedAddress | undefined {
  const { askedAddress: asked } = account.user;
  return asked && asked.expires > services.now() ? asked : undefined;
}

/** Whether the user may add another address. */
export function isBelowAddressLimit({ account }: OpenAccount): boolean {
  return addedAddresses(account.user).length < maxAddedAddresses;
}

/** Sends a code to a new address, which replaces one that was waiting. Returns the reason if this is not possible. */
export async function askForAddress(context: OpenAccount, text: string | undefined): Promise<Notice | undefined> {
  if (!context.services.canMail()) return wrong('account.address.no_mail');
  if (!isBelowAddressLimit(context)) return wrong('account.address.full');
  if (text === undefined || text.trim() === '') return wrong(refusalNoticeCode('email.required'), 'email');
  const address = mailAddress(text);
  if (address === undefined) return wrong(refusalNoticeCode('email.invalid'), 'email');
  const isThere = notificationAddresses(context.account).some((notificationAddress) =>
    isSameAddress(notificationAddress.address, address),
  );
  if (isThere) return wrong('account.address.known', 'email');
  const waiting = askedAddress(context);
  return sendAddressCode(context, address, waiting !== undefined && isSameAddress(waiting.address, address));
}

/** Sends another code to the waiting address. The previous code no longer counts. */
export async function askAgain(context: OpenAccount): Promise<Notice | undefined> {
  const asked = askedAddress(context);
  if (!asked) return wrong('challenge.expired');
  const refusal = await sendAddressCode(context, asked.address, true);
  return refusal && asResendRefusal(refusal);
}

async function sendAddressCode(context: OpenAccount, address: string, isResend: boolean): Promise<Notice | undefined> {
  const { services, account, visitor, snapshot } = context;
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const expires = services.now() + lifetime;
  const asked = { ip: addressPlaceText(snapshot, visitor.ip), ...browserText(visitor.userAgent) };
  const params = { app: snapshot.settings.brand.name, code, minutes: lifetime / 60, ...asked };
  const deliveries = [{ channel: 'email', to: address, template: 'address', params, expires }] as const;
  const refused = await reserveSending(services, {
    counter: attemptCounter(account.user.id, `${counter}.send`),
    // Over all addresses. Each address also has its own limit.
    limits: sendLimitsOf(messagesPerAccount, isResend),
    deliveries,
  });
  if (refused) return refused;
  const outbox = enqueueMessages(senderOf(context), deliveries);
  const where = { client: accountClientId, ip: visitor.ip };
  const queued = { event: 'message.queued', outcome: 'success', subject: account.user.id, channel: 'email' } as const;
  audit(context.unit, services.audit, { ...queued, ...where });
  saveUser(context, {
    ...account.user,
    askedAddress: { address, code: codeHash(context, { address, code }), askedAt: services.now(), expires, outbox },
  });
  return undefined;
}

/** Adds the waiting address if the code is correct. Otherwise returns the reason. */
export async function confirmAddress(context: OpenAccount, text: string): Promise<Notice | undefined> {
  const { services, account } = context;
  const asked = askedAddress(context);
  if (!asked) return wrong('challenge.expired');
  const code = readCode(text);
  if (typeof code !== 'string') return code;
  const { granted, retryAfter } = await services.store.reserve(attemptCounter(account.user.id, counter), tries);
  if (!granted) return { ...wrong('attempts.exceeded', 'passcode'), params: { seconds: Math.max(1, retryAfter) } };
  if (!isKept(context, asked, code)) return addressRefused(context);
  if (!isBelowAddressLimit(context)) return wrong('account.address.full');
  const tooMany = await reserveChange(context);
  if (tooMany) return tooMany;
  const { askedAddress: _, ...user } = account.user;
  const { address } = asked;
  const added = [...addedAddresses(user), { address, addedAt: services.now() }];
  saveUser(context, { ...user, notificationAddresses: added });
  recordChange(context, 'address_added', {
    address: maskedAddress(address),
    newAddresses: [address],
  });
  return undefined;
}

/**
 * The address with this name that was added for notifications. Undefined if there is none, or if the account has the
 * address for another purpose.
 */
export function addedAddress(context: OpenAccount, name: string): NotificationAddress | undefined {
  const all = notificationAddresses(context.account);
  return all.find(({ address, source }) => source === 'added' && addressName(context, address) === name);
}

/** Removes the address, and notifies it as well. Returns the reason if it must stay. */
export async function removeAddress(
  context: OpenAccount,
  { address }: NotificationAddress,
): Promise<Notice | undefined> {
  const { account } = context;
  const { user } = account;
  if (notificationAddresses(account).length === 1) return wrong('account.address.last');
  const tooMany = await reserveChange(context);
  if (tooMany) return tooMany;
  const kept = addedAddresses(user).filter((added) => !isSameAddress(added.address, address));
  saveUser(context, { ...user, notificationAddresses: kept });
  recordChange(context, 'address_removed', { address: maskedAddress(address) });
  return undefined;
}

/** A code that no longer counts must not be sent any more either. */
function saveUser({ unit, account }: OpenAccount, user: User): void {
  const before = account.user.askedAddress;
  if (before !== user.askedAddress) withdraw(unit, before?.outbox ?? []);
  unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
}

function codeHash(
  { services, account, session }: OpenAccount,
  { address, code }: { readonly address: string; readonly code: string },
  secrets = services.secrets(),
): string {
  return serverMac(secrets, 'notification address', [account.user.id, session.uid, address, code]);
}

function isKept(context: OpenAccount, { address, code: kept }: AskedAddress, code: string): boolean {
  const expected = Buffer.from(kept);
  return context.services.secrets().some((secret) => {
    const given = Buffer.from(codeHash(context, { address, code }, [secret]));
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function addressRefused({ unit, services, account, visitor, snapshot }: OpenAccount): Notice {
  audit(unit, services.audit, {
    event: 'account.address_refused',
    outcome: 'failure',
    subject: account.user.id,
    client: accountClientId,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    reason: 'credentials.invalid',
  });
  return aboutCode('credentials.invalid');
}

/** Reads six digits in the forms in which users type and paste them. */
function readCode(text: string): string | Notice {
  if (text.trim() === '') return aboutCode('credentials.required');
  const code = text.length > 64 ? '' : text.normalize('NFKC').replace(/[\s\p{Cf}-]/gu, '');
  return /^[0-9]{6}$/.test(code) ? code : aboutCode('credentials.malformed');
}

function aboutCode(code: RefusalCode): Notice {
  return { ...wrong(refusalNoticeCode(code), 'passcode'), authenticator: 'email' };
}
