/** What an authenticator shows when it does not verify its user. */
import type { AuthenticatorDescriptor } from '../model/facts.ts';

/** The descriptor without user verification: possession alone. One that never verifies its user stays as it is. */
export function presenceOnly<Able extends Pick<AuthenticatorDescriptor, 'factors' | 'characteristics'>>(
  able: Able,
): Able {
  if (!able.characteristics.includes('userVerification')) return able;
  return {
    ...able,
    factors: able.factors.filter((factor) => factor === 'possession'),
    characteristics: able.characteristics.filter((characteristic) => characteristic !== 'userVerification'),
  };
}
