/** The confirmation of an enrollment. */

import type { Authenticator, Continued, Credential, Refused } from '../../authenticators/authenticator.ts';
import type { Characteristic, Facts } from '../../core/model/facts.ts';
import { maskedAddress } from '../../core/model/mail-address.ts';
import type { PolicySet } from '../../core/policy/compile.ts';
import { endsOthers } from '../../core/queries/ends-other-sessions.ts';
import { type Shortfall, shortfallOf } from '../../core/queries/unmet-characteristic.ts';
import { type Pending, started } from '../../core/step/transaction.ts';
import type { Limit } from '../../stores/store.ts';
import { enrollCounters, type Held } from '../../users/account.ts';
import { claimFor } from '../../users/credential-claims.ts';
import { issueCredential } from '../../users/credentials.ts';
import { addressOf } from '../../users/notification-addresses.ts';
import { type Account, attemptCounter, credentialsKey, serializeCredentials } from '../../users/user.ts';
import { endOthers } from '../browser/other-sessions.ts';
import { reserveChange } from '../change-limit.ts';
import { heldAccount } from '../facts/gather.ts';
import { accountChanged, type Changed } from '../notify/account-notification.ts';
import { sendWithin } from '../notify/enqueue-message.ts';
import { tell, tellingOf } from '../notify/notify.ts';
import type { FormBinding } from '../transaction/form-handle.ts';
import { environmentOf, type Judged, type Loop } from '../transaction/open-transaction.ts';
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

/** Addresses and codes, over all mailboxes or numbers: an enrollment takes two. */
const answersWithSentCodes: readonly Limit[] = [{ limit: 30, window: 86_400 }];

/**
 * The offer is confirmed only while the decision still asks for it: what Law 7 demands was proved, and is still fresh. What cannot show what
 * it is asked for is not kept.
 */
export async function enroll(
  loop: Loop,
  judged: Judged,
  binding: FormBinding,
  fields: Fields,
  loaded: Loaded,
): Promise<Answer> {
  const offered = await offerOf(loop, judged);
  if (!offered || offered.pending.authenticator !== binding.authenticator) return stay(loop, 'form.stale');
  const { pending, authenticator, account, subject, env } = offered;
  if (pending.expires <= loop.runtime.now()) return stay(loop, 'enroll.expired');
  const refusedHere =
    throttled(loop, pending.authenticator, loaded.reservation) ??
    (await answeredTooOften(loop, authenticator, account));
  if (refusedHere) return refusedHere;
  const result = await authenticator.enroll(subject, pending.private, credentialInput(fields), env);
  if (!result.ok) return refused(loop, pending.authenticator, result);
  if ('more' in result) return furtherStage(loop, pending, result);
  const short = shortfallOf(await loop.snapshot.policies(loop.app), judged.facts, result.credential);
  if (short) return refused(loop, pending.authenticator, refusalOf(short));
  const credential = issueCredential(result.credential, env.now);
  const tooMany = await reserveChange({ runtime: loop.runtime, account });
  if (tooMany) return { loop, messages: [tooMany] };
  if (!(await claimFor(loop.request.unit, account.user.id, credential, env.now)))
    return refused(loop, pending.authenticator, { ok: false, code: 'credentials.taken' });
  const kept = authenticator.single
    ? account.credentials.filter((other) => other.authenticator !== credential.authenticator)
    : account.credentials;
  const othersEnded = endsOthers(await loop.snapshot.policies(loop.app), subject, {
    ...credential,
    single: authenticator.single === true,
  });
  await save(loop, account, [...kept, credential], othersEnded);
  if (loaded.counter !== undefined) loop.request.unit.add({ op: 'reset', counter: loaded.counter });
  tellOfEnrollment(loop, account, credential, { takesPlace: kept.length < account.credentials.length, othersEnded });
  return proves(loop, {
    authenticator,
    enrollment: credential.id,
    proof: result.proof,
    origin: 'enrollment',
    event: 'authenticator.enrolled',
    ...(othersEnded ? { othersEnded } : {}),
  });
}

/** Whether all other sessions would end once this is enrolled, at its best. */
export function mayEndOthers({ runtime }: Loop, policies: PolicySet, { subject }: Facts, key: string): boolean {
  const traits = policies.authenticators.find((one) => one.key === key);
  const single = runtime.authenticators.get(key)?.single === true;
  return (
    subject !== undefined &&
    traits !== undefined &&
    endsOthers(policies, subject, { ...traits, authenticator: key, single })
  );
}

/** This sign-in goes on, and the session that the browser may have; all else ends with the same commit, where it must. */
async function save(
  { request, runtime }: Loop,
  account: Held,
  credentials: readonly Credential[],
  othersEnd: boolean,
): Promise<void> {
  const { unit, visitor } = request;
  if (othersEnd) {
    const session = (await request.session())?.uid;
    await endOthers({ runtime, unit, visitor, account, session, withTokens: true }, credentials);
  } else unit.replace(credentialsKey(account.user.id), { value: serializeCredentials(credentials) });
}

/**
 * Success resets the attempts. Where a code is sent, that alone would let somebody enroll mailboxes of their own to go on guessing at the
 * code of another's, so these answers have a limit that nothing but an administrator resets.
 */
async function answeredTooOften(
  loop: Loop,
  { traits, sends }: Authenticator,
  { user }: Account,
): Promise<Answer | undefined> {
  if (!sends) return undefined;
  const counter = attemptCounter(user.id, enrollCounters.answers(traits.key));
  return throttled(loop, traits.key, await loop.runtime.store.reserve(counter, answersWithSentCodes));
}

/** What the person is told who set up one that does not do. */
const shortfalls: Readonly<Partial<Record<Characteristic, string>>> = {
  hardwareProtected: 'credentials.not_hardware',
  deviceBound: 'credentials.not_device_bound',
  userVerification: 'credentials.unverified',
};

function refusalOf({ lacks }: Shortfall): Refused {
  const code = (lacks && shortfalls[lacks]) ?? 'credentials.not_enough';
  return { ok: false, code, reason: lacks ?? 'characteristics' };
}

/** An address that is enrolled is one of theirs from now on. */
function tellOfEnrollment(
  loop: Loop,
  account: Account,
  credential: Credential,
  { takesPlace, othersEnded }: { readonly takesPlace: boolean; readonly othersEnded: boolean },
): void {
  const { authenticator, label = '' } = credential;
  const address = addressOf(credential);
  const what: Changed = {
    authenticator,
    label,
    ...(address === undefined ? {} : { address: maskedAddress(address) }),
    ...(othersEnded ? { othersEnded } : {}),
  };
  const also = address === undefined ? [] : [address];
  tell(tellingOf(loop, account), accountChanged(takesPlace ? 'replaced' : 'added', what), also);
}

/** Another message for the stage that the offer is at; `method`: how the person wants it. */
export async function resendOffer(loop: Loop, judged: Judged, method?: string): Promise<Answer> {
  const offered = await offerOf(loop, judged);
  if (!offered) return stay(loop, 'form.stale');
  const { pending, authenticator, subject, env } = offered;
  const wanted = { ...env, ...(method === undefined ? {} : { method }) };
  const result = await authenticator.enroll(subject, pending.private, { resend: 'yes' }, wanted);
  return result.ok && 'more' in result ? furtherStage(loop, pending, result) : stay(loop, 'form.stale');
}

/** The outstanding offer, if it is one that the decision asks for. */
async function offerOf(loop: Loop, { facts, decision }: Judged) {
  const { pending, subject: who } = loop.transaction;
  const { subject } = facts;
  if (decision.kind !== 'enroll' || decision.barred || pending?.purpose !== 'enroll') return undefined;
  if (!decision.choices.includes(pending.authenticator)) return undefined;
  const authenticator = loop.runtime.authenticators.get(pending.authenticator);
  const account = who && !who.decoy ? await heldAccount(loop.request.unit, who.id) : undefined;
  if (!authenticator || !account || !subject) return undefined;
  return {
    pending,
    authenticator,
    account,
    subject,
    env: environmentOf(loop, pending.authenticator, account.credentials),
  };
}

/** The offer goes on: what was sent must come back. Too many messages: the person stays at the stage before. */
async function furtherStage(loop: Loop, pending: Pending, { more }: Continued): Promise<Answer> {
  const { deliver: _deliver, quotas: _quotas, undeliverable: _undeliverable, ...rest } = more;
  const { messages, outbox } = await sendWithin(loop, pending.authenticator, more);
  if (messages.length > 0) return { loop, messages };
  const expires = Math.min(more.expires, loop.transaction.expiresAt);
  return moveTo(loop, started(loop.transaction, { ...pending, ...rest, expires, outbox }));
}
