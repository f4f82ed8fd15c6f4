/** The changes that people make to their own account. Whoever calls has checked the form and Law 7. */
import { maskedAddress } from '../../core/mail-address.ts';
import { accountClientId } from '../../policy/account-app.ts';
import { nextValidAfter } from '../../users/account.ts';
import { releaseClaims } from '../../users/credential-claims.ts';
import { addressOf } from '../../users/notification-addresses.ts';
import { credentialsKey, serializeCredentials, serializeUser, userKey } from '../../users/user.ts';
import { audit } from '../audit.ts';
import { accountChanged, type Changed, type OwnChange } from '../news.ts';
import type { SsoSession } from '../sso-session.ts';
import { tell } from '../tell.ts';
import { type OpenAccount, senderOf } from './open-account.ts';
import { sessionsOf } from './sessions.ts';

/** What the protocol does with sessions. */
export interface SessionControl {
  /** Ends it: the session, its grants, and the relying parties hear of it. */
  end(uid: string): Promise<void>;
  /** It goes on although the account was given this new `validAfter`. */
  keep(uid: string, valid: number): void;
}

/** Longest name of an authenticator, in characters. */
const longestLabel = 64;

/** The name as it is kept; `undefined`: it cannot be one. */
export function labelOf(text: string | undefined): string | undefined {
  const label = (text ?? '').normalize('NFC').replace(/\s+/g, ' ').trim();
  const fits = label !== '' && Array.from(label).length <= longestLabel && label.isWellFormed();
  return fits && !/[\p{Cc}\p{Cf}]/u.test(label) ? label : undefined;
}

/** Saved by compare-and-swap: of two changes at a time one is refused as out of date. */
export function renameAuthenticator(open: OpenAccount, id: string, label: string): void {
  const { unit, account } = open;
  const { label: formerLabel = '', ...what } = whatIs(open, id);
  const changed = account.credentials.map((one) => (one.id === id ? { ...one, label } : one));
  unit.replace(credentialsKey(account.user.id), { value: serializeCredentials(changed) });
  record(open, 'renamed', { ...what, label, formerLabel });
}

/** Whoever calls has asked `refusalOf`. */
export function removeAuthenticator(open: OpenAccount, id: string): void {
  const { unit, account } = open;
  const kept = account.credentials.filter((one) => one.id !== id);
  unit.replace(credentialsKey(account.user.id), { value: serializeCredentials(kept) });
  for (const op of releaseClaims(account.credentials.filter((one) => one.id === id))) {
    if (op.op === 'delete') unit.delete(op.key);
  }
  record(open, 'removed', whatIs(open, id));
}

export async function endOneSession(open: OpenAccount, control: SessionControl, session: SsoSession): Promise<void> {
  await control.end(session.uid);
  record(open, 'session_ended');
}

/** Voids everything that was issued before, also what nobody can list any more; only this session goes on. */
export async function endOtherSessions(open: OpenAccount, control: SessionControl): Promise<void> {
  const { unit, runtime, account, session } = open;
  const others = (await sessionsOf(open)).filter(({ uid }) => uid !== session.uid);
  for (const { uid } of others) await control.end(uid);
  const { user } = account;
  const validAfter = nextValidAfter(user, runtime.now());
  unit.replace(userKey(user.id), {
    value: serializeUser({ ...user, validAfter }),
    refs: [credentialsKey(user.id)],
  });
  control.keep(session.uid, validAfter);
  record(open, 'sessions_ended');
}

function whatIs({ account }: OpenAccount, id: string): Changed {
  const one = account.credentials.find((credential) => credential.id === id);
  if (!one) return {};
  const address = addressOf(one);
  return {
    authenticator: one.authenticator,
    ...(one.label === undefined ? {} : { label: one.label }),
    ...(address === undefined ? {} : { address: maskedAddress(address) }),
  };
}

/** Tells and audits a change, in its commit. `also`: addresses that are theirs from now on. */
export function record(open: OpenAccount, change: OwnChange, what: Changed = {}, also: readonly string[] = []): void {
  const { unit, runtime, account, snapshot, visitor } = open;
  const { authenticator } = what;
  tell({ ...senderOf(open), account, app: snapshot.settings.brand.name }, accountChanged(change, what), also);
  audit(unit, runtime.audit, {
    event: `account.${change}`,
    outcome: 'success',
    subject: account.user.id,
    client: accountClientId,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    ...(authenticator === undefined ? {} : { authenticator }),
  });
}
