/**
 * The imperative shell of the step loop. It loads the transaction, checks the form, reserves the attempt, lets the
 * authenticator verify, keeps the evidence, and asks the pure core what is next (Law 1). It promises: one load and one
 * commit per request; a stale or foreign form consumes nothing (Law 11); no step is chosen here.
 */

import { networkOf } from '../authenticators/shared/sending-quotas.ts';
import { evaluate } from '../core/decision/evaluate.ts';
import type { Assurance } from '../core/model/decision.ts';
import type { Seconds } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { timeZoneOf } from '../core/profile/time-zone.ts';
import type { Notice, Step } from '../core/step/step.ts';
import { isExpired } from '../core/step/transaction.ts';
import { StepgateError } from '../errors.ts';
import type { App } from '../policy/model/app.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import { interactionKey, knownDeviceKey, networkStrainKey, transactionKey } from '../stores/keys.ts';
import { type Attempt, answer, attemptOf } from './actions/answer.ts';
import { consentDigest } from './actions/consent.ts';
import { withCredentialChallenges } from './actions/identify-by-credential.ts';
import { withTaskOnFirstPage } from './actions/network-strain.ts';
import { auditDenial, auditLeaving, recordAsked } from './actions/record-decision.ts';
import { recover } from './actions/recover.ts';
import { beginRegistration } from './actions/registration-form.ts';
import { resend } from './actions/resend.ts';
import { resolveStep } from './actions/resolve-step.ts';
import { begunAnew, restarted } from './actions/restart.ts';
import { select } from './actions/select.ts';
import { skip } from './actions/skip.ts';
import type { ActionResult, LoadedAttempt } from './actions/verify.ts';
import { mayKeepSecret } from './browser/known-device.ts';
import { isProvingBrowser } from './browser/proof-secret.ts';
import { provedSignals, unknownSignals } from './facts/credential-signals.ts';
import { decoyEntropy } from './facts/decoy-entropy.ts';
import { transactionFacts } from './facts/gather.ts';
import type { Services } from './services.ts';
import { formHandle, readFormHandle } from './transaction/form-handle.ts';
import type { Decided, OpenTransaction, TransactionRequest } from './transaction/open-transaction.ts';
import { withPresentProofs } from './transaction/present-proofs.ts';
import { discardTransaction, parseTransaction, saveTransaction } from './transaction/store.ts';

export interface Submission {
  /** What the user did: answered the step, or chose another option. */
  readonly step: 'answer' | 'select' | 'skip' | 'resend' | 'restart' | 'recover' | 'register' | 'cancel';
  /** The `stateHandle` of the form. */
  readonly handle: string | undefined;
  /** Names of the form contract (docs/form-contract.md), e.g. `credentials.passcode`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A step to show. */
export interface StepShown {
  readonly kind: 'step';
  readonly step: Step;
  readonly handle: string;
  /** Of the transaction that it was made from. */
  readonly version: number;
  readonly app: App;
  readonly snapshot: Snapshot;
  /** The identifier as the user typed it. */
  readonly identifier?: string;
  /** Keys of the authenticators that were proved in this transaction. */
  readonly done: readonly string[];
  /** What the app asked for (OpenID Connect Core section 3.1.2.1). */
  readonly uiLocales?: string;
  /** Of the profile of a user who has proved something. */
  readonly language?: string;
  /** Of the same profile (IANA). */
  readonly timeZone?: string;
  readonly canRestart: boolean;
  /** Until the transaction ends. */
  readonly remaining: Seconds;
  /** The user recovers the password. */
  readonly recovering?: true;
  /** The transaction went on by this request: show it under its own address. */
  readonly moved: boolean;
  /** What came with this request was not taken: `step.messages` say why. */
  readonly refused: boolean;
  /** What the browser is told about the credentials that it keeps. */
  readonly signals: readonly object[];
}

export type SignInResult =
  | StepShown
  /** Everything is proved: hand this to the protocol. */
  | {
      readonly kind: 'complete';
      readonly accountId: string;
      readonly assurance: Assurance;
      /** The browser may keep the secret that it has: nothing is bound to it now that was not before. */
      readonly keepsSecret: boolean;
    }
  | { readonly kind: 'cancelled'; readonly reason: 'user' | 'refused' | 'denied' | 'unmet' }
  | SignInLost;

/**
 * This browser did not give the last proof, or lost the answer to it (Law 15). It can only begin anew. `handle`: for
 * the form that does.
 */
export interface SignInLost extends Pick<StepShown, 'handle' | 'app' | 'snapshot' | 'uiLocales'> {
  readonly kind: 'lost';
}

/** Shows the current step. Rejects with `StepgateError('sign_in_expired')` when there is no such transaction. */
export async function view(services: Services, request: TransactionRequest): Promise<SignInResult> {
  await loadTransaction(request);
  const { context, notices } = await openTransaction(services, request);
  return isLost(context) ? lost(context) : present(context, notices, false);
}

/** Takes a form. A form that does not answer the current step shows that step and consumes nothing. */
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
  if (isLost(context)) {
    const isRestart = submission.step === 'restart' && binding?.version === context.version;
    return isRestart ? present(begunAnew(context), [], true) : lost(context);
  }
  if (!binding || binding.version !== context.version)
    return present(context, notices.length > 0 ? notices : [{ code: 'form.stale', level: 'info' }], false);
  if (submission.step === 'cancel') return cancel(context, await decide(context));
  if (submission.step === 'restart') return present(restarted(context), [], true);
  // The form answers a step that rested on what counts no more.
  if (notices.length > 0) return present(context, notices, false);
  switch (submission.step) {
    case 'resend':
      return conclude(
        await resend(context, await decide(context), submission.fields['authenticator.methodType']),
        context,
      );
    case 'skip':
      return moved(context, await skip(context, await decide(context)));
    case 'recover':
      return moved(context, await recover(context, await decide(context)));
    case 'register':
      return moved(context, await beginRegistration(context, await decide(context)));
    case 'select':
      return present(await select(context, await decide(context), submission.fields['authenticator.id']), [], true);
    case 'answer':
      return conclude(
        await answer(context, await decide(context), {
          binding,
          fields: submission.fields,
          loaded,
        }),
        context,
      );
  }
}

async function loadTransaction({ unit, uid, visitor }: TransactionRequest, attempt?: Attempt): Promise<LoadedAttempt> {
  const device = visitor.device === undefined ? [] : [knownDeviceKey(visitor.device)];
  const along = attempt?.keys ?? [];
  const strain = networkStrainKey(networkOf(visitor.ip));
  const { reservation, counter } = await unit.load(
    [interactionKey(uid), transactionKey(uid), strain, ...along, ...device],
    attempt?.reserve ? { reserve: attempt.reserve } : undefined,
  );
  const limits = attempt?.reserve?.limits;
  return omitUndefined({ reservation, counter, limits, deferred: attempt?.deferred, identifier: attempt?.identifier });
}

/** `notices`: what the user must know first, for instance that proofs count no more. */
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

/** The decision on the newest revision, for this transaction as it is now. */
export async function decide({ services, request, transaction, snapshot, app }: OpenTransaction): Promise<Decided> {
  const { unit, visitor } = request;
  const entropy = transaction.subject ? decoyEntropy(services.secrets(), transaction.subject.id) : 0;
  const authenticators = Array.from(services.authenticators.values(), ({ descriptor }) => descriptor);
  const sources = { unit, snapshot, visitor, now: services.now() };
  const facts = await transactionFacts(sources, transaction, { entropy, authenticators });
  return { facts, decision: evaluate(await snapshot.policies(app), facts) };
}

/**
 * After a denial the user can only go back. The app is told that a policy denied, or that the user lets it have
 * nothing, and not that the user gave up.
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

/** `undefined`: the page does not offer that. */
function moved(context: OpenTransaction, to: OpenTransaction | undefined): Promise<SignInResult> {
  return to ? present(to, [], true) : present(context, [{ code: 'form.stale', level: 'info' }], false);
}

function isLost({ transaction, request }: OpenTransaction): boolean {
  return !isProvingBrowser(transaction.proofSecret, request.proofSecret.presented);
}

function lost({ services, transaction, version, app, snapshot }: OpenTransaction): SignInLost {
  const binding = { transaction: transaction.id, step: 'restart', authenticator: '', version };
  const handle = formHandle(services.secrets()[0], binding);
  const { uiLocales } = transaction;
  return { kind: 'lost', handle, app, snapshot, ...omitUndefined({ uiLocales }) };
}

async function conclude(
  { context, messages, unknownCredential: unknown }: ActionResult,
  before: OpenTransaction,
): Promise<SignInResult> {
  const moved = context.transaction !== before.transaction && messages.length === 0;
  const result = await present(context, messages, moved);
  if (unknown === undefined || result.kind !== 'step') return result;
  return { ...result, signals: await unknownSignals(context.request.unit, unknown, context.services.now()) };
}

/** Works out the step, starts what must be started for it, saves the transaction if it changed. */
async function present(opened: OpenTransaction, messages: readonly Notice[], moved: boolean): Promise<SignInResult> {
  const shown = withTaskOnFirstPage(opened);
  const stored = shown.request.unit.stored(transactionKey(shown.transaction.id));
  const decided = await decide(shown);
  const { facts, decision } = decided;
  const context = recordAsked(shown, decided);
  if (decision.kind === 'allow' && facts.subject) {
    saveTransaction(context, stored?.value);
    const { assurance } = decision;
    const keepsSecret = mayKeepSecret(facts, context.transaction.rememberDevice === true);
    return { kind: 'complete', accountId: facts.subject.id, assurance, keepsSecret };
  }
  // The relying party gets the error and may ask for less. A page could only say the same to the user.
  if (decision.kind === 'deny' && decision.reason === 'acr_unattainable') {
    auditDenial(context, decided);
    discardTransaction(context);
    return { kind: 'cancelled', reason: 'unmet' };
  }
  const { step, transaction, messages: newNotices } = await resolveStep(context, decision, facts);
  const version = saveTransaction({ ...context, transaction }, stored?.value) ? context.version + 1 : context.version;
  if (decision.kind === 'deny' && messages.length === 0) auditDenial(context, decided);
  const handle = formHandle(context.services.secrets()[0], {
    transaction: transaction.id,
    step: 'registers' in step && step.registers ? 'register' : step.kind,
    authenticator: answeredAuthenticator(step),
    version,
  });
  const { subject, uiLocales } = transaction;
  // The language of an account tells that there is one: it is used once something was proved.
  const profile = transaction.evidence.length > 0 ? facts.subject?.profile : undefined;
  const language = profile?.locale;
  return {
    kind: 'step',
    step: {
      ...(await withCredentialChallenges({ ...context, transaction }, step, { facts, version })),
      notices: [...messages, ...newNotices],
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
    // A notice that this request caused would be lost after a redirect.
    moved: moved && newNotices.length === 0,
    refused: messages.some(({ level }) => level === 'error'),
    signals: await provedSignals(context, facts),
  };
}

/** The authenticator whose answer the main form of a step takes, or what a page of consent asks for; empty: neither. */
function answeredAuthenticator(step: Step): string {
  if (step.kind === 'identify') return step.identifyWith ?? '';
  if (step.kind === 'consent') return consentDigest(step.scopes);
  return 'authenticator' in step ? step.authenticator : '';
}
