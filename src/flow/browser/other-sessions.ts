/** The sessions of one account, and ending all but one of them. */
import type { Credential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { credentialsKey, ssoSessionKey, userKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { readSignIns } from '../../users/history/sign-in-log.ts';
import { nextValidAfter, type VersionedAccount } from '../../users/record/account.ts';
import { serializeCredentials, serializeUser, type User } from '../../users/record/user.ts';
import type { Services } from '../services.ts';
import { rememberedOnlyBy } from './remembered-browser.ts';
import { isOver, peekSso, type SsoSession } from './sso-session.ts';
import type { Visitor } from './visitor.ts';

/**
 * The live sessions: `own`, the session of this browser, comes first, then the newest. Rejects with `StoreUnavailable`.
 */
export async function liveSessions(
  { unit, services }: { readonly unit: UnitOfWork; readonly services: Pick<Services, 'store' | 'now'> },
  user: User,
  own: string | undefined,
): Promise<readonly SsoSession[]> {
  const signIns = await readSignIns(services.store, user.id);
  const uids = [...new Set([...(own === undefined ? [] : [own]), ...signIns.map(({ session }) => session)])];
  await unit.load(uids.map(ssoSessionKey));
  return uids.flatMap((uid) => {
    const one = peekSso(unit, uid);
    return one?.accountId === user.id && !isOver(one, user, services.now()) ? [one] : [];
  });
}

/** One request about an account. */
export interface AccountRequest {
  readonly services: Services;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
  /** As it was before the change. */
  readonly account: VersionedAccount;
  /** The SSO session of this browser, if it has one. */
  readonly session: string | undefined;
  /** Whether tokens issued within that session stay valid. */
  readonly withTokens: boolean;
}

/**
 * Ends every other session, and voids all codes, tokens and remembered browsers, including those that are not listed
 * any more. The session of this browser stays, with what the browser remembers and, if `withTokens`, with its tokens.
 * Writes `credentials`, the account's credentials from now on, in the same commit. Returns the new `validAfter`, which
 * a continuing sign-in takes over. Rejects with `StoreUnavailable`.
 */
export async function endOtherSessions(
  { services, unit, visitor, account, session, withTokens }: AccountRequest,
  credentials: readonly Credential[],
): Promise<Seconds> {
  const { user } = account;
  const alive = await liveSessions({ services, unit }, user, session);
  for (const { uid } of alive) if (uid !== session) await services.sessions.end(uid);
  const changed = { ...user, validAfter: nextValidAfter(user, services.now()) };
  const value = serializeUser(changed);
  unit.replace(userKey(user.id), { value, refs: [credentialsKey(user.id)] });
  const remembered = rememberedOnlyBy(credentials, visitor.browserSecret, { before: user, after: changed });
  unit.replace(credentialsKey(user.id), { value: serializeCredentials(remembered) });
  const own = alive.find(({ uid }) => uid === session);
  if (own) services.sessions.keep(own.uid, changed.validAfter, withTokens);
  return changed.validAfter;
}
