/** What a command writes with the deletion of a user, or the end of all sessions: sessions end, apps are told. */
import type { Seconds } from '../../core/model/facts.ts';
import { StepgateError } from '../../errors.ts';
import { type SessionEndParts, sessionEndOps, userDeletionOps } from '../../flow/session-ends.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import type { Op, Store } from '../../stores/store.ts';
import type { User } from '../../users/record/user.ts';

interface CommandParts {
  readonly authenticators: readonly AuthenticatorKind[];
  /** Epoch seconds. */
  readonly now: () => Seconds;
}

/** Without a readable configuration no app is told, and the sessions end all the same. */
export async function sessionEnds(
  store: Store,
  { authenticators, now }: CommandParts,
  user: User,
): Promise<readonly Op[]> {
  return sessionEndOps({ store, now, snapshot: await snapshotInUse(store, authenticators) }, user);
}

/** Without a readable configuration no app is told, and the user is deleted all the same. */
export async function deletionOps(
  store: Store,
  { authenticators, now }: CommandParts,
  user: User,
): Promise<readonly Op[]> {
  return userDeletionOps({ store, now, snapshot: await snapshotInUse(store, authenticators) }, user);
}

async function snapshotInUse(
  store: Store,
  authenticators: readonly AuthenticatorKind[],
): Promise<SessionEndParts['snapshot']> {
  try {
    return await new Revisions(store, { authenticators }).current();
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return undefined;
    throw error;
  }
}
