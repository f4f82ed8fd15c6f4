/**
 * A new user proves the address, and the account is created. This file promises: no account exists before that; then
 * everything is written in one commit; if two users register the same address at once, one succeeds and the other is
 * told why.
 */
import type { NewCredential, Proof } from '../../../authenticators/authenticator.ts';
import { newcomer } from '../../../core/profile/profile-terms.ts';
import type { Notice } from '../../../core/step/step.ts';
import type { RegistrationForm } from '../../../core/step/transaction.ts';
import { proved } from '../../../core/step/transitions.ts';
import { credentialsKey, identifierKey, userKey, usersKey } from '../../../stores/keys.ts';
import { newUser } from '../../../users/directory/changes.ts';
import { accountByIdentifier } from '../../../users/record/account.ts';
import { issueCredential } from '../../../users/record/credentials.ts';
import { groupNameOps } from '../../../users/record/group-names.ts';
import { serializeCredentials, serializeUser, type User } from '../../../users/record/user.ts';
import { moveUniqueValues, takenValue, uniqueValueChange } from '../../../users/reservations/attribute-reservations.ts';
import { reserveFor } from '../../../users/reservations/credential-reservations.ts';
import { reserveIdentifierInUnit } from '../../../users/reservations/identifier-reservations.ts';
import { audit } from '../../audit.ts';
import { asResendRefusal } from '../../notify/enqueue-messages.ts';
import { auditContext, type Decided, environmentOf, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { withAcceptedTerms } from '../profile/profile.ts';
import { inputName, withSummary } from '../profile/profile-fields.ts';
import {
  type ActionResult,
  acceptProof,
  credentialInput,
  refused,
  type SubmittedAnswer,
  throttled,
  withError,
  withTransaction,
} from '../verification/verify.ts';
import {
  addressAttribute,
  type OpenRegistration,
  openRegistration,
  sendCode,
  takenNotices,
} from './registration-form.ts';

/** Handles the answer with the code. */
export async function proveAddress(
  context: OpenTransaction,
  { facts }: Decided,
  { fields, loaded }: SubmittedAnswer,
): Promise<ActionResult> {
  const { form, pending } = context.transaction.registration ?? {};
  const open = await openRegistration(context, facts);
  if (!form || !pending || !open) return withError(context, 'form.stale');
  const { authenticator } = open;
  const { key } = authenticator.descriptor;
  const refusal = throttled(context, key, loaded.reservation);
  if (refusal) return refusal;
  if (pending.expires <= context.services.now()) return withError(context, 'challenge.expired');
  const env = environmentOf(context, key, []);
  const result = await authenticator.enroll(
    newcomer,
    { pending: pending.private, input: credentialInput(fields) },
    env,
  );
  if (!result.ok) return refused(context, key, result);
  if ('nextStage' in result) return withError(context, 'form.stale');
  return createAccount(context, open, { form, credential: result.credential, proof: result.proof });
}

/** Sends another code. If a limit is reached, the previous code still counts. */
export async function resendRegistration(context: OpenTransaction, { facts }: Decided): Promise<ActionResult> {
  const { form } = context.transaction.registration ?? {};
  const open = await openRegistration(context, facts);
  if (!form || !open) return withError(context, 'form.stale');
  const { entries } = await context.request.unit.load([identifierKey(form.identifier)]);
  const sent = await sendCode(context, open, {
    form,
    account: accountByIdentifier(entries, form.identifier),
    isResend: true,
  });
  if (sent.notices.length > 0) return { ...sent, notices: sent.notices.map(asResendRefusal) };
  return { ...sent, notices: [{ code: 'sent.again', level: 'info' }] };
}

interface ProvedForm {
  readonly form: RegistrationForm;
  readonly credential: NewCredential;
  readonly proof: Proof;
}

async function createAccount(
  context: OpenTransaction,
  { offer, authenticator }: OpenRegistration,
  { form, credential, proof }: ProvedForm,
): Promise<ActionResult> {
  const { services, request, snapshot } = context;
  const now = services.now();
  const profile = { ...form.profile, [addressAttribute]: form.identifier, emailVerified: true };
  const user: User = {
    ...newUser({ identifiers: [], profile, groups: offer.groups }, [form.identifier], now),
    ...withAcceptedTerms({}, form.terms, now),
    ...(form.offered.length > 0 && { offeredAttributes: form.offered }),
  };
  // Checked before anything is reserved, because the identifier must stay free if the form is returned.
  const unique = uniqueValueChange(snapshot.settings.attributes, {}, profile);
  const { entries } = await request.unit.load(unique.reserved.map(({ key }) => key));
  const taken = takenValue(entries, unique.reserved, { user: user.id, now });
  if (taken) return backToForm(context, { form, notices: takenNotices(taken) });
  if (!(await reserveIdentifierInUnit(request.unit, form.identifier, { user: user.id, now })))
    return withoutAddress(context, form);
  await moveUniqueValues(request.unit, unique, { user: user.id, now });
  const { secret } = form;
  const mailbox = issueCredential(credential, now);
  const password = secret && { ...secret, issued: issueCredential(secret.credential, secret.at) };
  const credentials = [mailbox, ...(password ? [password.issued] : [])];
  for (const candidate of credentials)
    if (!(await reserveFor(request.unit, candidate, { user: user.id, now }))) return toSignIn(context, form);
  request.unit.create(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
  request.unit.create(credentialsKey(user.id), { value: serializeCredentials(credentials) });
  request.unit.add({ op: 'join', key: usersKey, member: user.id });
  for (const op of groupNameOps(user.groups)) request.unit.add(op);
  const { registration: _, ...transaction } = context.transaction;
  const subject = { id: user.id, identifier: form.address, decoy: false };
  const registered = { ...context, transaction: { ...transaction, subject } };
  auditRegistration(registered);
  const event = 'authenticator.enrolled';
  const accepted = acceptProof(registered, {
    authenticator,
    enrollment: mailbox.id,
    proof,
    origin: 'registration',
    event,
    validAfter: user.validAfter,
  });
  if (!password) return accepted;
  const evidence = {
    authenticator: password.issued.authenticator,
    enrollment: password.issued.id,
    subject: user.id,
    ...password.proof,
    at: password.at,
    transaction: transaction.event,
    origin: 'registration' as const,
    validAfter: user.validAfter,
  };
  return withTransaction(accepted.context, proved(accepted.context.transaction, evidence));
}

/**
 * In the meantime another account got the address, or it is reserved for its former owner. The answer does not say
 * which.
 */
async function withoutAddress(context: OpenTransaction, form: RegistrationForm): Promise<ActionResult> {
  const { entries } = await context.request.unit.load([identifierKey(form.identifier)]);
  if (accountByIdentifier(entries, form.identifier) !== undefined) return toSignIn(context, form);
  const field = inputName(addressAttribute);
  return backToForm(context, {
    form,
    notices: withSummary([{ code: 'register.address_reserved', level: 'error', field }]),
  });
}

/** The user has proved the address in another tab and only needs to sign in. */
function toSignIn(context: OpenTransaction, { address }: RegistrationForm): ActionResult {
  const { registration: _, ...transaction } = context.transaction;
  return {
    context: { ...context, transaction: { ...transaction, prefilledIdentifier: address } },
    notices: [{ code: 'register.exists', level: 'info' }],
  };
}

/** Another user has one of the values. What the user typed stays, except the password. */
function backToForm(
  context: OpenTransaction,
  { form: { secret: _, ...form }, notices }: { readonly form: RegistrationForm; readonly notices: readonly Notice[] },
): ActionResult {
  const transaction = { ...context.transaction, registration: { form } };
  return { context: { ...context, transaction }, notices };
}

function auditRegistration(context: OpenTransaction): void {
  const { request, services } = context;
  audit(request.unit, services.audit, { event: 'user.registered', outcome: 'success', ...auditContext(context) });
}
