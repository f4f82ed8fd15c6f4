/** Which facts about the past of an account can be found together. */
import type { Facts } from '../../../src/core/model/facts.ts';
import type { RiskScoring, RiskSignal } from '../../../src/core/model/risk.ts';
import { pastCounts } from '../../../src/core/policy/values/risk.ts';

/**
 * As the gathering of facts compares a sign-in with what is usual. Before a proof nothing of it counts. `away`: no
 * sign-in for so long (seconds) is `longAway`. An object, so that no index of an array is taken for it.
 */
export function isGathered(facts: Facts, { away }: Pick<RiskScoring, 'away'>): boolean {
  const { now, device, distance = 0, risk, subject, lastSignIn = now } = facts;
  const has = (signal: RiskSignal) => risk?.reasons.some((reason) => reason.signal === signal) ?? false;
  const { createdAt = Number.NEGATIVE_INFINITY } = subject ?? {};
  if (lastSignIn !== 'unknown' && createdAt > lastSignIn) return false;
  if (!pastCounts(facts)) return true;
  if (has('longAway') && createdAt > now - away) return false;
  // The signal is that the browser is not known (decision 139).
  if (device.known === has('newDevice')) return false;
  if (device.known && has('recentFailures')) return false;
  return has('newNetwork') || (distance === 0 && !has('newCountry') && !has('impossibleTravel') && !risk?.unknown);
}
