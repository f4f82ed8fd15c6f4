/**
 * Networks that try many passwords. This file promises: once too many were wrong, each form of the first page costs
 * work before anything is verified; a browser that the account knows goes on without (decision 69).
 */
import { networkOf } from '../../../authenticators/shared/sending-quotas.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import { guessingNetworkKey, knownDeviceKey, networkFailuresCounter } from '../../../stores/keys.ts';
import type { VersionedAccount } from '../../../users/record/account.ts';
import { lastSignIn } from '../../browser/known-device.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import { askedBeforehand } from './proof-of-work.ts';

const HOUR: Seconds = 3600;

/** So long a network is asked for work at least: it must not get its free tries back at once. */
const shortestWorkPeriod: Seconds = 900;

function networkIn({ request }: OpenTransaction): string {
  return networkOf(request.visitor.ip);
}

/** Until when its browsers have to work, in seconds from now. `undefined`: they do not. The key was loaded. */
export function workDueFor(context: OpenTransaction): Seconds | undefined {
  const entry = context.request.unit.peek(guessingNetworkKey(networkIn(context)));
  if (entry === undefined) return undefined;
  const { until } = JSON.parse(entry.value) as { readonly until: Seconds };
  const left = until - context.services.now();
  return left > 0 ? left : undefined;
}

/** The account knows the browser: its owner need not pay for strangers of the same network. */
export function isKnownTo(
  { request: { unit, visitor } }: OpenTransaction,
  account: VersionedAccount | undefined,
): boolean {
  if (account === undefined || visitor.device === undefined) return false;
  return lastSignIn(unit.peek(knownDeviceKey(visitor.device))?.value, account.user.id) !== undefined;
}

/**
 * The first page has its task at once, so that no form comes back because of it. A browser that was used here before
 * has none until it names an account that does not know it.
 */
export function withTaskOnFirstPage(context: OpenTransaction): OpenTransaction {
  const { transaction, request } = context;
  const { unit, visitor } = request;
  const isFirstPage = !transaction.subject && !transaction.registration && !transaction.recovering;
  const isUsed = visitor.device !== undefined && unit.peek(knownDeviceKey(visitor.device)) !== undefined;
  return !isFirstPage || isUsed || workDueFor(context) === undefined ? context : askedBeforehand(context);
}

/**
 * A password was wrong, of a known or of an unknown account: both cost the same round trip. Beyond what is free the
 * network counts as guessing, for all nodes. Rejects with `StoreUnavailable`.
 */
export async function countWrongPassword(context: OpenTransaction): Promise<void> {
  const { services, snapshot, request } = context;
  const network = networkIn(context);
  const { wrongPasswords: limit } = snapshot.settings.proofOfWork;
  const counter = networkFailuresCounter(network);
  const { granted, retryAfter } = await services.store.reserve(counter, [{ limit, window: HOUR }]);
  if (granted) return;
  const ttl = Math.max(shortestWorkPeriod, retryAfter);
  const value = JSON.stringify({ until: services.now() + ttl });
  request.unit.put(guessingNetworkKey(network), { value, ttl });
}
