/** Authenticators that can tell who somebody is, on the page that asks for it. */

import type { AuthenticatorEnv, CredentialInput, Started } from '../../authenticators/authenticator.ts';
import type { Facts } from '../../core/model/facts.ts';
import { discoverable } from '../../core/queries/discoverable.ts';
import type { Step } from '../../core/step/step.ts';
import { identified, keptSignedIn } from '../../core/step/transaction.ts';
import { attemptCounter } from '../../users/user.ts';
import { heldAccount } from '../facts/gather.ts';
import { environmentOf, type Judged, type Loop } from '../transaction/open-transaction.ts';
import { type Answer, credentialInput, type Fields, isTicked, refused, stay, verify } from './verify.ts';

/** The step with the challenges that somebody may answer instead. `version`: of the transaction that the page is made from. */
export async function withDiscovery(loop: Loop, step: Step, facts: Facts, version: number): Promise<Step> {
  if (step.kind !== 'identify') return step;
  const policies = await loop.snapshot.policies(loop.app);
  const discover = [...loop.runtime.authenticators.values()].flatMap(({ traits: { key }, discover: kind }) => {
    const offer = kind ? discoverable(policies, facts, key) : undefined;
    if (!kind || !offer?.offered) return [];
    const env = { ...environmentOf(loop, key, []), userVerification: offer.userVerification };
    const { inputs, public: challenge } = kind.challenge(version, env);
    return [{ authenticator: key, inputs, challenge }];
  });
  return discover.length > 0 ? { ...step, discover } : step;
}

/** The answer to such a challenge: who it is and what they proved, in one step. Whoever is not there is refused like a wrong answer. */
export async function discovered(loop: Loop, { facts }: Judged, key: string, fields: Fields): Promise<Answer> {
  const kind = loop.runtime.authenticators.get(key)?.discover;
  const offer = discoverable(await loop.snapshot.policies(loop.app), facts, key);
  if (!kind || !offer.offered) return stay(loop, 'form.stale');
  const input = credentialInput(fields);
  const env = { ...environmentOf(loop, key, []), userVerification: offer.userVerification };
  const pending = kind.asked(loop.version, input, env);
  if (!pending) return about(key, stay(loop, 'challenge.expired'));
  const id = kind.subject(input);
  const account = id === undefined ? undefined : await heldAccount(loop.request.unit, id);
  if (!account) return refusedUnknown(loop, key, pending, input, env);
  const { user } = account;
  const subject = { id: user.id, identifier: user.identifiers[0] ?? user.id, decoy: false };
  const named = identified(keptSignedIn(loop.transaction, isTicked(fields.rememberMe)), subject);
  if (!named.ok) return stay(loop, 'subject.mismatch', 'identifier');
  const limits = loop.runtime.authenticators.get(key)?.limits ?? [];
  const counter = attemptCounter(user.id, key);
  const reservation = await loop.runtime.store.reserve(counter, limits);
  const isNamed = { ...loop, transaction: named.transaction };
  const tried = { key, credential: undefined, pending, fields, loaded: { reservation, counter }, account };
  const verified = await verify(isNamed, tried);
  return verified.messages.length > 0 ? about(key, { ...verified, loop }) : verified;
}

/** No attempt is counted: an id has 128 random bits, so nobody can find out who exists. */
async function refusedUnknown(
  loop: Loop,
  key: string,
  pending: Started['private'],
  input: CredentialInput,
  env: AuthenticatorEnv,
): Promise<Answer> {
  const result = await loop.runtime.authenticators.get(key)?.verify(undefined, pending, input, env);
  return about(key, refused(loop, key, result?.ok ? undefined : result));
}

function about(key: string, { loop, messages }: Answer): Answer {
  return { loop, messages: messages.map(({ field: _, ...message }) => ({ ...message, authenticator: key })) };
}
