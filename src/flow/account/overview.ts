/** What somebody sees of their own account, as data. */
import { browserInWords } from '../../authenticators/browser-in-words.ts';
import { enrollmentRuling, usablePolicies } from '../../core/enrollment.ts';
import type { Seconds } from '../../core/model.ts';
import { accountClientId } from '../../policy/account-app.ts';
import { readSignIns } from '../../users/sign-in-log.ts';
import { serverMac } from '../server-mac.ts';
import { isOver, peekSso, type SsoSession, ssoKey } from '../sso-session.ts';
import { noticeAddresses } from './notice.ts';
import type { OpenAccount } from './open-account.ts';

export interface OwnAuthenticator {
  readonly id: string;
  readonly authenticator: string;
  readonly label?: string;
  /** Epoch seconds. */
  readonly createdAt: Seconds;
}

/** From where, as the browser told; empty texts: not known. */
export interface Place {
  readonly browser: string;
  readonly system: string;
  readonly ip: string;
}

export interface OwnSession extends Place {
  /** Names the session to its owner; no other use. */
  readonly id: string;
  readonly current: boolean;
  /** Names of the apps that it signed in to. */
  readonly apps: readonly string[];
  /** Epoch seconds. */
  readonly startedAt: Seconds;
  readonly usedAt: Seconds;
}

export interface OwnSignIn extends Place {
  /** Epoch seconds. */
  readonly at: Seconds;
  readonly app: string;
  /** Keys of authenticators. */
  readonly proved: readonly string[];
}

export interface Overview {
  readonly identifier: string;
  readonly authenticators: readonly OwnAuthenticator[];
  /** Keys of the authenticators that can be added. */
  readonly addable: readonly string[];
  readonly sessions: readonly OwnSession[];
  readonly signIns: readonly OwnSignIn[];
  readonly addresses: readonly string[];
}

/** Sign-ins on the page. */
const shown = 10;

/** Rejects with `StoreUnavailable`. */
export async function overviewOf(open: OpenAccount): Promise<Overview> {
  const { account, policies, facts, runtime } = open;
  const { user, credentials } = account;
  const signIns = await readSignIns(runtime.store, user.id);
  const usable = usablePolicies(policies, enrollmentRuling(policies, facts).terms);
  return {
    identifier: user.identifiers[0] ?? user.id,
    authenticators: credentials.map(ownAuthenticator),
    addable: usable.authenticators.filter(({ enrollable }) => enrollable).map(({ key }) => key),
    sessions: await Promise.all((await sessionsOf(open)).map((session) => describe(session, open))),
    signIns: await Promise.all(
      signIns.slice(0, shown).map(async ({ at, client, proved, ip, userAgent }) => {
        return { at, app: await appName(client, open), proved, ip, ...browserInWords(userAgent) };
      }),
    ),
    addresses: noticeAddresses(account),
  };
}

export function ownAuthenticator({
  id,
  authenticator,
  label,
  createdAt,
}: OpenAccount['account']['credentials'][number]): OwnAuthenticator {
  return { id, authenticator, createdAt, ...(label === undefined ? {} : { label }) };
}

/** The sessions that are alive, this one first, then the newest. Rejects with `StoreUnavailable`. */
export async function sessionsOf({ account, session, unit, runtime }: OpenAccount): Promise<readonly SsoSession[]> {
  const { user } = account;
  const signIns = await readSignIns(runtime.store, user.id);
  const uids = [...new Set([session.uid, ...signIns.map((entry) => entry.session)])];
  await unit.load(uids.map(ssoKey));
  return uids.flatMap((uid) => {
    const one = peekSso(unit, uid);
    return one?.accountId === user.id && !isOver(one, user, runtime.now()) ? [one] : [];
  });
}

/** How the pages call a session: its uid stays with the server. */
export function sessionName({ runtime }: OpenAccount, uid: string): string {
  return serverMac(runtime.secrets().slice(-1), 'account session', [uid]);
}

export async function describe(one: SsoSession, open: OpenAccount): Promise<OwnSession> {
  const { uid, startedAt, used, authorizations } = one;
  const clients = Object.keys(authorizations).filter((client) => client !== accountClientId);
  return {
    id: sessionName(open, uid),
    current: uid === open.session.uid,
    apps: await Promise.all(clients.map((client) => appName(client, open))),
    startedAt,
    usedAt: used?.at ?? startedAt,
    ip: used?.ip ?? '',
    ...browserInWords(used?.userAgent ?? ''),
  };
}

async function appName(client: string, { snapshot }: OpenAccount): Promise<string> {
  return (await snapshot.app(client))?.name ?? client;
}
