/**
 * The imperative shell of the step loop. It loads the transaction, checks the form, reserves the attempt, lets the
 * authenticator verify, stores the evidence, and asks the pure core for the next step (Law 1). It promises: one load
 * and one commit per request; a stale or foreign form consumes nothing (Law 11); steps are chosen only by core.
 */

import { networkOf } from '../authenticators/shared/sending-quotas.ts';
import { evaluate } from '../core/decision/evaluate.ts';
import type { Assurance } from '../core/model/decision.ts';
import type { Facts } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { timeZoneOf } from '../core/profile/time-zone.ts';
import { provesStrongest } from '../core/queries/proves-strongest.ts';
import type { Notice, Step } from '../core/step/step.ts';
import { isExpired } from '../core/step/transaction.ts';
import { StepgateError } from '../errors.ts';
import { guessingNetworkKey, interactionKey, transactionKey, usedBrowserKey } from '../stores/keys.ts';
import type { Account } from '../users/record/user.ts';
import { type Attempt, answer, attemptOf } from './actions/answer.ts';
import { consentDigest } from './actions/choices/consent.ts';
import { begunAnew, restarted } from './actions/choices/restart.ts';
import { skip } from './actions/choices/skip.ts';
import { withTaskOnFirstPage } from './actions/guessing/guessing-network.ts';
import { auditLeaving, recordDecision } from './actions/record-decision.ts';
import { beginRegistration } from './actions/registration/registration-form.ts';
import { recover } from './actions/selection/recover.ts';
import { resend } from './actions/selection/resend.ts';
import { resolveStep } from './actions/selection/resolve-step.ts';
import { select } from './actions/selection/select.ts';
import { withCredentialChallenges } from './actions/verification/identify-by-credential.ts';
import type { ActionResult, LoadedAttempt, SubmittedAnswer } from './actions/verification/verify.ts';
import { isProvingBrowser } from './browser/proof-secret.ts';
import { browserSecretHash, browserUseBy, mayKeepSecret, secretAfterSignIn } from './browser/used-browser.ts';
import { loadAccount } from './facts/account.ts';
import { provedSignals, unknownSignals } from './facts/credential-signals.ts';
import { decoyEntropy } from './facts/decoy-entropy.ts';
import { transactionFacts } from './facts/gather.ts';
import { rejectedMessage } from './notify/rejected-message.ts';
import type { Services } from './services.ts';
import type { SignInLost, SignInResult, Submission } from './sign-in-result.ts';
import { formHandle, readFormHandle, staleForm } from './transaction/form-handle.ts';
import type { Decided, OpenTransaction, TransactionRequest } from './transaction/open-transaction.ts';
import { withPresentProofs } from './transaction/present-proofs.ts';
import { discardTransaction, parseTransaction, saveTransaction } from './transaction/store.ts';

/** Shows the current step. Rejects with `StepgateError('sign_in_expired')` if there is no such transaction. */
export async function view(services: Services, request: TransactionRequest): Promise<SignInResult> {
  await loadTransaction(request);
  const { context, notices } = await openTransaction(services, request);
  return lacksProofSecret(context) ? signInLost(context) : present(context, { notices, redirects: false });
}

/** Handles a form. A form that does not answer the current step shows that step and consumes nothing. */
export async function submit(
  services: Services,
  request: TransactionRequest,
  submission: Submission,
): Promise<SignInResult> {
  const binding = readFormHandle(services.secrets(), request.uid, submission.handle);
  const isAnswer = binding !== undefined && submission.step === 'answer';
  const attempt = isAnswer ? await attemptOf(services, binding, submission.fields) : undefined;
  const loaded = await loadTransaction(request, attempt);
  const { context, notices } = await openTransaction(services, request);
  if (lacksProofSecret(context)) {
    const isRestart = submission.step === 'restart' && binding?.version === context.version;
    return isRestart ? present(begunAnew(context), { notices: [], redirects: true }) : signInLost(context);
  }
  if (!binding || binding.version !== context.version)
    return present(context, { notices: notices.length > 0 ? notices : [staleForm], redirects: false });
  return withNotices(await act(context, submission, { binding, loaded }), notices);
}

/** If proofs no longer count, this also explains why the form did not fit. A user who starts again need not be told. */
function withNotices(result: SignInResult, notices: readonly Notice[]): SignInResult {
  if (notices.length === 0 || result.kind !== 'step' || result.step.kind === 'identify') return result;
  const others = result.step.notices.filter(({ code }) => code !== staleForm.code);
  return { ...result, redirects: false, step: { ...result.step, notices: [...notices, ...others] } };
}

async function act(
  context: OpenTransaction,
  submission: Submission,
  { binding, loaded }: Pick<SubmittedAnswer, 'binding' | 'loaded'>,
): Promise<SignInResult> {
  switch (submission.step) {
    case 'cancel':
      return cancel(context, await decide(context));
    case 'restart':
      return present(restarted(context), { notices: [], redirects: true });
    case 'resend':
      return conclude(
        await resend(context, await decide(context), submission.fields['authenticator.methodType']),
        context,
      );
    case 'skip':
      return presentOffered(context, await skip(context, await decide(context)));
    case 'recover':
      return presentOffered(context, await recover(context, await decide(context)));
    case 'register':
      return presentOffered(context, await beginRegistration(context, await decide(context)));
    case 'select':
      return present(await select(context, await decide(context), submission.fields['authenticator.id']), {
        notices: [],
        redirects: true,
      });
    case 'answer':
      return conclude(
        await answer(context, await decide(context), { binding, fields: submission.fields, loaded }),
        context,
      );
  }
}

async function loadTransaction({ unit, uid, visitor }: TransactionRequest, attempt?: Attempt): Promise<LoadedAttempt> {
  const used = visitor.browserSecret === undefined ? [] : [usedBrowserKey(visitor.browserSecret)];
  const along = attempt?.keys ?? [];
  const guessing = guessingNetworkKey(networkOf(visitor.ip));
  const { reservation, counter } = await unit.load(
    [interactionKey(uid), transactionKey(uid), guessing, ...along, ...used],
    attempt?.reserve ? { reserve: attempt.reserve } : undefined,
  );
  const limits = attempt?.reserve?.limits;
  return omitUndefined({ reservation, counter, limits, deferred: attempt?.deferred, identifier: attempt?.identifier });
}

/** `notices`: what the user must know first, for example that proofs no longer count. */
async function openTransaction(
  services: Services,
  request: TransactionRequest,
): Promise<{ readonly context: OpenTransaction; readonly notices: readonly Notice[] }> {
  const entry = await request.unit.get(transactionKey(request.uid));
  const stored = entry && parseTransaction(entry.value);
  if (!entry || !stored || isExpired(stored, services.now())) throw new StepgateError('sign_in_expired');
  const transaction = await withPresentProofs(request.unit, stored);
  const snapshot = await services.snapshot(request.unit);
  const app = await snapshot.app(transaction.request.clientId);
  if (!app) throw new StepgateError('not_found', `the app ${transaction.request.clientId} is no longer configured`);
  const context = { services, request, transaction, version: entry.version, snapshot, app };
  return { context, notices: transaction === stored ? [] : [{ code: 'proofs.ended', level: 'info' }] };
}

/** The decision by the newest revision about the present transaction. */
export async function decide({ services, request, transaction, snapshot, app }: OpenTransaction): Promise<Decided> {
  const { unit, visitor } = request;
  const entropy = transaction.subject ? decoyEntropy(services.secrets(), transaction.subject.id) : 0;
  const authenticators = Array.from(services.authenticators.values(), ({ descriptor }) => descriptor);
  const sources = { unit, snapshot, visitor, now: services.now() };
  const facts = await transactionFacts(sources, transaction, { entropy, authenticators });
  return { facts, decision: evaluate(await snapshot.policies(app), facts) };
}

/**
 * After a denial the user can only return to the app. The app learns that a policy denied, or that the user refused
 * consent, and not that the user gave up.
 */
function cancel(context: OpenTransaction, decided: Decided): SignInResult {
  const { decision } = decided;
  discardTransaction(context);
  auditLeaving(context, decided);
  return {
    kind: 'cancelled',
    reason: decision.kind === 'deny' ? 'denied' : decision.kind === 'consent' ? 'refused' : 'user',
  };
}

/** Undefined if the page does not offer it. */
function presentOffered(context: OpenTransaction, next: OpenTransaction | undefined): Promise<SignInResult> {
  return next
    ? present(next, { notices: [], redirects: true })
    : present(context, { notices: [staleForm], redirects: false });
}

function lacksProofSecret({ transaction, request }: OpenTransaction): boolean {
  return !isProvingBrowser(transaction.proofSecretHash, request.proofSecret.presented);
}

function signInLost({ services, transaction, version, app, snapshot }: OpenTransaction): SignInLost {
  const binding = { transaction: transaction.id, step: 'restart', authenticator: '', version };
  const handle = formHandle(services.secrets()[0], binding);
  const { uiLocales } = transaction;
  return { kind: 'lost', handle, app, snapshot, ...omitUndefined({ uiLocales }) };
}

async function conclude(
  { context, notices, unknownCredential: unknown }: ActionResult,
  before: OpenTransaction,
): Promise<SignInResult> {
  const redirects = context.transaction !== before.transaction && notices.length === 0;
  const result = await present(context, { notices, redirects });
  if (unknown === undefined || result.kind !== 'step') return result;
  return { ...result, signals: await unknownSignals(context.request.unit, unknown, context.services.now()) };
}

/** How a request that shows a page ends. `redirects`: see `StepShown`. */
interface Presentation {
  readonly notices: readonly Notice[];
  readonly redirects: boolean;
}

/**
 * Everything is proved. Saves in the transaction the hash of the secret under which the browser is recorded later.
 */
async function complete(
  context: OpenTransaction,
  {
    facts,
    assurance,
    stored,
  }: { readonly facts: Facts; readonly assurance: Assurance; readonly stored: string | undefined },
  { user }: Account,
): Promise<SignInResult> {
  const { app, snapshot, transaction } = context;
  const { unit, visitor } = context.request;
  const isStrongest = provesStrongest(await snapshot.policies(app), facts);
  const { validAfter } = user;
  const keeps = mayKeepSecret(facts, browserUseBy(unit, visitor, user.id), {
    remembers: transaction.rememberDevice === true,
    isStrongest,
    validAfter,
  });
  const secret = secretAfterSignIn(unit, visitor.browserSecret, keeps);
  const given = { hash: browserSecretHash(secret), ...(isStrongest && { validAfter }) };
  saveTransaction({ ...context, transaction: { ...transaction, givenSecret: given } }, stored);
  return { kind: 'complete', accountId: user.id, assurance, browserSecret: secret };
}

/** Determines the step, starts what it needs, and saves the transaction if it changed. */
async function present(opened: OpenTransaction, { notices, redirects }: Presentation): Promise<SignInResult> {
  const shown = withTaskOnFirstPage(opened);
  const stored = shown.request.unit.stored(transactionKey(shown.transaction.id));
  const decided = await decide(shown);
  const { facts, decision } = decided;
  const context = recordDecision(shown, decided);
  if (decision.kind === 'allow' && facts.subject) {
    const account = await loadAccount(context.request.unit, facts.subject.id);
    const { assurance } = decision;
    if (account) return complete(context, { facts, assurance, stored: stored?.value }, account);
  }
  // The relying party gets the error and may ask for less. A page could tell the user nothing more.
  if (decision.kind === 'deny' && decision.reason === 'acr_unattainable') {
    discardTransaction(context);
    return { kind: 'cancelled', reason: 'unmet' };
  }
  const { step, transaction, notices: newNotices } = await resolveStep(context, decision, facts);
  const waitsStill = stored && transaction.pending?.outbox === parseTransaction(stored.value).pending?.outbox;
  const rejected = waitsStill ? await rejectedMessage(context.request.unit, transaction) : [];
  const version = saveTransaction({ ...context, transaction }, stored?.value) ? context.version + 1 : context.version;
  const handle = formHandle(context.services.secrets()[0], {
    transaction: transaction.id,
    step: 'registers' in step && step.registers ? 'register' : step.kind,
    authenticator: answeredAuthenticator(step),
    version,
  });
  const { subject, uiLocales } = transaction;
  // The language of an account reveals that the account exists, so it is used only after a proof.
  const profile = transaction.evidence.length > 0 ? facts.subject?.profile : undefined;
  const language = profile?.locale;
  return {
    kind: 'step',
    step: {
      ...(await withCredentialChallenges({ ...context, transaction }, step, { facts, version })),
      notices: [...notices, ...newNotices, ...rejected],
    },
    handle,
    version,
    app: context.app,
    snapshot: context.snapshot,
    ...(subject ? { identifier: subject.identifier } : {}),
    ...omitUndefined({ uiLocales, timeZone: profile && timeZoneOf(profile) }),
    ...(typeof language === 'string' ? { language } : {}),
    done: [...new Set(transaction.evidence.map(({ authenticator }) => authenticator))],
    canRestart:
      transaction.recovering === true ||
      ((subject !== undefined || transaction.registration !== undefined) && transaction.expectedSubject === undefined),
    remaining: transaction.expiresAt - context.services.now(),
    ...(transaction.recovering ? { recovering: true } : {}),
    // A notice caused by this request would be lost after a redirect.
    redirects: redirects && newNotices.length === 0,
    refused: notices.some(({ level }) => level === 'error'),
    signals: await provedSignals(context, facts),
  };
}

/**
 * The authenticator whose answer the step's main form takes, or a digest of the scopes on a consent page. Empty if
 * there is neither.
 */
function answeredAuthenticator(step: Step): string {
  if (step.kind === 'identify') return step.identifyWith ?? '';
  if (step.kind === 'consent') return consentDigest(step.scopes);
  return 'authenticator' in step ? step.authenticator : '';
}
