/** Why the active revision was not changed. */
import { StepgateError } from '../../errors.ts';

/** Each has a line in `docs/findings.md`. */
export const revisionRefusals = [
  'confirmation_expired',
  'nothing_to_confirm',
  'passkeys_orphaned',
  'revision_changed',
  'unknown_revision',
  'weaker',
] as const;

export type RevisionRefusal = (typeof revisionRefusals)[number];

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
 * Where files say what is to be active, a command that was faster is no reason not to apply them. Rejects like `apply`
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
