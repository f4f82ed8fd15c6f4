/** Authenticators that identify the user by themselves, on the identify page. */

import type { Authenticator, AuthenticatorContext, Refused } from '../../../authenticators/authenticator.ts';
import type { Facts } from '../../../core/model/facts.ts';
import { discoverable } from '../../../core/queries/offered-on-identify-page.ts';
import type { Step } from '../../../core/step/step.ts';
import { identified } from '../../../core/step/transitions.ts';
import type { IdentifyPage } from '../../../policy/model/settings.ts';
import { identifyPageOf } from '../../../policy/revision/snapshot.ts';
import { attemptCounter } from '../../../stores/keys.ts';
import { loadAccount } from '../../facts/account.ts';
import { type Decided, environmentOf, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { withKeepAnswer } from './keep-signed-in.ts';
import { type ActionResult, credentialInput, type Fields, refused, verify, withError } from './verify.ts';

/**
 * Adds the challenges that users may answer instead of entering an identifier. `version`: the version of the
 * transaction that the page is made from.
 */
export async function withCredentialChallenges(
  context: OpenTransaction,
  step: Step,
  { facts, version }: { readonly facts: Facts; readonly version: number },
): Promise<Step> {
  const offered = passkeysOn(context);
  if (step.kind !== 'identify' || offered === 'none') return step;
  const policies = await context.snapshot.policies(context.app);
  const challenges = [...context.services.authenticators.values()].flatMap(
    ({ descriptor: { key }, identifyByCredential: kind }) => {
      const offer = kind ? discoverable(policies, facts, key) : undefined;
      if (!kind || !offer?.offered) return [];
      const env = { ...environmentOf(context, key, []), userVerification: offer.userVerification };
      const { inputs, public: challenge } = kind.challenge(version, env);
      return [
        { authenticator: key, inputs, challenge, ...(offered === 'autofill' && { autofillOnly: true as const }) },
      ];
    },
  );
  return challenges.length > 0 ? { ...step, identifyByCredential: challenges } : step;
}

/** How the page offers them. During a recovery it offers none: those users have no authenticator at hand. */
function passkeysOn({ snapshot, app, transaction }: OpenTransaction): NonNullable<IdentifyPage['passkey']> {
  return transaction.recovering ? 'none' : (identifyPageOf(snapshot.settings, app).passkey ?? 'button');
}

/**
 * Handles an answer to such a challenge, which identifies the user and proves the authenticator in one step. An unknown
 * account is refused like a wrong answer.
 */
export async function identifyByCredential(
  context: OpenTransaction,
  { facts }: Decided,
  fields: Fields,
): Promise<ActionResult> {
  const key = fields['authenticator.id'] ?? '';
  const authenticator = context.services.authenticators.get(key);
  const kind = authenticator?.identifyByCredential;
  const offer = discoverable(await context.snapshot.policies(context.app), facts, key);
  if (!authenticator || !kind || !offer.offered || passkeysOn(context) === 'none')
    return withError(context, 'form.stale');
  const input = credentialInput(fields);
  const env = { ...environmentOf(context, key, []), userVerification: offer.userVerification };
  const pending = kind.pending(context.version, input, env);
  if (!pending) return about(key, withError(context, 'challenge.expired'));
  const id = kind.subject(input);
  const account = id === undefined ? undefined : await loadAccount(context.request.unit, id);
  if (!account)
    return about(key, refused(context, key, await refusalOfUnknown(authenticator, { pending, input }, env)));
  const { user } = account;
  const subject = { id: user.id, identifier: user.identifiers[0] ?? user.id, decoy: false };
  const named = identified(await withKeepAnswer(context, facts, fields), subject);
  if (!named.ok) return withError(context, 'subject.mismatch', { field: 'identifier' });
  const counter = attemptCounter(user.id, key);
  const reservation = await context.services.store.reserve(counter, authenticator.attemptLimits);
  const identifiedContext = { ...context, transaction: named.transaction };
  const tried = { key, credential: undefined, pending, fields, loaded: { reservation, counter }, account };
  const verified = await verify(identifiedContext, tried);
  return verified.notices.length > 0 ? about(key, { ...verified, context }) : verified;
}

/** No attempt is counted: an id has 128 random bits, so a client cannot find existing accounts by guessing. */
async function refusalOfUnknown(
  authenticator: Authenticator,
  answer: Parameters<Authenticator['verify']>[1],
  env: AuthenticatorContext,
): Promise<Refused | undefined> {
  const result = await authenticator.verify(undefined, answer, env);
  return result.ok ? undefined : result;
}

function about(key: string, { notices, ...result }: ActionResult): ActionResult {
  return { ...result, notices: notices.map(({ field: _, ...notice }) => ({ ...notice, authenticator: key })) };
}
