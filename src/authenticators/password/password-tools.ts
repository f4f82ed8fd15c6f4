/** Sets passwords outside the step loop, for an administrator or an import, under the password policy as well. */
import { oneDay } from '../../core/model/durations.ts';
import type { Subject } from '../../core/model/facts.ts';
import type { NewCredential } from '../authenticator.ts';
import { HashingQueue } from '../shared/hashing-queue.ts';
import { passwordCredential } from './credential.ts';
import { type ComparedWith, formerHashes, refusedPassword } from './enroll.ts';
import { hashPassword, readHash } from './hash.ts';

/**
 * How long a command's hash may wait (seconds): a file may contain any number of passwords, and no user is waiting for
 * a page.
 */
const maxWait = oneDay;

/** `queue`: a server passes its own; a command makes one. */
export function passwordTools(queue: HashingQueue = new HashingQueue({ maxWait })) {
  return {
    /** Former passwords are kept, so that the user cannot return to them. An administrator does not know them. */
    create: async (
      text: string,
      context: Pick<ComparedWith, 'enrolled' | 'newPassword'> = { enrolled: [] },
    ): Promise<NewCredential> => passwordCredential(await hashPassword(queue, text), formerHashes(context).kept),
    fromHash: (text: string): NewCredential | undefined => {
      const read = readHash(text);
      return read && passwordCredential(read.hash);
    },
    check: (text: string, subject: Pick<Subject, 'identifiers' | 'profile'>, context: ComparedWith) =>
      refusedPassword(text, subject, context),
  };
}
