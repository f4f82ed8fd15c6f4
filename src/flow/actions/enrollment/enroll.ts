/**
 * Confirms an enrollment. This file promises: an enrollment is kept only while the decision asks for it, if it has the
 * required characteristics, and within its limits; in the same commit the user is notified and, if necessary, other
 * sessions end.
 */

import type { Authenticator, Credential, EnrollmentContinued, Refused } from '../../../authenticators/authenticator.ts';
import { replacementOf } from '../../../core/evidence/sign-in-proofs.ts';
import { oneDay } from '../../../core/model/durations.ts';
import type { Characteristic, Facts, Recovery, Seconds } from '../../../core/model/facts.ts';
import { maskedAddress } from '../../../core/model/mail-address.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import { enrollmentRuling } from '../../../core/policy/rules/enrollment-terms.ts';
import { askedMethods } from '../../../core/queries/asked-methods.ts';
import { endsOtherSessions } from '../../../core/queries/ends-other-sessions.ts';
import { type UnmetCharacteristic, unmetCharacteristic } from '../../../core/queries/unmet-characteristic.ts';
import type { Pending } from '../../../core/step/transaction.ts';
import { keptWith, started } from '../../../core/step/transitions.ts';
import { attemptCounter, credentialsKey, userKey } from '../../../stores/keys.ts';
import type { Limit } from '../../../stores/store.ts';
import { addressOf } from '../../../users/identifiers/notification-addresses.ts';
import { enrollCounters, type VersionedAccount } from '../../../users/record/account.ts';
import { issueCredential } from '../../../users/record/credentials.ts';
import { type Account, serializeCredentials, serializeUser } from '../../../users/record/user.ts';
import { reserveFor } from '../../../users/reservations/credential-reservations.ts';
import { endOtherSessions } from '../../browser/other-sessions.ts';
import { reserveChange } from '../../change-limit.ts';
import { loadAccount } from '../../facts/account.ts';
import { accountChanged, type ChangeDetails } from '../../notify/account-notification.ts';
import { sendWithin } from '../../notify/enqueue-messages.ts';
import { notificationContext, notify } from '../../notify/notify.ts';
import {
  type Decided,
  environmentOf,
  newPasswordTerms,
  type OpenTransaction,
} from '../../transaction/open-transaction.ts';
import {
  type ActionResult,
  acceptProof,
  credentialInput,
  type Refusal,
  refused,
  type SubmittedAnswer,
  throttled,
  withError,
  withTransaction,
} from '../verification/verify.ts';
import { recoveryWith, withoutRecovery } from './complete-recovery.ts';

/** Answers with sent codes, over all mailboxes and numbers. One enrollment needs two. */
const answersWithSentCodes: readonly Limit[] = [{ limit: 30, window: oneDay }];

/**
 * Confirms the enrollment only while the decision still asks for it: the proofs of Law 7 were given and are still
 * recent. An enrollment without a required characteristic is not kept.
 */
export async function enroll(
  context: OpenTransaction,
  decided: Decided,
  { binding, fields, loaded }: SubmittedAnswer,
): Promise<ActionResult> {
  const inProgress = await pendingEnrollment(context, decided);
  if (!inProgress || inProgress.pending.authenticator !== binding.authenticator)
    return withError(context, 'form.stale');
  const { pending, authenticator, account, subject, env } = inProgress;
  if (pending.expires <= context.services.now()) return withError(context, 'enroll.expired');
  const refusal =
    throttled(context, pending.authenticator, loaded.reservation) ??
    (await answeredTooOften(context, authenticator, account));
  if (refusal) return refusal;
  const result = await authenticator.enroll(subject, { pending: pending.private, input: credentialInput(fields) }, env);
  if (!result.ok) return refused(context, pending.authenticator, result);
  if ('nextStage' in result) return enterNextStage(context, pending, result);
  const unmet = unmetCharacteristic(await context.snapshot.policies(context.app), decided.facts, result.credential);
  if (unmet) return refused(context, pending.authenticator, unmetRefusal(unmet));
  const credential = issueCredential(result.credential, env.now);
  const tooMany = await reserveChange({ services: context.services, account });
  if (tooMany) return { context, notices: [tooMany] };
  if (!(await reserveFor(context.request.unit, credential, { user: account.user.id, now: env.now })))
    return refused(context, pending.authenticator, { code: 'credentials.taken' });
  const remaining =
    authenticator.descriptor.maxEnrollments === 1
      ? account.credentials.filter((other) => other.authenticator !== credential.authenticator)
      : account.credentials;
  const otherSessionsEnded = endsOtherSessions(await context.snapshot.policies(context.app), subject, {
    ...credential,
    replaces: authenticator.descriptor.maxEnrollments === 1,
  });
  const gone = account.credentials.filter((other) => !remaining.includes(other));
  const recovery = recoveryWith(context, decided.facts, { authenticator, credential });
  const credentials = [...remaining, credential];
  const validAfter = await saveEnrollment(context, account, { credentials, otherSessionsEnded, recovery });
  if (loaded.counter !== undefined) context.request.unit.add({ op: 'reset', counter: loaded.counter });
  notifyOfEnrollment(context, account, {
    credential,
    takesPlace: gone.length > 0,
    otherSessionsEnded,
  });
  const kept = { ...context, transaction: keptWith(context.transaction, validAfter) };
  return acceptProof(withoutRecovery(kept, authenticator, account), {
    authenticator,
    enrollment: credential.id,
    proof: result.proof,
    origin: 'enrollment',
    event: 'authenticator.enrolled',
    validAfter,
    otherSessionsEnded,
    ...replacementOf(gone, { subject: subject.id, evidence: decided.facts.evidence }),
  });
}

/** Whether enrolling this, at its strongest, would end all other sessions. */
export function wouldEndOtherSessions(
  { services }: OpenTransaction,
  policies: PolicySet,
  { facts: { subject }, key }: { readonly facts: Facts; readonly key: string },
): boolean {
  const descriptor = policies.authenticators.find((authenticator) => authenticator.key === key);
  const replaces = services.authenticators.get(key)?.descriptor.maxEnrollments === 1;
  return (
    subject !== undefined &&
    descriptor !== undefined &&
    endsOtherSessions(policies, subject, { ...descriptor, authenticator: key, replaces })
  );
}

/**
 * This sign-in and the browser's session continue. If all other sessions must end, they end in the same commit. Returns
 * the account's `validAfter` from now on.
 */
async function saveEnrollment(
  { request, services, transaction }: OpenTransaction,
  account: VersionedAccount,
  { credentials, otherSessionsEnded, recovery }: SavedEnrollment,
): Promise<Seconds> {
  const { unit, visitor } = request;
  const user = recovery ? { ...account.user, recovery } : account.user;
  if (otherSessionsEnded) {
    const session = (await request.session())?.uid;
    // After a recovery this session's tokens end as well: an intruder who knew the old password may hold them.
    const ended = { services, unit, visitor, account: { ...account, user }, session };
    return endOtherSessions({ ...ended, withTokens: !transaction.recovering }, credentials);
  }
  const refs = [credentialsKey(user.id)];
  unit.replace(credentialsKey(user.id), { value: serializeCredentials(credentials) });
  if (user !== account.user) unit.replace(userKey(user.id), { value: serializeUser(user), refs });
  return user.validAfter;
}

interface SavedEnrollment {
  readonly credentials: readonly Credential[];
  readonly otherSessionsEnded: boolean;
  /** What the account remembers of its recovery from now on. Undefined if there was none. */
  readonly recovery: Recovery | undefined;
}

/**
 * A success resets the attempts. Where codes are sent, an attacker could enroll mailboxes of their own to get more
 * attempts at the code of another mailbox. These answers therefore have a second limit, which only an administrator
 * resets.
 */
async function answeredTooOften(
  context: OpenTransaction,
  { descriptor, sendLimits }: Authenticator,
  { user }: Account,
): Promise<ActionResult | undefined> {
  if (!sendLimits) return undefined;
  const counter = attemptCounter(user.id, enrollCounters.answers(descriptor.key));
  return throttled(context, descriptor.key, await context.services.store.reserve(counter, answersWithSentCodes));
}

/** The refusal codes for an enrollment without a required characteristic. */
const unmetCodes: Readonly<Partial<Record<Characteristic | 'characteristics', Refused['code']>>> = {
  hardwareProtected: 'credentials.not_hardware',
  deviceBound: 'credentials.not_device_bound',
  userVerification: 'credentials.unverified',
};

function unmetRefusal({ lacks }: UnmetCharacteristic): Refusal {
  const reason = lacks ?? 'characteristics';
  return { code: unmetCodes[reason] ?? 'credentials.not_enough', reason };
}

/** Notifies the user. A newly enrolled address belongs to the user from now on, so it is notified as well. */
function notifyOfEnrollment(
  context: OpenTransaction,
  account: Account,
  {
    credential,
    takesPlace,
    otherSessionsEnded,
  }: { readonly credential: Credential; readonly takesPlace: boolean; readonly otherSessionsEnded: boolean },
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
  const event = context.transaction.recovering ? 'recovered' : takesPlace ? 'replaced' : 'added';
  notify(notificationContext(context, account), accountChanged(event, what), { newAddresses: also });
}

/** Sends another message for the current stage. `method`: how to send it. Absent: as before. */
export async function resendOffer(context: OpenTransaction, decided: Decided, method?: string): Promise<ActionResult> {
  const inProgress = await pendingEnrollment(context, decided);
  if (!inProgress) return withError(context, 'form.stale');
  const { pending, authenticator, subject, env } = inProgress;
  const environment = { ...env, ...omitUndefined({ method }) };
  const result = await authenticator.enroll(
    subject,
    { pending: pending.private, input: { resend: 'yes' } },
    environment,
  );
  return result.ok && 'nextStage' in result
    ? enterNextStage(context, pending, { ...result, isResend: true })
    : withError(context, 'form.stale');
}

/** The current enrollment, if the decision asks for it. */
async function pendingEnrollment(context: OpenTransaction, { facts, decision }: Decided) {
  const { pending } = context.transaction;
  const { subject } = facts;
  if (decision.kind !== 'enroll' || decision.proofFirst || pending?.purpose !== 'enroll') return undefined;
  if (!decision.choices.includes(pending.authenticator)) return undefined;
  const authenticator = context.services.authenticators.get(pending.authenticator);
  // A decoy has no account.
  const account = subject && (await loadAccount(context.request.unit, subject.id));
  if (!authenticator || !account) return undefined;
  const policies = await context.snapshot.policies(context.app);
  const { terms } = enrollmentRuling(policies, facts);
  const models = terms?.models?.[pending.authenticator];
  return {
    pending,
    authenticator,
    account,
    subject,
    env: {
      ...environmentOf(context, pending.authenticator, account.credentials),
      ...(await newPasswordTerms(context, pending.authenticator, facts)),
      ...omitUndefined({ models, methods: askedMethods(policies, facts, pending.authenticator) }),
    },
  };
}

/**
 * Enters the next stage, in which a code is sent and must be entered. If a limit is reached, the user stays at the
 * previous stage.
 */
async function enterNextStage(
  context: OpenTransaction,
  pending: Pending,
  { nextStage, isResend = false }: EnrollmentContinued & { readonly isResend?: boolean },
): Promise<ActionResult> {
  const { deliver: _deliver, quotas: _quotas, undeliverable: _undeliverable, ...rest } = nextStage;
  const { notices, outbox } = await sendWithin(context, pending.authenticator, { ...nextStage, isResend });
  if (notices.length > 0) return { context, notices };
  const expires = Math.min(nextStage.expires, context.transaction.expiresAt);
  return withTransaction(context, started(context.transaction, { ...pending, ...rest, expires, outbox }));
}
