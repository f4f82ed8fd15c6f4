/** The confirmation of an enrollment. */

import type { Authenticator, Credential, EnrollmentContinued, Refused } from '../../authenticators/authenticator.ts';
import type { Characteristic, Facts } from '../../core/model/facts.ts';
import { maskedAddress } from '../../core/model/mail-address.ts';
import type { PolicySet } from '../../core/policy/compile.ts';
import { endsOtherSessions } from '../../core/queries/ends-other-sessions.ts';
import { type UnmetCharacteristic, unmetCharacteristic } from '../../core/queries/unmet-characteristic.ts';
import type { Pending } from '../../core/step/transaction.ts';
import { started } from '../../core/step/transitions.ts';
import { attemptCounter, credentialsKey } from '../../stores/keys.ts';
import type { Limit } from '../../stores/store.ts';
import { enrollCounters, type VersionedAccount } from '../../users/account.ts';
import { reserveFor } from '../../users/credential-reservations.ts';
import { issueCredential } from '../../users/credentials.ts';
import { addressOf } from '../../users/notification-addresses.ts';
import { type Account, serializeCredentials } from '../../users/user.ts';
import { endOtherSessions } from '../browser/other-sessions.ts';
import { reserveChange } from '../change-limit.ts';
import { loadAccount } from '../facts/account.ts';
import { accountChanged, type ChangeDetails } from '../notify/account-notification.ts';
import { sendWithin } from '../notify/enqueue-message.ts';
import { notificationContext, notify } from '../notify/notify.ts';
import type { FormBinding } from '../transaction/form-handle.ts';
import { type Decided, environmentOf, type OpenTransaction } from '../transaction/open-transaction.ts';
import {
  type Answer,
  credentialInput,
  type Fields,
  type LoadedAttempt,
  moveTo,
  proves,
  refused,
  stay,
  throttled,
} from './verify.ts';

/** Addresses and codes, over all mailboxes or numbers: an enrollment takes two. */
const answersWithSentCodes: readonly Limit[] = [{ limit: 30, window: 86_400 }];

/**
 * The offer is confirmed only while the decision still asks for it: what Law 7 demands was proved, and is still fresh. What cannot show what
 * it is asked for is not kept.
 */
export async function enroll(
  open: OpenTransaction,
  decided: Decided,
  binding: FormBinding,
  fields: Fields,
  loaded: LoadedAttempt,
): Promise<Answer> {
  const offered = await offerOf(open, decided);
  if (!offered || offered.pending.authenticator !== binding.authenticator) return stay(open, 'form.stale');
  const { pending, authenticator, account, subject, env } = offered;
  if (pending.expires <= open.services.now()) return stay(open, 'enroll.expired');
  const refusedHere =
    throttled(open, pending.authenticator, loaded.reservation) ??
    (await answeredTooOften(open, authenticator, account));
  if (refusedHere) return refusedHere;
  const result = await authenticator.enroll(subject, { pending: pending.private, input: credentialInput(fields) }, env);
  if (!result.ok) return refused(open, pending.authenticator, result);
  if ('nextStage' in result) return furtherStage(open, pending, result);
  const short = unmetCharacteristic(await open.snapshot.policies(open.app), decided.facts, result.credential);
  if (short) return refused(open, pending.authenticator, refusalOf(short));
  const credential = issueCredential(result.credential, env.now);
  const tooMany = await reserveChange({ services: open.services, account });
  if (tooMany) return { open, messages: [tooMany] };
  if (!(await reserveFor(open.request.unit, account.user.id, credential, env.now)))
    return refused(open, pending.authenticator, { ok: false, code: 'credentials.taken' });
  const kept = authenticator.maxEnrollments
    ? account.credentials.filter((other) => other.authenticator !== credential.authenticator)
    : account.credentials;
  const otherSessionsEnded = endsOtherSessions(await open.snapshot.policies(open.app), subject, {
    ...credential,
    replaces: authenticator.maxEnrollments === 1,
  });
  await save(open, account, [...kept, credential], otherSessionsEnded);
  if (loaded.counter !== undefined) open.request.unit.add({ op: 'reset', counter: loaded.counter });
  tellOfEnrollment(open, account, credential, {
    takesPlace: kept.length < account.credentials.length,
    otherSessionsEnded,
  });
  return proves(open, {
    authenticator,
    enrollment: credential.id,
    proof: result.proof,
    origin: 'enrollment',
    event: 'authenticator.enrolled',
    ...(otherSessionsEnded ? { otherSessionsEnded } : {}),
  });
}

/** Whether all other sessions would end once this is enrolled, at its best. */
export function wouldEndOtherSessions(
  { services }: OpenTransaction,
  policies: PolicySet,
  { subject }: Facts,
  key: string,
): boolean {
  const descriptor = policies.authenticators.find((one) => one.key === key);
  const replaces = services.authenticators.get(key)?.maxEnrollments === 1;
  return (
    subject !== undefined &&
    descriptor !== undefined &&
    endsOtherSessions(policies, subject, { ...descriptor, authenticator: key, replaces })
  );
}

/** This sign-in goes on, and the session that the browser may have; all else ends with the same commit, where it must. */
async function save(
  { request, services }: OpenTransaction,
  account: VersionedAccount,
  credentials: readonly Credential[],
  othersEnd: boolean,
): Promise<void> {
  const { unit, visitor } = request;
  if (othersEnd) {
    const session = (await request.session())?.uid;
    await endOtherSessions({ services, unit, visitor, account, session, withTokens: true }, credentials);
  } else unit.replace(credentialsKey(account.user.id), { value: serializeCredentials(credentials) });
}

/**
 * Success resets the attempts. Where a code is sent, that alone would let somebody enroll mailboxes of their own to go on guessing at the
 * code of another's, so these answers have a limit that nothing but an administrator resets.
 */
async function answeredTooOften(
  open: OpenTransaction,
  { descriptor, sendLimits }: Authenticator,
  { user }: Account,
): Promise<Answer | undefined> {
  if (!sendLimits) return undefined;
  const counter = attemptCounter(user.id, enrollCounters.answers(descriptor.key));
  return throttled(open, descriptor.key, await open.services.store.reserve(counter, answersWithSentCodes));
}

/** What the person is told who set up one that does not do. */
const shortfalls: Readonly<Partial<Record<Characteristic, Refused['code']>>> = {
  hardwareProtected: 'credentials.not_hardware',
  deviceBound: 'credentials.not_device_bound',
  userVerification: 'credentials.unverified',
};

function refusalOf({ lacks }: UnmetCharacteristic): Refused {
  const code = (lacks && shortfalls[lacks]) ?? 'credentials.not_enough';
  return { ok: false, code, reason: lacks ?? 'characteristics' };
}

/** An address that is enrolled is one of theirs from now on. */
function tellOfEnrollment(
  open: OpenTransaction,
  account: Account,
  credential: Credential,
  { takesPlace, otherSessionsEnded }: { readonly takesPlace: boolean; readonly otherSessionsEnded: boolean },
): void {
  const { authenticator, label = '' } = credential;
  const address = addressOf(credential);
  const what: ChangeDetails = {
    authenticator,
    label,
    ...(address === undefined ? {} : { address: maskedAddress(address) }),
    ...(otherSessionsEnded ? { otherSessionsEnded } : {}),
  };
  const also = address === undefined ? [] : [address];
  notify(notificationContext(open, account), accountChanged(takesPlace ? 'replaced' : 'added', what), also);
}

/** Another message for the stage that the offer is at; `method`: how the person wants it. */
export async function resendOffer(open: OpenTransaction, decided: Decided, method?: string): Promise<Answer> {
  const offered = await offerOf(open, decided);
  if (!offered) return stay(open, 'form.stale');
  const { pending, authenticator, subject, env } = offered;
  const requestedEnrollment = { ...env, ...(method === undefined ? {} : { method }) };
  const result = await authenticator.enroll(
    subject,
    { pending: pending.private, input: { resend: 'yes' } },
    requestedEnrollment,
  );
  return result.ok && 'nextStage' in result ? furtherStage(open, pending, result) : stay(open, 'form.stale');
}

/** The outstanding offer, if it is one that the decision asks for. */
async function offerOf(open: OpenTransaction, { facts, decision }: Decided) {
  const { pending, subject: who } = open.transaction;
  const { subject } = facts;
  if (decision.kind !== 'enroll' || decision.proofFirst || pending?.purpose !== 'enroll') return undefined;
  if (!decision.choices.includes(pending.authenticator)) return undefined;
  const authenticator = open.services.authenticators.get(pending.authenticator);
  const account = who && !who.decoy ? await loadAccount(open.request.unit, who.id) : undefined;
  if (!authenticator || !account || !subject) return undefined;
  return {
    pending,
    authenticator,
    account,
    subject,
    env: environmentOf(open, pending.authenticator, account.credentials),
  };
}

/** The offer goes on: what was sent must come back. Too many messages: the person stays at the stage before. */
async function furtherStage(
  open: OpenTransaction,
  pending: Pending,
  { nextStage }: EnrollmentContinued,
): Promise<Answer> {
  const { deliver: _deliver, quotas: _quotas, undeliverable: _undeliverable, ...rest } = nextStage;
  const { messages, outbox } = await sendWithin(open, pending.authenticator, nextStage);
  if (messages.length > 0) return { open, messages };
  const expires = Math.min(nextStage.expires, open.transaction.expiresAt);
  return moveTo(open, started(open.transaction, { ...pending, ...rest, expires, outbox }));
}
