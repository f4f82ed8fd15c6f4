/**
 * What one verification by an authenticator shows: all that its descriptor names, but for what differs from key to key.
 * The contract of authenticators promises it, and the analysis relies on it. Otherwise nothing could be proved about a
 * rule that names an authenticator, and examples could contain proofs that no user can give.
 */
import type { AuthenticatorDescriptor, Characteristic } from '../../model/facts.ts';
import type { Demand } from '../../model/policy.ts';
import { subsetsOf } from '../space/subsets.ts';

type Shown = Pick<AuthenticatorDescriptor, 'factors' | 'characteristics'>;

/** The characteristics in which keys differ, if a key can verify its user. */
const differing: readonly Characteristic[] = ['userVerification', 'deviceBound', 'hardwareProtected'];

/** The characteristics that some verifications by the authenticator lack. */
function differingIn({ characteristics }: Pick<Shown, 'characteristics'>): readonly Characteristic[] {
  if (!characteristics.includes('userVerification')) return [];
  return characteristics.filter((characteristic) => differing.includes(characteristic));
}

/** All that a verification may show. A key that hardware protects cannot be copied: it is bound to its device. */
export function possiblyShown(descriptor: Pick<Shown, 'characteristics'>): readonly (readonly Characteristic[])[] {
  const { characteristics } = descriptor;
  const differ = differingIn(descriptor);
  const lacks = subsetsOf(differ).filter(
    (lacking) =>
      !lacking.includes('deviceBound') ||
      !differ.includes('hardwareProtected') ||
      lacking.includes('hardwareProtected'),
  );
  return lacks.map((lacking) => characteristics.filter((characteristic) => !lacking.includes(characteristic)));
}

/** The least that a verification shows which meets the demand. Undefined: none does. */
export function leastShown(descriptor: Shown, { factor, characteristics: demanded = [] }: Demand): Shown | undefined {
  const { factors, characteristics: best } = descriptor;
  if (!demanded.every((wanted) => best.includes(wanted))) return undefined;
  const canVerify = best.includes('userVerification');
  const otherFactor = factor !== undefined && factor !== 'possession';
  const verifies = demanded.includes('userVerification') || !factors.includes('possession') || otherFactor;
  const needed: readonly Characteristic[] = [
    ...demanded,
    ...(verifies ? ['userVerification' as const] : []),
    ...(demanded.includes('hardwareProtected') ? ['deviceBound' as const] : []),
  ];
  const differ = differingIn(descriptor);
  return {
    factors: canVerify && !verifies ? ['possession'] : factors,
    characteristics: best.filter((shown) => !differ.includes(shown) || needed.includes(shown)),
  };
}
