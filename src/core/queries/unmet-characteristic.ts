/** Is a new enrollment good enough for what it was asked for? An authenticator can often show less than its best. */

import { evaluate } from '../decision/evaluate.ts';
import type { AuthenticatorDescriptor, Characteristic, Enrollment, Facts } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { isAskedFor, whateverStatus, withDescriptor } from './user-verification.ts';

/** `lacks`: what it must be able to show and cannot. Absent: no single thing can be named. */
export interface UnmetCharacteristic {
  readonly lacks?: Characteristic;
}

/** The one that says most comes first. */
const telling: readonly Characteristic[] = [
  'hardwareProtected',
  'deviceBound',
  'phishingResistant',
  'userVerification',
  'userPresence',
];

type Able = Pick<AuthenticatorDescriptor, 'factors' | 'characteristics'>;

/**
 * What keeps an enrollment that is about to be made from making progress; `undefined`: nothing. The decision asks for
 * it at its best; it does not do if it would not be asked for, were this its best.
 */
export function unmetCharacteristic(
  policies: PolicySet,
  facts: Facts,
  { authenticator: key, factors, characteristics }: Pick<Enrollment, 'authenticator' | 'factors' | 'characteristics'>,
): UnmetCharacteristic | undefined {
  const best = policies.authenticators.find((one) => one.key === key);
  const present = whateverStatus(facts);
  const isEnough = (able: Able) => {
    const { factors: covered, characteristics: shown } = able;
    const could = withDescriptor(policies, key, (one) => ({ ...one, factors: covered, characteristics: shown }));
    return isAskedFor(evaluate(could, present), key);
  };
  if (best === undefined || isEnough({ factors, characteristics })) return undefined;
  const without = (one: Characteristic) => best.characteristics.filter((other) => other !== one);
  const lacks = telling
    .filter((one) => best.characteristics.includes(one) && !characteristics.includes(one))
    .find((one) => !isEnough({ factors: best.factors, characteristics: without(one) }));
  return lacks === undefined ? {} : { lacks };
}
