/** A transaction within one request. */

import type { AuthenticatorContext, Credential } from '../../authenticators/authenticator.ts';
import type { Decision } from '../../core/model/decision.ts';
import type { Facts } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { termsForNewPassword } from '../../core/policy/rules/password-terms.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import { StepgateError } from '../../errors.ts';
import type { App } from '../../policy/model/app.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { addressPlaceText } from '../../policy/schema/settings/zones.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { VersionedAccount } from '../../users/record/account.ts';
import type { ProofSecret } from '../browser/proof-secret.ts';
import type { SsoSession } from '../browser/sso-session.ts';
import type { Visitor } from '../browser/visitor.ts';
import { loadAccount } from '../facts/account.ts';
import { serverMac } from '../server-mac.ts';
import type { Services } from '../services.ts';

/** One request for one transaction. */
export interface TransactionRequest {
  readonly unit: UnitOfWork;
  readonly uid: string;
  readonly visitor: Visitor;
  readonly proofSecret: ProofSecret;
  /** The browser's present SSO session, whatever it was when the sign-in began. Read only if needed. */
  session(): Promise<SsoSession | undefined>;
}

/** A transaction with everything that a decision needs. */
export interface OpenTransaction {
  readonly services: Services;
  readonly request: TransactionRequest;
  readonly transaction: Transaction;
  /** The version from which the forms were made. */
  readonly version: number;
  readonly snapshot: Snapshot;
  readonly app: App;
}

export interface Decided {
  readonly facts: Facts;
  readonly decision: Decision;
}

/** User, app and network: the fields that all audit lines of a transaction share. */
export function auditContext({ transaction, request, snapshot }: OpenTransaction) {
  const { subject } = transaction;
  return {
    ...(subject && !subject.decoy ? { subject: subject.id } : {}),
    client: transaction.request.clientId,
    ip: request.visitor.ip,
    transaction: transaction.id,
    policyRevision: snapshot.revision,
  };
}

/** What an authenticator may know about this request. */
export function environmentOf(
  { services, request, transaction, snapshot, app }: OpenTransaction,
  key: string,
  credentials: readonly Credential[],
): AuthenticatorContext {
  return {
    now: services.now(),
    ...omitUndefined({ epoch: request.unit.epoch }),
    issuer: services.issuer,
    brand: snapshot.settings.brand.name,
    app: app.name,
    ...(transaction.subject ? { subjectId: transaction.subject.id } : {}),
    transactionId: transaction.id,
    visitor: {
      ip: request.visitor.ip,
      place: addressPlaceText(snapshot, request.visitor.ip),
      userAgent: request.visitor.userAgent,
    },
    ...(transaction.subject ? { identifier: transaction.subject.identifier } : {}),
    mayShowDetails: transaction.evidence.length > 0,
    ...(transaction.recovering ? { recovering: true } : {}),
    enrolled: credentials.filter(({ authenticator }) => authenticator === key),
    settings: { ...snapshot.settings.authenticators[key] },
    warn: services.warn,
    mac: (purpose, ...parts) => serverMac(services.secrets(), purpose, parts),
    decoyMac: (purpose, ...parts) => serverMac(services.secrets().slice(-1), purpose, parts),
  };
}

/** The password policy for this user, for an authenticator whose secrets are under it. */
export async function newPasswordTerms(
  { services, snapshot, app }: OpenTransaction,
  key: string,
  facts: Facts,
): Promise<Pick<AuthenticatorContext, 'newPassword'>> {
  if (!services.authenticators.get(key)?.descriptor.underPasswordPolicy) return {};
  const newPassword = termsForNewPassword(await snapshot.policies(app), facts);
  if (newPassword === undefined) throw new StepgateError('not_configured', 'no rule of the password policy holds');
  return { newPassword };
}

/** The user's account. Undefined for a decoy. */
export async function accountIn({
  request,
  transaction,
}: Pick<OpenTransaction, 'request' | 'transaction'>): Promise<VersionedAccount | undefined> {
  const { subject } = transaction;
  return !subject || subject.decoy ? undefined : loadAccount(request.unit, subject.id);
}

/** The user's credentials. Empty for a decoy. */
export async function credentialsOf(context: OpenTransaction): Promise<readonly Credential[]> {
  return (await accountIn(context))?.credentials ?? [];
}
