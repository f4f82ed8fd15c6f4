/** The confirmation of an enrollment. */
import type { Continued } from '../authenticators/authenticator.ts';
import { type Pending, started } from '../core/transaction.ts';
import { enqueue } from '../delivery/outbox.ts';
import { claimFor } from '../users/credential-claims.ts';
import { issueCredential } from '../users/credentials.ts';
import { credentialsKey, serializeCredentials } from '../users/user.ts';
import { heldAccount } from './facts.ts';
import type { FormBinding } from './form-handle.ts';
import { environmentOf, type Judged, type Loop } from './loop.ts';
import { sending } from './start.ts';
import {
  type Answer,
  credentialInput,
  type Fields,
  type Loaded,
  moveTo,
  proves,
  refused,
  stay,
  throttled,
} from './verify.ts';

/** The offer is confirmed only while the decision still asks for it: what Law 7 demands was proved, and is still fresh. */
export async function enroll(
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
  const env = environmentOf(loop, pending.authenticator, account.credentials);
  const result = await authenticator.enroll(facts.subject, pending.private, credentialInput(fields), env);
  if (!result.ok) return refused(loop, pending.authenticator, result);
  if ('more' in result) return furtherStage(loop, pending, result);
  const credential = issueCredential(result.credential, env.now);
  if (!(await claimFor(loop.request.unit, account.user.id, credential, env.now)))
    return refused(loop, pending.authenticator, { ok: false, code: 'credentials.taken' });
  const kept = authenticator.single
    ? account.credentials.filter((other) => other.authenticator !== credential.authenticator)
    : account.credentials;
  loop.request.unit.replace(credentialsKey(account.user.id), {
    value: serializeCredentials([...kept, credential]),
  });
  return proves(loop, {
    authenticator,
    enrollment: credential.id,
    proof: result.proof,
    origin: 'enrollment',
    event: 'authenticator.enrolled',
  });
}

/** The offer goes on: what was sent must come back. Too many messages: the person stays at the stage before. */
async function furtherStage(loop: Loop, pending: Pending, { more }: Continued): Promise<Answer> {
  const messages = await sending(loop, pending.authenticator);
  if (messages.length > 0) return { loop, messages };
  const { deliver = [], ...rest } = more;
  for (const delivery of deliver) enqueue(loop.request.unit, delivery, loop.runtime.now());
  const expires = Math.min(more.expires, loop.transaction.expiresAt);
  return moveTo(loop, started(loop.transaction, { ...pending, ...rest, expires }));
}
