/** Implements `--void-recovery-codes`, which removes the recovery codes of all users. */
import { credentialsKey } from '../../../stores/keys.ts';
import { parseCredentials, serializeCredentials } from '../../../users/record/user.ts';

const kind = credentialsKey('x').split(':')[0];

/** A document without recovery codes. `authenticator`: the key of the recovery code authenticator. */
export function withoutRecoveryCodes(key: string, text: string, authenticator: string): string {
  if (key.split(':')[0] !== kind) return text;
  return serializeCredentials(
    parseCredentials(text).filter((credential) => credential.authenticator !== authenticator),
  );
}

/** Whether recovery codes stay valid in a new epoch, as a sentence for the operator. */
export function aboutRecoveryCodes(areVoid: boolean): string {
  return areVoid
    ? 'recovery codes are void: users make new ones on their account page'
    : 'recovery codes stay valid, those that were used since the backup included: --void-recovery-codes voids them';
}
