/** What becomes of the answer to a step: who it is, what it proved, what was enrolled; or why not. */
import { randomBytes } from 'node:crypto';
import type {
  Authenticator,
  Credential,
  CredentialInput,
  Proof,
  Refused,
  Verified,
} from '../authenticators/authenticator.ts';
import type { Evidence } from '../core/model.ts';
import type { Message } from '../core/steps.ts';
import { identified, picked, proved, type Transaction, type TransactionSubject } from '../core/transaction.ts';
import type { LoadOptions, Reservation } from '../stores/store.ts';
import { accountByIdentifier, type Held } from '../users/account.ts';
import { canonicalIdentifier } from '../users/identifier.ts';
import { credentialsKey, identifierKey, parseCredentials, serializeCredentials } from '../users/user.ts';
import { audit } from './audit.ts';
import { heldAccount } from './facts.ts';
import type { FormBinding } from './form-handle.ts';
import { type Judged, type Loop, whoAndWhere } from './loop.ts';
import type { Runtime } from './runtime.ts';
import { transactionKey } from './transaction-record.ts';

/** The authenticator whose secret the identify page may take along. */
const firstPage = 'password';

export interface Answer {
  readonly loop: Loop;
  /** Why the person is still where they were; empty when they went on. */
  readonly messages: readonly Message[];
}

/** What the answer needs from the store, and the attempt that it costs. */
export interface Attempt {
  readonly keys: readonly string[];
  readonly reserve?: NonNullable<LoadOptions['reserve']>;
}

interface Loaded {
  readonly reservation?: Reservation;
  readonly counter?: string;
}

type Fields = Readonly<Record<string, string>>;

function credentialInput(fields: Fields): CredentialInput {
  const prefix = 'credentials.';
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
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
    if (!canonical.ok) return { keys: [] };
    const of = identifierKey(canonical.value);
    const limits = runtime.authenticators.get(firstPage)?.limits;
    const withSecret = Boolean(fields['credentials.passcode']) && limits;
    return { keys: [of], ...(withSecret ? { reserve: { of, name: firstPage, limits, when } } : {}) };
  }
  const authenticator = runtime.authenticators.get(binding.authenticator);
  if (!authenticator || (binding.step !== 'challenge' && binding.step !== 'enroll')) return { keys: [] };
  // Guessing at one's own new key harms nobody: it does not count against the enrolled ones.
  const name = binding.step === 'enroll' ? `${binding.authenticator}.enroll` : binding.authenticator;
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
      return identify(loop, fields, loaded);
    case 'select':
      return choose(loop, judged, fields);
    case 'challenge':
      return challenge(loop, binding, fields, loaded);
    case 'enroll':
      return enroll(loop, judged, binding, fields, loaded);
    default:
      return { loop, messages: [] };
  }
}

function stay(loop: Loop, code: string, field?: string, params?: Message['params']): Answer {
  return { loop, messages: [{ code, level: 'error', ...(field ? { field } : {}), ...(params ? { params } : {}) }] };
}

function moveTo(loop: Loop, transaction: Transaction): Answer {
  return { loop: { ...loop, transaction }, messages: [] };
}

/** Who is there, and, when the page asked for it, the password at once. A wrong password tells nothing about the identifier. */
async function identify(loop: Loop, fields: Fields, loaded: Loaded): Promise<Answer> {
  const typed = (fields.identifier ?? '').trim();
  const typedBack = { ...loop, transaction: { ...loop.transaction, loginHint: typed.slice(0, 254) } };
  if (typed === '') return stay(loop, 'identifier.required', 'identifier');
  const canonical = identifierOf(fields);
  if (!canonical.ok) return stay(typedBack, 'identifier.invalid', 'identifier');
  const account = accountByIdentifier(
    (await loop.request.unit.load([identifierKey(canonical.value)])).entries,
    canonical.value,
  );
  const subject = subjectOf(account, canonical.value, typed);
  const named = identified(loop.transaction, subject);
  if (!named.ok) return stay(typedBack, 'subject.mismatch', 'identifier');
  const isNamed = { ...loop, transaction: named.transaction };
  if (!fields['credentials.passcode']) return { loop: isNamed, messages: [] };
  const credential = account?.credentials.find(({ authenticator }) => authenticator === firstPage);
  const verified = await verify(isNamed, { key: firstPage, credential, pending: {}, fields, loaded, account });
  // Back on the identify page nobody is named: the next try may be about somebody else.
  return verified.messages.length > 0 ? { loop: typedBack, messages: verified.messages } : verified;
}

function subjectOf(account: Held | undefined, canonical: string, typed: string): TransactionSubject {
  if (!account) return { id: identifierKey(canonical), identifier: typed, decoy: true };
  return { id: account.user.id, identifier: typed, decoy: false };
}

function choose(loop: Loop, { decision }: Judged, fields: Fields): Answer {
  const [authenticator, enrollment] = (fields['authenticator.id'] ?? '').split(':', 2);
  if (!authenticator) return stay(loop, 'authenticator.required', 'authenticator.id');
  const purpose = decision.kind === 'enroll' ? 'enroll' : 'challenge';
  return moveTo(loop, picked(loop.transaction, { purpose, authenticator, ...(enrollment ? { enrollment } : {}) }));
}

async function challenge(loop: Loop, binding: FormBinding, fields: Fields, loaded: Loaded): Promise<Answer> {
  const { pending, subject } = loop.transaction;
  if (pending?.purpose !== 'challenge' || pending.authenticator !== binding.authenticator || !subject)
    return stay(loop, 'form.stale');
  if (pending.expires <= loop.runtime.now()) return stay(loop, 'challenge.expired');
  const account = subject.decoy ? undefined : await heldAccount(loop.request.unit, subject.id);
  const credential = account?.credentials.find(({ id }) => id === pending.enrollment);
  return verify(loop, { key: pending.authenticator, credential, pending: pending.private, fields, loaded, account });
}

interface Try {
  readonly key: string;
  /** Absent: nobody has it; the work is done all the same. */
  readonly credential: Credential | undefined;
  readonly pending: Readonly<Record<string, unknown>>;
  readonly fields: Fields;
  readonly loaded: Loaded;
  readonly account: Held | undefined;
}

async function verify(loop: Loop, given: Try): Promise<Answer> {
  const { key, credential, loaded, account } = given;
  const authenticator = loop.runtime.authenticators.get(key);
  if (!authenticator) return stay(loop, 'form.stale');
  const refusedHere = throttled(loop, key, loaded.reservation);
  if (refusedHere) return refusedHere;
  const env = environment(loop);
  const result = await authenticator.verify(credential, given.pending, credentialInput(given.fields), env);
  if (!result.ok || !credential || !account) return refused(loop, key, result.ok ? undefined : result);
  saveCredential(loop, account, credential, result);
  if (loaded.counter !== undefined) loop.request.unit.add({ op: 'reset', counter: loaded.counter });
  return proves(loop, {
    authenticator,
    enrollment: credential.id,
    proof: result.proof,
    origin: 'sign_in',
    event: 'authenticator.verified',
  });
}

function environment({ runtime, snapshot }: Loop) {
  return { now: runtime.now(), issuer: runtime.issuer, brand: snapshot.settings.brand.name };
}

/** No attempt is left, or none was reserved: then nothing is verified. */
function throttled(loop: Loop, key: string, reservation: Reservation | undefined): Answer | undefined {
  if (reservation?.granted) return undefined;
  audit(loop.request.unit, loop.runtime.audit, {
    event: 'authenticator.throttled',
    outcome: 'failure',
    ...whoAndWhere(loop),
    authenticator: key,
  });
  const seconds = reservation?.retryAfter ?? 0;
  if (seconds < 0) return stay(loop, 'attempts.locked', 'credentials.passcode');
  return stay(loop, 'attempts.exceeded', 'credentials.passcode', { seconds });
}

function refused(loop: Loop, key: string, refusal: Refused | undefined): Answer {
  const code = refusal?.code ?? 'credentials.invalid';
  audit(loop.request.unit, loop.runtime.audit, {
    event: 'authenticator.refused',
    outcome: 'failure',
    ...whoAndWhere(loop),
    authenticator: key,
    reason: code,
  });
  return stay(loop, code, refusal?.field ?? 'credentials.passcode');
}

/** One-time values count only if the new secret is saved in the same commit; a better hash may lose the race. */
function saveCredential(
  { request, runtime }: Loop,
  account: Held,
  credential: Credential,
  { secret, mustSave }: Verified,
): void {
  if (!secret) return;
  const key = credentialsKey(account.user.id);
  const change = (all: readonly Credential[]): readonly Credential[] =>
    all.map((one) =>
      one.id === credential.id ? { ...one, secret, ...(mustSave ? { lastUsedAt: runtime.now() } : {}) } : one,
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

function proves(
  loop: Loop,
  what: {
    authenticator: Authenticator;
    enrollment: string;
    proof: Proof;
    origin: Evidence['origin'];
    event: 'authenticator.verified' | 'authenticator.enrolled';
  },
): Answer {
  const { transaction, runtime, request } = loop;
  const evidence: Evidence = {
    authenticator: what.authenticator.traits.key,
    enrollment: what.enrollment,
    subject: transaction.subject?.id ?? '',
    ...what.proof,
    at: runtime.now(),
    transaction: transaction.event,
    origin: what.origin,
  };
  audit(request.unit, runtime.audit, {
    event: what.event,
    outcome: 'success',
    ...whoAndWhere(loop),
    authenticator: evidence.authenticator,
    factors: evidence.factors,
  });
  return moveTo(loop, proved(transaction, evidence));
}

/** The offer is confirmed only while the decision still asks for it: what Law 7 demands was proved, and is still fresh. */
async function enroll(
  loop: Loop,
  { facts, decision }: Judged,
  binding: FormBinding,
  fields: Fields,
  loaded: Loaded,
): Promise<Answer> {
  const { pending, subject } = loop.transaction;
  const asked =
    decision.kind === 'enroll' && pending?.purpose === 'enroll' && decision.choices.includes(pending.authenticator);
  if (!asked || pending.authenticator !== binding.authenticator || !subject || subject.decoy || !facts.subject)
    return stay(loop, 'form.stale');
  if (pending.expires <= loop.runtime.now()) return stay(loop, 'enroll.expired');
  const authenticator = loop.runtime.authenticators.get(pending.authenticator);
  const account = await heldAccount(loop.request.unit, subject.id);
  if (!authenticator || !account) return stay(loop, 'form.stale');
  const refusedHere = throttled(loop, pending.authenticator, loaded.reservation);
  if (refusedHere) return refusedHere;
  const result = await authenticator.enroll(facts.subject, pending.private, credentialInput(fields), environment(loop));
  if (!result.ok) return refused(loop, pending.authenticator, result);
  const credential: Credential = {
    ...result.credential,
    id: randomBytes(16).toString('base64url'),
    createdAt: loop.runtime.now(),
  };
  loop.request.unit.replace(credentialsKey(account.user.id), {
    value: serializeCredentials([...account.credentials, credential]),
  });
  return proves(loop, {
    authenticator,
    enrollment: credential.id,
    proof: result.proof,
    origin: 'enrollment',
    event: 'authenticator.enrolled',
  });
}
