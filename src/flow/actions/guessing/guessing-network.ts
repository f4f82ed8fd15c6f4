/**
 * Networks that try many passwords. This file promises: after too many wrong ones, each form of the first page requires
 * work before anything is verified; a browser that the account has used is exempt (decision 69).
 */

import { networkOf } from '../../../authenticators/shared/sending-quotas.ts';
import { oneHour } from '../../../core/model/durations.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import { guessingNetworkKey, networkFailuresCounter, usedBrowserKey } from '../../../stores/keys.ts';
import type { VersionedAccount } from '../../../users/record/account.ts';
import { browserUseOf } from '../../browser/used-browser.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import { askedBeforehand } from './proof-of-work.ts';

/** The shortest time for which a network has to do work, so that it does not get free tries again at once. */
const shortestWorkPeriod: Seconds = 900;

function networkIn({ request }: OpenTransaction): string {
  return networkOf(request.visitor.ip);
}

/** For how many seconds the network's browsers have to do work. Undefined if they do not. The key must be loaded. */
export function workDueFor(context: OpenTransaction): Seconds | undefined {
  const entry = context.request.unit.peek(guessingNetworkKey(networkIn(context)));
  if (entry === undefined) return undefined;
  const { until } = JSON.parse(entry.value) as { readonly until: Seconds };
  const left = until - context.services.now();
  return left > 0 ? left : undefined;
}

/**
 * The user has signed in with the browser, at whatever level, and should not suffer for strangers in the same network.
 * Nothing may rest on this that a policy asks about: that is `device.known` (decision 139).
 */
export function isUsedBy(
  { request: { unit, visitor } }: OpenTransaction,
  account: VersionedAccount | undefined,
): boolean {
  if (account === undefined || visitor.browserSecret === undefined) return false;
  return browserUseOf(unit.peek(usedBrowserKey(visitor.browserSecret))?.value, account.user.id) !== undefined;
}

/**
 * The first page contains its task from the start, so that no form is returned just for it. A browser that was used
 * here before gets no task until it names an account that has not used it.
 */
export function withTaskOnFirstPage(context: OpenTransaction): OpenTransaction {
  const { transaction, request } = context;
  const { unit, visitor } = request;
  const isFirstPage = !transaction.subject && !transaction.registration && !transaction.recovering;
  const isUsed = visitor.browserSecret !== undefined && unit.peek(usedBrowserKey(visitor.browserSecret)) !== undefined;
  return !isFirstPage || isUsed || workDueFor(context) === undefined ? context : askedBeforehand(context);
}

/**
 * Counts a wrong password for a known or an unknown account, with the same round trip for both. Above the free number
 * the network counts as guessing, on all nodes. Rejects with `StoreUnavailable`.
 */
export async function countWrongPassword(context: OpenTransaction): Promise<void> {
  const { services, snapshot, request } = context;
  const network = networkIn(context);
  const { wrongPasswords: limit } = snapshot.settings.proofOfWork;
  const counter = networkFailuresCounter(network);
  const { granted, retryAfter } = await services.store.reserve(counter, [{ limit, window: oneHour }]);
  if (granted) return;
  const ttl = Math.max(shortestWorkPeriod, retryAfter);
  const value = JSON.stringify({ until: services.now() + ttl });
  request.unit.put(guessingNetworkKey(network), { value, ttl });
}
