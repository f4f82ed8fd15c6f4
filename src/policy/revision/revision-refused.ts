/** Why the active revision was not changed. */
import { StepgateError } from '../../errors.ts';

export type RevisionRefusal =
  /** Another revision is in use than the one that it was compared with. */
  | 'revision_changed'
  /** There is no revision of this number. */
  | 'unknown_revision'
  /** The revision in use waits for no confirmation. */
  | 'nothing_to_confirm'
  /** The time to confirm it is over. */
  | 'confirmation_expired';

/** The message begins with the code. Nothing was changed. */
export class RevisionRefused extends StepgateError {
  readonly refusal: RevisionRefusal;

  constructor(refusal: RevisionRefusal, detail: string) {
    super('bad_request', `${refusal}: ${detail}`);
    this.name = 'RevisionRefused';
    this.refusal = refusal;
  }
}

/**
 * Where files say what is to be in use, a command that was faster is no reason not to apply them. Rejects like `apply`
 * once it was refused `rounds` times.
 */
export async function appliedAgain<Result>(apply: () => Promise<Result>, rounds = 5): Promise<Result> {
  try {
    return await apply();
  } catch (error) {
    if (rounds > 1 && error instanceof RevisionRefused) return appliedAgain(apply, rounds - 1);
    throw error;
  }
}
