/** What becomes of the answer to a step: who it is, what it proved, what was enrolled; or why not. */

import type { Facts } from '../../core/model/facts.ts';
import { enrollmentRuling, usablePolicies } from '../../core/policy/enrollment-terms.ts';
import { identified, keptSignedIn, rememberingDevice, type TransactionSubject } from '../../core/step/transaction.ts';
import type { LoadOptions } from '../../stores/store.ts';
import { accountByIdentifier, enrollCounters, type Held } from '../../users/account.ts';
import { canonicalIdentifier } from '../../users/identifier.ts';
import { identifierKey } from '../../users/user.ts';
import { heldAccount } from '../facts/gather.ts';
import type { Runtime } from '../services.ts';
import type { FormBinding } from '../transaction/form-handle.ts';
import type { Judged, Loop } from '../transaction/open-transaction.ts';
import { transactionKey } from '../transaction/transaction-record.ts';
import { enroll } from './enroll.ts';
import { discovered } from './identify-by-credential.ts';
import { backByLink, linkField } from './magic-link-challenge.ts';
import { pick } from './select.ts';
import { type Answer, type Fields, isTicked, type Loaded, moveTo, stay, throttled, verify } from './verify.ts';

/** What the answer needs from the store, and the attempt that it costs. */
export interface Attempt {
  readonly keys: readonly string[];
  readonly reserve?: NonNullable<LoadOptions['reserve']>;
}

function identifierOf(fields: Fields) {
  return canonicalIdentifier(fields.identifier ?? '');
}

/**
 * An answer with a secret costs an attempt of whoever it is about, reserved while the transaction is loaded and only if the form is
 * current (Law 8). The identify page counts against the account that the identifier leads to, in any spelling.
 */
export function attemptOf(runtime: Runtime, binding: FormBinding, fields: Fields): Attempt {
  const transaction = transactionKey(binding.transaction);
  const when = { key: transaction, version: binding.version };
  if (binding.step === 'identify') {
    const canonical = identifierOf(fields);
    if (!canonical.ok || fields['authenticator.id']) return { keys: [] };
    const of = identifierKey(canonical.value);
    const name = binding.authenticator;
    const limits = runtime.authenticators.get(name)?.limits;
    const withSecret = Boolean(fields['credentials.passcode']) && limits;
    return { keys: [of], ...(withSecret ? { reserve: { of, name, limits, when } } : {}) };
  }
  const authenticator = runtime.authenticators.get(binding.authenticator);
  if (!authenticator || (binding.step !== 'challenge' && binding.step !== 'enroll')) return { keys: [] };
  // Guessing at one's own new key harms nobody: it does not count against the enrolled ones.
  const name = binding.step === 'enroll' ? enrollCounters.attempts(binding.authenticator) : binding.authenticator;
  return { keys: [], reserve: { of: transaction, name, limits: authenticator.limits, when } };
}

/** The form is genuine and current. Its binding says which step it answers. */
export async function answer(
  loop: Loop,
  judged: Judged,
  binding: FormBinding,
  fields: Fields,
  loaded: Loaded,
): Promise<Answer> {
  switch (binding.step) {
    case 'identify':
      return fields['authenticator.id']
        ? discovered(loop, judged, fields['authenticator.id'], fields)
        : identify(loop, judged, binding.authenticator, fields, loaded);
    case 'select':
      return choose(loop, judged, fields);
    case 'challenge':
      return remembering(await challenge(loop, judged, binding, fields, loaded), judged, fields);
    case 'enroll':
      return enroll(loop, judged, binding, fields, loaded);
    default:
      return { loop, messages: [] };
  }
}

/** Only where the page offered it, and only beside a proof. */
function remembering(proved: Answer, { decision }: Judged, fields: Fields): Answer {
  const isOffered = decision.kind === 'challenge' && decision.remember !== undefined;
  if (!isOffered || !isTicked(fields.rememberDevice) || proved.messages.length > 0) return proved;
  return moveTo(proved.loop, rememberingDevice(proved.loop.transaction));
}

/**
 * Who is there, and, when the page asked for it, a secret at once (`beside`). A wrong one tells nothing about the identifier. Where it is
 * disabled, it is not tried.
 */
async function identify(
  loop: Loop,
  { facts }: Judged,
  beside: string,
  fields: Fields,
  loaded: Loaded,
): Promise<Answer> {
  const typed = (fields.identifier ?? '').trim();
  const asked = keptSignedIn(loop.transaction, isTicked(fields.rememberMe));
  const typedBack = { ...loop, transaction: { ...asked, loginHint: typed.slice(0, 254) } };
  if (typed === '') return stay(loop, 'identifier.required', 'identifier');
  const canonical = identifierOf(fields);
  if (!canonical.ok) return stay(typedBack, 'identifier.invalid', 'identifier');
  const account = accountByIdentifier(
    (await loop.request.unit.load([identifierKey(canonical.value)])).entries,
    canonical.value,
  );
  const subject = subjectOf(account, canonical.value, typed);
  const named = identified(asked, subject);
  if (!named.ok) return stay(typedBack, 'subject.mismatch', 'identifier');
  const isNamed = { ...loop, transaction: named.transaction };
  const isGiven = beside !== '' && Boolean(fields['credentials.passcode']);
  if (!isGiven || !(await isUsable(beside, loop, facts))) return { loop: isNamed, messages: [] };
  // Nothing was tried: the form stays current, so that this pushes aside no answer that is just being checked.
  const refusedHere = throttled(isNamed, beside, loaded.reservation);
  if (refusedHere) return { ...refusedHere, loop };
  const credential = account?.credentials.find(({ authenticator }) => authenticator === beside);
  const verified = await verify(isNamed, { key: beside, credential, pending: {}, fields, loaded, account });
  // Back on the identify page nobody is named: the next try may be about somebody else.
  return verified.messages.length > 0 ? { loop: typedBack, messages: verified.messages } : verified;
}

/** By the settings, and by an enrollment rule that decides whoever this is: nobody learns from it who they are. */
async function isUsable(key: string, { snapshot, app }: Loop, facts: Facts): Promise<boolean> {
  const policies = await snapshot.policies(app);
  const { terms } = enrollmentRuling(policies, facts);
  return usablePolicies(policies, terms).authenticators.some((one) => one.key === key);
}

function subjectOf(account: Held | undefined, canonical: string, typed: string): TransactionSubject {
  if (!account) return { id: identifierKey(canonical), identifier: typed, decoy: true };
  return { id: account.user.id, identifier: typed, decoy: false };
}

async function choose(loop: Loop, judged: Judged, fields: Fields): Promise<Answer> {
  const chosen = await pick(loop, judged, fields['authenticator.id'] ?? '');
  return chosen ? { loop: chosen, messages: [] } : stay(loop, 'authenticator.required', 'authenticator.id');
}

/**
 * Only what the decision still asks for is tried: since the page was made, an authenticator may have been disabled or taken away. By the
 * link of a message it is the challenge that the link belongs to, also when the person had left that one.
 */
async function challenge(
  at: Loop,
  { decision }: Judged,
  binding: FormBinding,
  fields: Fields,
  loaded: Loaded,
): Promise<Answer> {
  if (decision.kind !== 'challenge') return { loop: at, messages: [] };
  const token = fields[linkField];
  const loop = token === undefined ? at : backByLink(at, token);
  const { pending, subject } = loop?.transaction ?? {};
  const option = decision.options.find(({ authenticator }) => authenticator === pending?.authenticator);
  const isAsked = pending?.purpose === 'challenge' && option?.enrollments.includes(pending.enrollment ?? '');
  if (!loop || !isAsked || pending.authenticator !== binding.authenticator || !subject) return stay(at, 'form.stale');
  if (pending.expires <= loop.runtime.now()) return stay(loop, 'challenge.expired');
  const account = subject.decoy ? undefined : await heldAccount(loop.request.unit, subject.id);
  const credential = account?.credentials.find(({ id }) => id === pending.enrollment);
  return verify(loop, { key: pending.authenticator, credential, pending: pending.private, fields, loaded, account });
}
