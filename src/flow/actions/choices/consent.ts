/**
 * The user decides what a third-party app gets. This file promises: scopes that were not on the page are neither
 * granted nor rejected; the answer is stored with the user, in the commit that continues the sign-in.
 */
import { createHash } from 'node:crypto';
import { consentTo, withAnswer } from '../../../core/decision/consent.ts';
import type { AskedScope } from '../../../core/model/decision.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { consented, selectedAccount } from '../../../core/step/transitions.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';
import { credentialsKey, userKey } from '../../../stores/keys.ts';
import { consentsOf, withConsent } from '../../../users/record/app-access.ts';
import { serializeUser } from '../../../users/record/user.ts';
import { audit } from '../../audit.ts';
import { accountIn, auditContext, type Decided, type OpenTransaction } from '../../transaction/open-transaction.ts';
import {
  type ActionResult,
  isTicked,
  type SubmittedAnswer,
  withError,
  withTransaction,
} from '../verification/verify.ts';

/**
 * A digest of the scopes on a page, which its form contains. If the scopes have changed, the form is outdated (Law 11).
 */
export function consentDigest(scopes: readonly AskedScope[]): string {
  const asked = scopes.map(({ scope, required }) => [scope, required]);
  return createHash('sha256').update(JSON.stringify(asked)).digest('base64url');
}

/** What the consent page shows in addition to the step. */
export interface ConsentDetails {
  /** The configured texts, by scope. */
  readonly texts: Snapshot['settings']['scopeTexts'];
  /** Links in which the app explains what it does with the data. */
  readonly privacyPolicy?: string;
  readonly termsOfService?: string;
}

export function consentDetails({ snapshot, app }: Pick<OpenTransaction, 'snapshot' | 'app'>): ConsentDetails {
  const { policy_uri: privacyPolicy, tos_uri: termsOfService } = app.client;
  return { texts: snapshot.settings.scopeTexts, ...omitUndefined({ privacyPolicy, termsOfService }) };
}

/** Accepts the form only while the decision asks for exactly what the page showed. */
export async function answerConsent(
  context: OpenTransaction,
  { decision }: Decided,
  { binding, fields }: SubmittedAnswer,
): Promise<ActionResult> {
  const { request, services, app } = context;
  const account = await accountIn(context);
  if (decision.kind !== 'consent' || account === undefined) return { context, notices: [] };
  const { scopes } = decision;
  if (binding.authenticator !== consentDigest(scopes)) return withError(context, 'consent.changed');
  const before = consentTo(app.clientId, omitUndefined({ consents: consentsOf(account.user) }));
  const consent = withAnswer(before, scopes, (scope) => isTicked(fields[`scopes.${scope}`]));
  const user = withConsent(account.user, app.clientId, { consent, now: services.now() });
  // Compare-and-swap: if two tabs answer, one succeeds and the other shows the next step.
  request.unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
  const names = scopes.map(({ scope }) => scope);
  audit(request.unit, services.audit, {
    event: 'consent.given',
    outcome: 'success',
    ...auditContext(context),
    scopes: consent.granted.filter((scope) => names.includes(scope)),
    rejectedScopes: consent.rejected.filter((scope) => names.includes(scope)),
  });
  return withTransaction(context, consented(context.transaction));
}

/** The user continues with the account of the session. */
export function goOnWithAccount(context: OpenTransaction, { decision }: Decided): ActionResult {
  if (decision.kind !== 'select_account') return { context, notices: [] };
  return withTransaction(context, selectedAccount(context.transaction));
}
