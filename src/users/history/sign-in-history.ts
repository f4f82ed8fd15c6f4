/**
 * When a user last signed in, for conditions. This file promises: a sign-in to an app that asks for little does not
 * change what a stricter app sees. Only sign-ins at the strongest level that the account can reach are recorded
 * (Law 7), and the history is taken from before the session began.
 */
import type { Facts, Seconds } from '../../core/model/facts.ts';
import { keyTable } from '../../stores/key-table.ts';
import { signInHistoryKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';

/** A sign-in at the strongest level that the account can reach. */
export interface PastSignIn {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Uid of the SSO session. */
  readonly session: string;
  /** The address. Absent if no policy asked for it. */
  readonly ip?: string;
}

/** Sessions kept, newest last. More than one may be open at a time. */
const keptSessions = 20;

/** Records a sign-in. The entry must be loaded. */
export function recordInHistory(unit: UnitOfWork, userId: string, signIn: PastSignIn): void {
  unit.merge(signInHistoryKey(userId), (current) => ({
    value: JSON.stringify(withSignIn(parseHistory(current), signIn)),
    ttl: keyTable['sign-in-history'].lifetime.seconds,
  }));
}

/** Keeps the first and the newest sign-in of each session: one of them is the last before any later session. */
function withSignIn(history: readonly PastSignIn[], signIn: PastSignIn): readonly PastSignIn[] {
  const own = history.filter(({ session }) => session === signIn.session);
  const others = history.filter(({ session }) => session !== signIn.session);
  return [...others, ...own.slice(0, 1), signIn].slice(-2 * keptSessions);
}

/** A sign-in whose address is recorded. */
type PlacedSignIn = PastSignIn & Required<Pick<PastSignIn, 'ip'>>;

/** The last sign-in before `began` in another session than `session`, and those within that session. */
export function placedSignIns(
  value: string | undefined,
  { began, session }: { readonly began: Seconds; readonly session: string | undefined },
): { readonly last: PlacedSignIn | undefined; readonly own: readonly PlacedSignIn[] } {
  const placed = parseHistory(value).filter((pastSignIn): pastSignIn is PlacedSignIn => pastSignIn.ip !== undefined);
  return {
    last: placed.findLast((signIn) => signIn.session !== session && signIn.at <= began),
    own: placed.filter((signIn) => signIn.session === session),
  };
}

/** The last sign-in (epoch seconds) before `began` in another session than `session`. Undefined if none is recorded. */
export function lastSignInBefore(
  value: string | undefined,
  { began, session }: { readonly began: Seconds; readonly session: string | undefined },
): Seconds | undefined {
  const before = parseHistory(value).filter((pastSignIn) => pastSignIn.session !== session && pastSignIn.at <= began);
  return before.length === 0 ? undefined : Math.max(...before.map(({ at }) => at));
}

/**
 * The last sign-in as conditions see it. Recording begins with the first revision that asks for it (`since`): an
 * account may have signed in before that.
 */
export function lastSignInFacts(
  value: string | undefined,
  before: Parameters<typeof lastSignInBefore>[1],
  { createdAt, since }: { readonly createdAt: Seconds; readonly since: Seconds },
): Pick<Facts, 'lastSignIn' | 'isLastSignInAssumed'> {
  const recorded = lastSignInBefore(value, before);
  if (recorded !== undefined) return { lastSignIn: recorded };
  return createdAt <= since ? { lastSignIn: since, isLastSignInAssumed: true } : {};
}

export function parseHistory(value: string | undefined): readonly PastSignIn[] {
  return value === undefined ? [] : (JSON.parse(value) as readonly PastSignIn[]);
}
