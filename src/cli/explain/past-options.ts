/** What the store knows of a real user's past, as options, and as facts where no option can say it. */
import type { Facts } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { pastInStore } from '../../flow/explain.ts';
import type { Store } from '../../stores/store.ts';
import type { FactOptions } from './fact-options.ts';
import { factsFromOptions } from './facts-from-options.ts';

interface KnownPast {
  readonly options: Pick<FactOptions, 'risk' | 'distance' | 'lastSignIn'>;
  /** What a node cannot find out, either: the file of places cannot be used. Empty if all is known. */
  readonly unknown: Pick<Facts, 'risk' | 'distance'>;
}

/**
 * The options that follow from the last sign-ins and the usual places of the user of `--user`, if there is one. What
 * is usual is compared with the address of `--ip`, so nothing is said about it without one.
 */
export async function pastOptions(
  store: Store,
  options: FactOptions,
  known: Parameters<typeof factsFromOptions>[1],
): Promise<KnownPast> {
  if (known.user === undefined) return { options: {}, unknown: {} };
  const { now, network, device } = factsFromOptions(options, known);
  const signIn = { subject: known.user, ip: network.ip, now, isKnown: device.known };
  const { lastSignIn, risk, distance } = await pastInStore(store, known.snapshot, signIn);
  const isAge = typeof lastSignIn === 'number' && options.accountAge === undefined;
  const age = isAge ? { lastSignIn: `${now - lastSignIn}s` } : {};
  if (network.ip === '' || risk === undefined) return { options: age, unknown: {} };
  const isGiven = (options.risk ?? options.distance) !== undefined;
  if (risk.unknown !== undefined || distance === 'unknown')
    return { options: age, unknown: isGiven ? {} : omitUndefined({ risk, distance }) };
  return {
    options: {
      ...age,
      ...(options.distance === undefined && { risk: risk.reasons.map(({ signal }) => signal) }),
      ...(options.risk === undefined && { distance: distanceText(distance) }),
    },
    unknown: {},
  };
}

function distanceText(distance: number | 'nowhere' = 0): string {
  return typeof distance === 'number' ? String(Math.round(distance)) : distance;
}
