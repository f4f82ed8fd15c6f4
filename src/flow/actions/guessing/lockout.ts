/**
 * How many attempts there are at a secret. This file promises: the password policy says it for passwords, rule by rule;
 * the numbers of its rules cost every account and every unknown identifier the same round trips, and do not tell
 * which identifiers have an account (decision 48).
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

/** The limits that the store counts by. */
export function limitsOf({ attempts, within, wait, consecutive }: PasswordLockout): readonly Limit[] {
  return [
    { limit: attempts, window: within, ...(wait !== undefined && { wait }) },
    { limit: consecutive, window: 0 },
  ];
}

/**
 * The limits that are the same for all users, so that the attempt can be reserved while the account is loaded
 * (decision 4). Undefined: they differ by rule.
 */
export async function sharedLimits(
  { knownSnapshot }: Services,
  { descriptor, attemptLimits }: Authenticator,
): Promise<readonly Limit[] | undefined> {
  if (!descriptor.underPasswordPolicy) return attemptLimits;
  const [lockout, ...others] = passwordLockouts(await knownSnapshot()?.passwordPolicy());
  return lockout === undefined || others.length > 0 ? undefined : limitsOf(lockout);
}

/** Whose attempt it is: the account, or the stable id of an identifier that no account has. */
export interface AttemptOwner {
  readonly facts: Facts;
  readonly account: Account | undefined;
  readonly subjectId: string;
  /** The key that the attempt is counted under, where it was not known before; absent: that of the attempt. */
  readonly key?: string;
}

/**
 * Reserves the attempt that waited for the account, by the rule of the user. An identifier without an account has the
 * numbers of one of the rules, always the same. Rejects with `StoreUnavailable`.
 */
export async function withDeferredAttempt(
  context: OpenTransaction,
  loaded: LoadedAttempt,
  owner: AttemptOwner,
): Promise<LoadedAttempt> {
  const { deferred } = loaded;
  if (deferred === undefined) return loaded;
  const limits = deferred.limits ?? (await ownLimits(context, owner));
  if (limits === undefined) return loaded;
  const reserve = { ...deferred, of: owner.key ?? deferred.of, limits };
  const { reservation, counter } = await context.services.store.load([], { reserve });
  return { limits, ...(reservation && { reservation }), ...(counter !== undefined && { counter }) };
}

/** By the rule of the user. `undefined`: there is no rule. */
async function ownLimits(
  { services, snapshot, app }: OpenTransaction,
  { facts, account, subjectId }: AttemptOwner,
): Promise<readonly Limit[] | undefined> {
  const policies = await snapshot.policies(app);
  const all = passwordLockouts(policies.password);
  const subject = account && toSubject(account.user, account.credentials, facts.now);
  const ruling = subject && passwordRuling(policies, { ...facts, subject });
  const drawn = all[draw(services, subjectId) % all.length] ?? all[0];
  const lockout = ruling?.terms.lockout ?? drawn;
  return lockout && limitsOf(lockout);
}

/** Draws with the oldest secret: the result must not change when a secret is added. */
function draw({ secrets }: Services, subjectId: string): number {
  return Buffer.from(serverMac(secrets().slice(-1), 'lockout decoy', [subjectId]), 'base64url').readUInt32BE(0);
}
