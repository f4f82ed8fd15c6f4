/**
 * Handles the answer to a step: who the user is, what the user proved or enrolled, or why the answer is refused. This
 * file promises: an answer is verified only if its attempt was reserved and the decision still asks for it; a wrong
 * answer on the identify page reveals no account.
 */

import { type Authenticator, magicLinkMethod } from '../../authenticators/authenticator.ts';
import type { Facts } from '../../core/model/facts.ts';
import { longestIdentifier } from '../../core/model/mail-address.ts';
import { enrollmentRuling, usablePolicies } from '../../core/policy/rules/enrollment-terms.ts';
import { askedMethods } from '../../core/queries/asked-methods.ts';
import type { TransactionSubject } from '../../core/step/transaction.ts';
import { identified, rememberingDevice } from '../../core/step/transitions.ts';
import { transactionKey } from '../../stores/keys.ts';
import type { LoadOptions } from '../../stores/store.ts';
import { enrollCounters } from '../../users/record/account.ts';
import { loadAccount } from '../facts/account.ts';
import type { Services } from '../services.ts';
import type { FormBinding } from '../transaction/form-handle.ts';
import type { Decided, OpenTransaction } from '../transaction/open-transaction.ts';
import { countsOn } from '../transaction/present-proofs.ts';
import { answerConsent, goOnWithAccount } from './choices/consent.ts';
import { answerKeepAccount } from './choices/keep-account.ts';
import { enroll } from './enrollment/enroll.ts';
import { countIfWrong } from './guessing/count-failures.ts';
import { isUsedBy, workDueFor } from './guessing/guessing-network.ts';
import { sharedLimits, withDeferredAttempt } from './guessing/lockout.ts';
import { admitted, admittedWithAnswer } from './guessing/proof-of-work.ts';
import { withUsedBrowserAttempts } from './guessing/used-browser-attempts.ts';
import { completeProfile } from './profile/profile.ts';
import { proveAddress } from './registration/register.ts';
import { takeRegistration } from './registration/registration-form.ts';
import { selectOption } from './selection/select.ts';
import { identifyByCredential } from './verification/identify-by-credential.ts';
import { withKeepAnswer } from './verification/keep-signed-in.ts';
import { magicLinkField, returnByMagicLink } from './verification/magic-link-challenge.ts';
import {
  keysOf,
  type NamedAccount,
  namedAccount,
  type TypedIdentifier,
  typedIdentifier,
} from './verification/typed-identifier.ts';
import {
  type ActionResult,
  type DeferredAttempt,
  type Fields,
  isTicked,
  type SubmittedAnswer,
  throttled,
  verify,
  withError,
  withTransaction,
} from './verification/verify.ts';

/** What the answer needs from the store, and the attempt that it uses. */
export interface Attempt {
  readonly keys: readonly string[];
  readonly reserve?: NonNullable<LoadOptions['reserve']>;
  /** Set if the attempt can be reserved only after the account is known. */
  readonly deferred?: DeferredAttempt;
  /** What the user typed on the identify page, as it was read for the attempt. */
  readonly identifier?: TypedIdentifier;
}

/**
 * An answer with a secret uses an attempt. The attempt is reserved while the transaction is loaded, and only if the
 * form is current (Law 8). On the identify page it counts against the account of the identifier, in any spelling.
 */
export async function attemptOf(services: Services, binding: FormBinding, fields: Fields): Promise<Attempt> {
  const transaction = transactionKey(binding.transaction);
  const when = { key: transaction, version: binding.version };
  const authenticator = services.authenticators.get(binding.authenticator);
  if (binding.step === 'identify') {
    const identifier = typedIdentifier(fields.identifier ?? '', services.knownSnapshot()?.settings);
    if (!identifier.ok || fields['authenticator.id']) return { keys: [], identifier };
    const [of = '', ...others] = keysOf(identifier);
    const loaded = { keys: [of, ...others], identifier };
    if (!authenticator || !fields['credentials.passcode']) return loaded;
    const at = { of, name: binding.authenticator, when };
    return { ...loaded, ...(await attemptAt(services, authenticator, { ...at, isOpen: others.length > 0 })) };
  }
  if (!authenticator || !['challenge', 'enroll', 'register'].includes(binding.step)) return { keys: [] };
  const named = counterNames[binding.step]?.(binding.authenticator);
  if (named === undefined)
    return {
      keys: [],
      ...(await attemptAt(services, authenticator, { of: transaction, name: binding.authenticator, when })),
    };
  return { keys: [], reserve: { of: transaction, name: named, limits: authenticator.attemptLimits, when } };
}

/**
 * The attempt to prove an enrolled authenticator. `isOpen`: the typed text has several readings, so the attempt must
 * wait for the account.
 */
async function attemptAt(
  services: Services,
  authenticator: Authenticator,
  { isOpen, ...at }: DeferredAttempt & { readonly isOpen?: boolean },
): Promise<Pick<Attempt, 'reserve' | 'deferred'>> {
  const limits = await sharedLimits(services, authenticator);
  if (isOpen) return { deferred: { ...at, ...(limits && { limits }) } };
  return limits ? { reserve: { ...at, limits } } : { deferred: at };
}

/** Guesses at a new key or at the code of a new user do not count against enrolled authenticators. */
const counterNames: Readonly<Partial<Record<string, (authenticator: string) => string>>> = {
  enroll: enrollCounters.attempts,
  register: enrollCounters.registrations,
};

/** The form is genuine and current. Its binding says which step it answers. */
export async function answer(
  context: OpenTransaction,
  decided: Decided,
  submitted: SubmittedAnswer,
): Promise<ActionResult> {
  const { binding, fields } = submitted;
  switch (binding.step) {
    case 'identify':
      return fields['authenticator.id']
        ? identifyByCredential(context, decided, fields)
        : identify(context, decided, submitted);
    case 'select':
      return choose(context, decided, fields);
    case 'challenge':
      return withRememberedDevice(await answerChallenge(context, decided, submitted), decided, fields);
    case 'enroll':
      return enroll(context, decided, submitted);
    case 'register':
      return binding.authenticator === ''
        ? takeRegistration(context, decided, fields)
        : proveAddress(context, decided, submitted);
    case 'profile':
      return completeProfile(context, decided, fields);
    case 'consent':
      return answerConsent(context, decided, submitted);
    case 'select_account':
      return goOnWithAccount(context, decided);
    case 'keep_account':
      return answerKeepAccount(context, decided);
    default:
      return { context, notices: [] };
  }
}

/** Only if the page offered it, and only together with a proof. */
function withRememberedDevice(proved: ActionResult, { decision }: Decided, fields: Fields): ActionResult {
  const isOffered = decision.kind === 'challenge' && decision.rememberable !== undefined;
  if (!isOffered || !isTicked(fields.rememberDevice) || proved.notices.length > 0) return proved;
  return withTransaction(proved.context, rememberingDevice(proved.context.transaction));
}

/**
 * A recovery sends messages to other users' mailboxes, so a network that starts many of them must do work. The same
 * applies to a network that has tried many passwords.
 */
async function identify(context: OpenTransaction, decided: Decided, submitted: SubmittedAnswer): Promise<ActionResult> {
  const { fields, loaded } = submitted;
  const { recovering } = context.transaction;
  const workDue = recovering ? undefined : workDueFor(context);
  const isFree = !recovering && (workDue === undefined || (await isUsedByAccountOf(context, loaded.identifier)));
  if (isFree || !loaded.identifier?.ok) return identifyBy(context, decided, submitted);
  const prefilledIdentifier = (fields.identifier ?? '').trim().slice(0, longestIdentifier);
  const typedBack = { ...context, transaction: { ...context.transaction, prefilledIdentifier } };
  const admission =
    workDue === undefined ? await admitted(typedBack, fields) : await admittedWithAnswer(typedBack, fields, workDue);
  return admission.admitted ? identifyBy(admission.afterwards, decided, submitted) : admission.refusal;
}

async function isUsedByAccountOf(context: OpenTransaction, identifier: TypedIdentifier | undefined): Promise<boolean> {
  return isUsedBy(context, (await find(context, identifier))?.account);
}

/**
 * Reads the identifier and, if the page asked for one, a secret (`identifyWith`). The refusal of a wrong secret reveals
 * nothing about the identifier. A secret is not verified if the rules disable its authenticator.
 */
async function identifyBy(
  context: OpenTransaction,
  { facts }: Decided,
  { binding, fields, loaded }: SubmittedAnswer,
): Promise<ActionResult> {
  const identifyWith = binding.authenticator;
  const typed = (fields.identifier ?? '').trim();
  const asked = await withKeepAnswer(context, facts, fields);
  const typedBack = { ...context, transaction: { ...asked, prefilledIdentifier: typed.slice(0, longestIdentifier) } };
  if (typed === '') return withError(context, 'identifier.required', { field: 'identifier' });
  const found = await find(context, loaded.identifier);
  if (!found) return withError(typedBack, 'identifier.invalid', { field: 'identifier' });
  const { account } = found;
  const subject = attemptSubject(found, typed);
  const named = identified(asked, subject);
  if (!named.ok) return withError(typedBack, 'subject.mismatch', { field: 'identifier' });
  const identifiedContext = { ...context, transaction: named.transaction };
  const isGiven = identifyWith !== '' && Boolean(fields['credentials.passcode']);
  if (!isGiven || !(await isUsable(identifyWith, context, facts))) return { context: identifiedContext, notices: [] };
  // Nothing was verified. The transaction stays unchanged, so that another answer under verification does not become
  // stale.
  const credential = account?.credentials.find(({ authenticator }) => authenticator === identifyWith);
  const owner = { facts, account, subjectId: subject.id, key: found.key };
  const reserved = await withDeferredAttempt(context, loaded, owner);
  const attempt = await withUsedBrowserAttempts(context, { key: identifyWith, account, credential }, reserved);
  const refusal = throttled(identifiedContext, identifyWith, attempt.reservation);
  if (refusal) return { ...refusal, context };
  const verified = await verify(identifiedContext, {
    key: identifyWith,
    credential,
    pending: {},
    fields,
    loaded: attempt,
    account,
  });
  await countIfWrong(context, identifyWith, { result: verified, account, subjectId: subject.id });
  // The identify page stays bound to no account, because the next try may use another identifier.
  return verified.notices.length > 0 ? { context: typedBack, notices: verified.notices } : verified;
}

/**
 * Whether the authenticator is enabled by the settings and by the enrollment rule that decides for every possible user.
 * The answer reveals nothing about the account.
 */
async function isUsable(key: string, { snapshot, app }: OpenTransaction, facts: Facts): Promise<boolean> {
  const policies = await snapshot.policies(app);
  const { terms } = enrollmentRuling(policies, facts);
  return usablePolicies(policies, terms).authenticators.some((descriptor) => descriptor.key === key);
}

async function find(
  { request, snapshot: { settings }, app }: OpenTransaction,
  identifier: TypedIdentifier | undefined,
): Promise<NamedAccount | undefined> {
  if (!identifier?.ok) return undefined;
  const { entries } = await request.unit.load(keysOf(identifier));
  return namedAccount(entries, identifier, { settings, app });
}

function attemptSubject({ account, key, reading }: NamedAccount, typed: string): TransactionSubject {
  if (account) return { id: account.user.id, identifier: typed, decoy: false };
  return { id: key, identifier: typed, decoy: true, ...(reading.isNumber && { isNumber: true }) };
}

async function choose(context: OpenTransaction, decided: Decided, fields: Fields): Promise<ActionResult> {
  const chosen = await selectOption(context, decided, fields['authenticator.id'] ?? '');
  return chosen
    ? { context: chosen, notices: [] }
    : withError(context, 'authenticator.required', { field: 'authenticator.id' });
}

/**
 * Verifies only what the decision still asks for, since an authenticator may have been disabled or removed after the
 * page was made. A magic link answers its own challenge, even if the user has left that challenge for another one.
 */
async function answerChallenge(
  opened: OpenTransaction,
  { decision, facts }: Decided,
  { binding, fields, loaded }: SubmittedAnswer,
): Promise<ActionResult> {
  if (decision.kind !== 'challenge') return { context: opened, notices: [] };
  const token = fields[magicLinkField];
  const context = token === undefined ? opened : returnByMagicLink(opened, token);
  const { pending, subject } = context?.transaction ?? {};
  const option = decision.options.find(({ authenticator }) => authenticator === pending?.authenticator);
  const isAsked = pending?.purpose === 'challenge' && option?.enrollments.includes(pending.enrollment ?? '');
  const byLink = token !== undefined && { byLink: true as const };
  if (!context || !isAsked || pending.authenticator !== binding.authenticator || !subject)
    return withError(opened, 'form.stale');
  if (byLink && !(await takesLinks(opened, facts, pending.authenticator))) return withError(opened, 'form.stale');
  if (pending.expires <= context.services.now()) return withError(context, 'challenge.expired');
  const account = subject.decoy ? undefined : await loadAccount(context.request.unit, subject.id);
  const { unit } = context.request;
  // Refused like a wrong code, because a page that shows no account must not change either.
  const isOver =
    account && !countsOn(unit, context.transaction, { user: account.user, validAfter: pending.validAfter });
  const credential = isOver ? undefined : account?.credentials.find(({ id }) => id === pending.enrollment);
  const key = pending.authenticator;
  const reserved = await withDeferredAttempt(context, loaded, { facts, account, subjectId: subject.id });
  const attempt = await withUsedBrowserAttempts(context, { key, account, credential }, reserved);
  const verified = await verify(context, {
    key,
    credential,
    pending: pending.private,
    fields,
    loaded: attempt,
    account,
    ...byLink,
  });
  await countIfWrong(context, key, { result: verified, account, subjectId: subject.id });
  return verified;
}

/** After a change of the rules a mailed link may no longer count, although its code still does. */
async function takesLinks({ snapshot, app }: OpenTransaction, facts: Facts, authenticator: string): Promise<boolean> {
  const asked = askedMethods(await snapshot.policies(app), facts, authenticator);
  return asked?.includes(magicLinkMethod) ?? true;
}
