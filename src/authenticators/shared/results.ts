/** Builds the results of authenticators. */
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import type { NewCredential, Proof, Refused } from '../authenticator.ts';
import type { RefusalCode } from '../refusal-codes.ts';

type Provable = Pick<AuthenticatorDescriptor, 'key' | 'factors' | 'characteristics'>;

/** A refusal that belongs to an input. */
export function refuse(code: RefusalCode, field = 'credentials.passcode'): Refused {
  return { ok: false, code, field };
}

/** A proof of everything that the authenticator can prove. `amr`: RFC 8176. `method`: one of `descriptor.methods`. */
export function proofOf({ factors, characteristics }: Provable, amr: readonly string[], method?: string): Proof {
  return { factors, characteristics, amr, ...(method !== undefined && { method }) };
}

/** A credential with everything that the authenticator can prove. */
export function credentialOf(
  { key: authenticator, factors, characteristics }: Provable,
  secret: Readonly<Record<string, unknown>>,
): NewCredential {
  return { authenticator, factors, characteristics, secret: { ...secret } };
}

/** The two enrollment methods of an authenticator that only an administrator issues. */
export function notEnrollable(key: string) {
  const refuseToEnroll = (): never => {
    throw new TypeError(`${key} is not enrolled in the step loop: ask descriptor.enrollable first`);
  };
  return { beginEnrollment: refuseToEnroll, enroll: refuseToEnroll };
}

/** For a pending challenge of another authenticator: a defect, not a wrong answer. */
export function foreignChallenge(): TypeError {
  return new TypeError('the pending challenge is not one of this authenticator');
}
