/** Which facts about the past of an account can be found together. */
import type { Facts } from '../../../src/core/model/facts.ts';
import type { RiskSignal } from '../../../src/core/model/risk.ts';
import { pastCounts } from '../../../src/core/policy/risk.ts';

/** As the gathering of facts compares a sign-in with what is usual. Before a proof nothing of it counts. */
export function isGathered(facts: Facts): boolean {
  const { device, distance = 0, risk } = facts;
  const has = (signal: RiskSignal) => risk?.reasons.some((one) => one.signal === signal) ?? false;
  if (!pastCounts(facts)) return true;
  if (!device.known && !has('newDevice')) return false;
  if (device.known && has('recentFailures')) return false;
  return has('newNetwork') || (distance === 0 && !has('newCountry') && !has('impossibleTravel') && !risk?.unknown);
}
