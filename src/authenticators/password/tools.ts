/** Setting passwords outside the step loop: by an administrator, by an import. */
import type { NewCredential } from '../authenticator.ts';
import { HashingQueue } from '../shared/hashing-queue.ts';
import { passwordCredential } from './credential.ts';
import { hashPassword, readHash } from './hash.ts';
import { checkNewPassword, type NewPassword } from './new-password.ts';

/** Seconds that a hash of a command may wait: a file may hold any number of passwords, and no user waits for a page. */
const maxWait = 86_400;

/** `queue`: within a server its own; a command makes one for itself. */
export function passwordTools(queue: HashingQueue = new HashingQueue({ maxWait })) {
  return {
    create: async (text: string): Promise<NewCredential> => passwordCredential(await hashPassword(queue, text)),
    fromHash: (text: string): NewCredential | undefined => {
      const read = readHash(text);
      return read && passwordCredential(read.hash);
    },
    check: (text: string, context: readonly string[]): NewPassword => checkNewPassword(text, context),
  };
}
