/** What authenticators return, put together in one way. */
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import type { NewCredential, Proof, Refused } from '../authenticator.ts';
import type { RefusalCode } from '../refusal-codes.ts';

type Provable = Pick<AuthenticatorDescriptor, 'key' | 'factors' | 'characteristics'>;

/** A refusal at an input. */
export function refuse(code: RefusalCode, field = 'credentials.passcode'): Refused {
  return { ok: false, code, field };
}

/** A proof of all that the authenticator can prove. `amr`: RFC 8176. `method`: one of `descriptor.methods`. */
export function proofOf({ factors, characteristics }: Provable, amr: readonly string[], method?: string): Proof {
  return { factors, characteristics, amr, ...(method !== undefined && { method }) };
}

/** A credential with all that the authenticator can prove. */
export function credentialOf(
  { key: authenticator, factors, characteristics }: Provable,
  secret: Readonly<Record<string, unknown>>,
): NewCredential {
  return { authenticator, factors, characteristics, secret: { ...secret } };
}

/** Two methods of an authenticator that only an administrator hands out. */
export function notEnrollable(key: string) {
  const refuseToEnroll = (): never => {
    throw new TypeError(`${key} is not enrolled in the step loop: ask descriptor.enrollable first`);
  };
  return { beginEnrollment: refuseToEnroll, enroll: refuseToEnroll };
}

/** For a pending challenge that another authenticator issued: a defect, not a wrong answer. */
export function foreignChallenge(): TypeError {
  return new TypeError('the pending challenge is not one of this authenticator');
}
