/** What an authenticator shows that does not verify its user. */
import type { AuthenticatorDescriptor } from '../model/facts.ts';

/** Only that somebody is there who has it. What could not verify its user anyway stays as it is. */
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
