/**
 * One try at one credential. This file promises: nothing is verified without a reserved attempt (Law 8), a one-time
 * value counts only if its new secret is saved in the same commit, and each try is audited.
 */

import type {
  Authenticator,
  Credential,
  CredentialInput,
  Proof,
  Refused,
  Verified,
} from '../../../authenticators/authenticator.ts';
import type { Evidence, Seconds } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { NoticeCode } from '../../../core/step/notice-codes.ts';
import type { Notice } from '../../../core/step/step.ts';
import type { Transaction } from '../../../core/step/transaction.ts';
import { proved } from '../../../core/step/transitions.ts';
import { credentialsKey } from '../../../stores/keys.ts';
import type { Limit, LoadOptions, Reservation } from '../../../stores/store.ts';
import type { VersionedAccount } from '../../../users/record/account.ts';
import { parseCredentials, serializeCredentials } from '../../../users/record/user.ts';
import { audit } from '../../audit.ts';
import type { UnknownCredential } from '../../facts/credential-signals.ts';
import { notificationContext, notify } from '../../notify/notify.ts';
import { refusalNoticeCode } from '../../refusal-notice-code.ts';
import type { FormBinding } from '../../transaction/form-handle.ts';
import { auditContext, environmentOf, type OpenTransaction } from '../../transaction/open-transaction.ts';
import type { TypedIdentifier } from './typed-identifier.ts';

export interface ActionResult {
  readonly context: OpenTransaction;
  /** Why the user stays at the step. Empty if the user moves on. */
  readonly notices: readonly Notice[];
  /** The browser answered with a credential that the user does not have. */
  readonly unknownCredential?: UnknownCredential;
}

/**
 * An attempt to be reserved after the account is known. If `limits` is absent, they depend on the user's rule as well.
 */
export type DeferredAttempt = Omit<NonNullable<LoadOptions['reserve']>, 'limits'> & {
  readonly limits?: readonly Limit[];
};

export interface LoadedAttempt {
  readonly reservation?: Reservation;
  readonly counter?: string;
  /** The limits of the reservation. */
  readonly limits?: readonly Limit[];
  /** Set if it is not reserved yet, because its limits depend on the user. */
  readonly deferred?: DeferredAttempt;
  /** What the user typed on the identify page. */
  readonly identifier?: TypedIdentifier;
}

export type Fields = Readonly<Record<string, string>>;

/** A genuine and current form, and what was loaded for it. */
export interface SubmittedAnswer {
  /** The step that the form answers. */
  readonly binding: FormBinding;
  readonly fields: Fields;
  readonly loaded: LoadedAttempt;
}

/** Whether a checkbox of the page is ticked. */
export function isTicked(value: string | undefined): boolean {
  return value === 'yes';
}

export function credentialInput(fields: Fields): CredentialInput {
  const prefix = 'credentials.';
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

/** The user stays at the step, which shows this error. */
export function withError(
  context: OpenTransaction,
  code: NoticeCode,
  about: Pick<Notice, 'field' | 'params'> = {},
): ActionResult {
  return { context, notices: [{ code, level: 'error', ...about }] };
}

/** The user moves on with the changed transaction. */
export function withTransaction(context: OpenTransaction, transaction: Transaction): ActionResult {
  return { context: { ...context, transaction }, notices: [] };
}

export interface VerificationAttempt {
  readonly key: string;
  /** Absent if no account has the credential. The same work is done anyway. */
  readonly credential: Credential | undefined;
  readonly pending: Readonly<Record<string, unknown>>;
  readonly fields: Fields;
  readonly loaded: LoadedAttempt;
  readonly account: VersionedAccount | undefined;
  /** The answer came from the page behind the magic link. */
  readonly byLink?: true;
}

export async function verify(context: OpenTransaction, given: VerificationAttempt): Promise<ActionResult> {
  const { key, loaded, account } = given;
  const authenticator = context.services.authenticators.get(key);
  if (!authenticator) return withError(context, 'form.stale');
  const refusal = throttled(context, key, loaded.reservation);
  if (refusal) return refusal;
  const enrolled = account?.credentials ?? [];
  const env = { ...environmentOf(context, key, enrolled), ...omitUndefined({ byLink: given.byLink }) };
  const result = await authenticator.verify(
    given.credential,
    { pending: given.pending, input: credentialInput(given.fields) },
    env,
  );
  if (!result.ok) return refused(context, key, result);
  // If one challenge serves several credentials, the answer may come from another one than the first.
  const credential = env.enrolled.find(({ id }) => id === result.credential);
  if (!credential || !account || (credential.id !== given.credential?.id && !authenticator.sharedChallenge))
    return refused(context, key, undefined);
  saveCredential(context, { account, credential }, result);
  if (result.notify) notify(notificationContext(context, account), result.notify);
  if (loaded.counter !== undefined) context.request.unit.add({ op: 'reset', counter: loaded.counter });
  return acceptProof(context, {
    authenticator,
    enrollment: credential.id,
    proof: result.proof,
    origin: context.transaction.recovering ? 'recovery' : 'sign_in',
    event: 'authenticator.verified',
    validAfter: account.user.validAfter,
  });
}

/** No attempt is left or reserved, so nothing is verified. */
export function throttled(
  context: OpenTransaction,
  key: string,
  reservation: Reservation | undefined,
): ActionResult | undefined {
  if (reservation?.granted) return undefined;
  audit(context.request.unit, context.services.audit, {
    event: 'authenticator.throttled',
    outcome: 'failure',
    ...auditContext(context),
    authenticator: key,
  });
  const seconds = reservation?.retryAfter ?? 0;
  if (seconds < 0) return withError(context, 'attempts.locked', { field: 'credentials.passcode' });
  return withError(context, 'attempts.exceeded', { field: 'credentials.passcode', params: { seconds } });
}

/** Why an authenticator or an action refuses an answer. */
export type Refusal = Omit<Refused, 'ok'>;

export function refused(context: OpenTransaction, key: string, refusal: Refusal | undefined): ActionResult {
  const code = refusal?.code ?? 'credentials.invalid';
  audit(context.request.unit, context.services.audit, {
    event: 'authenticator.refused',
    outcome: 'failure',
    ...auditContext(context),
    authenticator: key,
    reason: refusal?.reason ? `${code}: ${refusal.reason}` : code,
  });
  const { field = 'credentials.passcode', params } = refusal ?? {};
  const unknown = refusal?.unknownCredential;
  return {
    ...withError(context, refusalNoticeCode(code), { field, ...(params ? { params } : {}) }),
    ...(unknown && { unknownCredential: { authenticator: key, ...unknown } }),
  };
}

/** For a one-time value, saving the new secret must succeed. An improved hash may lose the race. */
function saveCredential(
  { request, services }: OpenTransaction,
  { account, credential }: { readonly account: VersionedAccount; readonly credential: Credential },
  { secret = credential.secret, mustSave, consumed, compromised }: Verified,
): void {
  // The mark "compromised" stays until the secret is replaced, even if a service does not answer today.
  if (secret === credential.secret && (!compromised || credential.compromised)) return;
  const key = credentialsKey(account.user.id);
  const change = (all: readonly Credential[]): readonly Credential[] =>
    all.map((stored) =>
      stored.id === credential.id
        ? {
            ...stored,
            secret,
            lastUsedAt: services.now(),
            ...(consumed ? { consumed } : {}),
            ...(compromised ? { compromised } : {}),
          }
        : stored,
    );
  if (mustSave) {
    request.unit.replace(key, { value: serializeCredentials(change(account.credentials)) });
    return;
  }
  const before = JSON.stringify(credential.secret);
  request.unit.merge(key, (current) => {
    const all = current === undefined ? [] : parseCredentials(current);
    const unchanged = all.some(({ id, secret: now }) => id === credential.id && JSON.stringify(now) === before);
    return unchanged ? { value: serializeCredentials(change(all)) } : undefined;
  });
}

export function acceptProof(
  context: OpenTransaction,
  what: {
    authenticator: Authenticator;
    enrollment: string;
    proof: Proof;
    origin: Evidence['origin'];
    event: 'authenticator.verified' | 'authenticator.enrolled';
    /** The account's `validAfter` from now on. */
    validAfter: Seconds;
    /** For an enrollment: it ended all other sessions. */
    otherSessionsEnded?: boolean;
  } & Pick<Evidence, 'replacesProof'>,
): ActionResult {
  const { transaction, services, request } = context;
  const evidence: Evidence = {
    authenticator: what.authenticator.descriptor.key,
    enrollment: what.enrollment,
    subject: transaction.subject?.id ?? '',
    ...what.proof,
    at: services.now(),
    transaction: transaction.event,
    origin: what.origin,
    validAfter: what.validAfter,
    ...omitUndefined({ replacesProof: what.replacesProof }),
  };
  audit(request.unit, services.audit, {
    event: what.event,
    outcome: 'success',
    ...auditContext(context),
    authenticator: evidence.authenticator,
    ...omitUndefined({ method: evidence.method }),
    factors: evidence.factors,
    ...(what.otherSessionsEnded ? { otherSessionsEnded: what.otherSessionsEnded } : {}),
  });
  return withTransaction(context, proved(transaction, evidence));
}
