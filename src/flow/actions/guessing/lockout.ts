/**
 * How many attempts a secret allows. This file promises: for passwords, the rules of the password policy decide;
 * reading their limits needs the same round trips for every account and unknown identifier, and does not reveal which
 * identifiers have an account (decision 48).
 */
import type { Authenticator } from '../../../authenticators/authenticator.ts';
import type { Facts } from '../../../core/model/facts.ts';
import type { PasswordLockout } from '../../../core/model/password-policy.ts';
import { passwordLockouts, passwordRuling } from '../../../core/policy/rules/password-terms.ts';
import type { Limit } from '../../../stores/store.ts';
import type { Account } from '../../../users/record/user.ts';
import { toSubject } from '../../../users/record/user.ts';
import { serverMac } from '../../server-mac.ts';
import type { Services } from '../../services.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import type { LoadedAttempt } from '../verification/verify.ts';

/** The lockout as limits for the store. */
export function limitsOf({ attempts, within, wait, consecutive }: PasswordLockout): readonly Limit[] {
  return [
    { limit: attempts, window: within, ...(wait !== undefined && { wait }) },
    { limit: consecutive, window: 0 },
  ];
}

/**
 * The limits that are the same for all users, so that the attempt can be reserved while the account is loaded (decision
 * 4). Undefined if they differ by rule.
 */
export async function sharedLimits(
  { knownSnapshot }: Services,
  { descriptor, attemptLimits }: Authenticator,
): Promise<readonly Limit[] | undefined> {
  if (!descriptor.underPasswordPolicy) return attemptLimits;
  const [lockout, ...others] = passwordLockouts(await knownSnapshot()?.passwordPolicy());
  return others.length > 0 ? undefined : limitsOf(lockout);
}

/** The owner of an attempt: the account, or the stable id of an unknown identifier. */
export interface AttemptOwner {
  readonly facts: Facts;
  readonly account: Account | undefined;
  readonly subjectId: string;
  /** The key of the counter, if it was not known before. Absent: the key of the attempt. */
  readonly key?: string;
}

/**
 * Reserves the attempt that waited for the account, with the limits of the user's rule. An identifier without an
 * account always gets the limits of the same rule. Rejects with `StoreUnavailable`.
 */
export async function withDeferredAttempt(
  context: OpenTransaction,
  loaded: LoadedAttempt,
  owner: AttemptOwner,
): Promise<LoadedAttempt> {
  const { deferred } = loaded;
  if (deferred === undefined) return loaded;
  const limits = deferred.limits ?? (await ownLimits(context, owner));
  const reserve = { ...deferred, of: owner.key ?? deferred.of, limits };
  const { reservation, counter } = await context.services.store.load([], { reserve });
  return { limits, ...(reservation && { reservation }), ...(counter !== undefined && { counter }) };
}

/** The limits of the user's rule or, if no rule holds, of a drawn one. */
async function ownLimits(
  { services, snapshot, app }: OpenTransaction,
  { facts, account, subjectId }: AttemptOwner,
): Promise<readonly Limit[]> {
  const policies = await snapshot.policies(app);
  const all = passwordLockouts(policies.password);
  const subject = account && toSubject(account.user, account.credentials, facts.now);
  const ruling = subject && passwordRuling(policies, { ...facts, subject });
  const drawn = all[draw(services, subjectId) % all.length] ?? all[0];
  return limitsOf(ruling?.terms.lockout ?? drawn);
}

/** Uses the oldest secret, because the result must not change when a secret is added. */
function draw({ secrets }: Services, subjectId: string): number {
  return Buffer.from(serverMac(secrets().slice(-1), 'lockout decoy', [subjectId]), 'base64url').readUInt32BE(0);
}
