/** What the store knows of a real user's past, as options. */
import { pastInStore } from '../../flow/explain.ts';
import type { Store } from '../../stores/store.ts';
import type { FactOptions } from './fact-options.ts';
import { factsFromOptions } from './facts-from-options.ts';

/**
 * The options that follow from the last sign-ins and the usual places of the user of `--user`, if there is one. What
 * is usual is compared with the address of `--ip`, so nothing is said about it without one.
 */
export async function pastOptions(
  store: Store,
  options: FactOptions,
  known: Parameters<typeof factsFromOptions>[1],
): Promise<Pick<FactOptions, 'risk' | 'distance' | 'lastSignIn'>> {
  if (known.user === undefined) return {};
  const { now, network, device } = factsFromOptions(options, known);
  const signIn = { subject: known.user, ip: network.ip, now, isKnown: device.known };
  const { lastSignIn, risk, distance } = await pastInStore(store, known.snapshot, signIn);
  // What could not be found out is nothing that options can say.
  const isCompared = network.ip !== '' && risk !== undefined && risk.unknown === undefined && distance !== 'unknown';
  const isAge = typeof lastSignIn === 'number' && options.accountAge === undefined;
  return {
    ...(isAge && { lastSignIn: `${now - lastSignIn}s` }),
    ...(isCompared && options.distance === undefined && { risk: risk.reasons.map(({ signal }) => signal) }),
    ...(isCompared && options.risk === undefined && { distance: distanceText(distance) }),
  };
}

function distanceText(distance: number | 'nowhere' = 0): string {
  return typeof distance === 'number' ? String(Math.round(distance)) : distance;
}
