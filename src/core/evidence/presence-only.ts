/** What an authenticator shows when it does not verify its user. */
import type { AuthenticatorDescriptor } from '../model/facts.ts';

/** Possession alone. An authenticator that cannot verify its user anyway stays as it is. */
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
