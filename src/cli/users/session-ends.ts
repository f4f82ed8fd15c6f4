/** What a command writes when it deletes a user or ends all sessions: the sessions end, and the apps are notified. */
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

/** Without a readable configuration no app is notified, and the sessions still end. */
export async function sessionEnds(
  store: Store,
  { authenticators, now }: CommandParts,
  user: User,
): Promise<readonly Op[]> {
  return sessionEndOps({ store, now, snapshot: await activeSnapshot(store, authenticators) }, user);
}

/** Without a readable configuration no app is notified, and the user is still deleted. */
export async function deletionOps(
  store: Store,
  { authenticators, now }: CommandParts,
  user: User,
): Promise<readonly Op[]> {
  return userDeletionOps({ store, now, snapshot: await activeSnapshot(store, authenticators) }, user);
}

async function activeSnapshot(
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
