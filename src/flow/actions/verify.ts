/** One try at one credential: the attempt is reserved already, the authenticator says what it showed, and only what could be saved counts. */

import type {
  Authenticator,
  Credential,
  CredentialInput,
  Proof,
  Refused,
  Verified,
} from '../../authenticators/authenticator.ts';
import type { Evidence } from '../../core/model/facts.ts';
import type { Message } from '../../core/step/step.ts';
import { proved, type Transaction } from '../../core/step/transaction.ts';
import type { Reservation } from '../../stores/store.ts';
import type { Held } from '../../users/account.ts';
import { credentialsKey, parseCredentials, serializeCredentials } from '../../users/user.ts';
import { audit } from '../audit.ts';
import { tell, tellingOf } from '../notify/notify.ts';
import { environmentOf, type Loop, whoAndWhere } from '../transaction/open-transaction.ts';

export interface Answer {
  readonly loop: Loop;
  /** Why the person is still where they were; empty when they went on. */
  readonly messages: readonly Message[];
}

export interface Loaded {
  readonly reservation?: Reservation;
  readonly counter?: string;
}

export type Fields = Readonly<Record<string, string>>;

/** A box on a page. */
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

export function stay(loop: Loop, code: string, field?: string, params?: Message['params']): Answer {
  return { loop, messages: [{ code, level: 'error', ...(field ? { field } : {}), ...(params ? { params } : {}) }] };
}

export function moveTo(loop: Loop, transaction: Transaction): Answer {
  return { loop: { ...loop, transaction }, messages: [] };
}

export interface Try {
  readonly key: string;
  /** Absent: nobody has it; the work is done all the same. */
  readonly credential: Credential | undefined;
  readonly pending: Readonly<Record<string, unknown>>;
  readonly fields: Fields;
  readonly loaded: Loaded;
  readonly account: Held | undefined;
}

export async function verify(loop: Loop, given: Try): Promise<Answer> {
  const { key, loaded, account } = given;
  const authenticator = loop.runtime.authenticators.get(key);
  if (!authenticator) return stay(loop, 'form.stale');
  const refusedHere = throttled(loop, key, loaded.reservation);
  if (refusedHere) return refusedHere;
  const enrolled = account?.credentials ?? [];
  const env = environmentOf(loop, key, enrolled);
  const result = await authenticator.verify(given.credential, given.pending, credentialInput(given.fields), env);
  if (!result.ok) return refused(loop, key, result);
  // Where one challenge serves several credentials, the answer may be by another one than the first.
  const credential = env.enrolled.find(({ id }) => id === result.credential);
  if (!credential || !account || (credential.id !== given.credential?.id && !authenticator.together))
    return refused(loop, key, undefined);
  saveCredential(loop, account, credential, result);
  if (result.notify) tell(tellingOf(loop, account), result.notify);
  if (loaded.counter !== undefined) loop.request.unit.add({ op: 'reset', counter: loaded.counter });
  return proves(loop, {
    authenticator,
    enrollment: credential.id,
    proof: result.proof,
    origin: 'sign_in',
    event: 'authenticator.verified',
  });
}

/** No attempt is left, or none was reserved: then nothing is verified. */
export function throttled(loop: Loop, key: string, reservation: Reservation | undefined): Answer | undefined {
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

export function refused(loop: Loop, key: string, refusal: Refused | undefined): Answer {
  const code = refusal?.code ?? 'credentials.invalid';
  audit(loop.request.unit, loop.runtime.audit, {
    event: 'authenticator.refused',
    outcome: 'failure',
    ...whoAndWhere(loop),
    authenticator: key,
    reason: refusal?.reason ? `${code}: ${refusal.reason}` : code,
  });
  return stay(loop, code, refusal?.field ?? 'credentials.passcode');
}

/** One-time values count only if the new secret is saved in the same commit; a better hash may lose the race. */
function saveCredential(
  { request, runtime }: Loop,
  account: Held,
  credential: Credential,
  { secret, mustSave, spent }: Verified,
): void {
  if (!secret) return;
  const key = credentialsKey(account.user.id);
  const change = (all: readonly Credential[]): readonly Credential[] =>
    all.map((one) =>
      one.id === credential.id ? { ...one, secret, lastUsedAt: runtime.now(), ...(spent ? { spent } : {}) } : one,
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

export function proves(
  loop: Loop,
  what: {
    authenticator: Authenticator;
    enrollment: string;
    proof: Proof;
    origin: Evidence['origin'];
    event: 'authenticator.verified' | 'authenticator.enrolled';
    /** For an enrollment: all other sessions ended with it. */
    othersEnded?: true;
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
    ...(what.othersEnded ? { othersEnded: what.othersEnded } : {}),
  });
  return moveTo(loop, proved(transaction, evidence));
}
