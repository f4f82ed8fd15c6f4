/**
 * Whether a new enrollment is good enough for what it was asked for. One enrollment often shows less than its
 * authenticator can.
 */

import { evaluate } from '../decision/evaluate.ts';
import {
  type AuthenticatorDescriptor,
  type Characteristic,
  type Enrollment,
  type Facts,
  characteristics as mostSpecificFirst,
} from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { asActive, isAskedFor, withDescriptor } from './user-verification.ts';

/** `lacks`: the characteristic that is required and missing. Absent: no single one is to blame. */
export interface UnmetCharacteristic {
  readonly lacks?: Characteristic;
}

type Able = Pick<AuthenticatorDescriptor, 'factors' | 'characteristics'>;

/**
 * What keeps an enrollment that is about to be made from making progress. Undefined: nothing. The decision asks for the
 * authenticator at its best. The enrollment is not good enough if the decision would not ask for it, were this its
 * best.
 */
export function unmetCharacteristic(
  policies: PolicySet,
  facts: Facts,
  {
    authenticator: key,
    factors,
    characteristics,
    methods: own,
  }: Pick<Enrollment, 'authenticator' | 'factors' | 'characteristics' | 'methods'>,
): UnmetCharacteristic | undefined {
  const best = policies.authenticators.find((descriptor) => descriptor.key === key);
  const present = asActive(facts);
  const methods = own && { methods: best?.methods?.filter((method) => own.includes(method)) ?? own };
  const isEnough = (able: Able) => {
    const { factors: covered, characteristics: shown } = able;
    const weaker = withDescriptor(policies, key, (descriptor) => {
      return { ...descriptor, factors: covered, characteristics: shown, ...methods };
    });
    return isAskedFor(evaluate(weaker, present), key);
  };
  if (best === undefined || isEnough({ factors, characteristics })) return undefined;
  const without = (dropped: Characteristic) => best.characteristics.filter((other) => other !== dropped);
  const lacks = mostSpecificFirst
    .filter((candidate) => !characteristics.includes(candidate))
    .find((candidate) => !isEnough({ factors: best.factors, characteristics: without(candidate) }));
  return omitUndefined({ lacks });
}
