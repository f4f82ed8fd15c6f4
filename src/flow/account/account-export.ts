/**
 * Exports everything stored about a user, for the user. This file promises: it contains no secret, and no attribute
 * that the schema reserves for administrators. The caller has checked the form and Law 7.
 */
import { auditKey, signInHistoryKey, usualPlacesKey } from '../../stores/keys.ts';
import { parseHistory } from '../../users/history/sign-in-history.ts';
import { readSignIns } from '../../users/history/sign-in-log.ts';
import { allUsualNetworks } from '../../users/history/usual-places.ts';
import type { User } from '../../users/record/user.ts';
import type { OpenAccount } from './open-account.ts';
import { describe, sessionsOf } from './sessions.ts';

/** Lines of the audit log per read. */
const page = 1000;

/** The content of the file. Times are in epoch seconds. */
export interface AccountExport {
  readonly issuer: string;
  readonly madeAt: number;
  readonly account: Readonly<Record<string, unknown>>;
  /** Names of attributes that only administrators may read. */
  readonly withheldAttributes: readonly string[];
  readonly signInMethods: readonly Readonly<Record<string, unknown>>[];
  readonly sessions: readonly Readonly<Record<string, unknown>>[];
  readonly signIns: readonly Readonly<Record<string, unknown>>[];
  /** Networks that count as usual for conditions about risk. Empty if there are none, or if no policy needs them. */
  readonly usualNetworks: readonly Readonly<Record<string, unknown>>[];
  /** For each session, when the user last signed in with it. Empty if no condition asks about it. */
  readonly signInHistory: readonly Readonly<Record<string, unknown>>[];
  readonly auditLog: readonly Readonly<Record<string, unknown>>[];
}

/** Rejects with `StoreUnavailable`. */
export async function exportAccount(context: OpenAccount): Promise<AccountExport> {
  const { services, account, snapshot } = context;
  const { attributes } = snapshot.settings.attributes;
  const names = Object.keys(account.user.profile);
  const withheld = names.filter((name) => Object.hasOwn(attributes, name) && attributes[name]?.read === 'admin');
  const sessions = await Promise.all((await sessionsOf(context)).map((session) => describe(session, context)));
  const signIns = await readSignIns(services.store, account.user.id);
  const places = await context.unit.get(usualPlacesKey(account.user.id));
  const networks = allUsualNetworks(places?.value);
  const history = parseHistory((await context.unit.get(signInHistoryKey(account.user.id)))?.value);
  return {
    issuer: services.issuer,
    madeAt: services.now(),
    account: withoutSecrets(account.user, withheld),
    withheldAttributes: withheld,
    signInMethods: account.credentials.map((credential) => methodWithoutSecret(credential, services)),
    sessions: sessions.map(({ id: _, ...session }) => session),
    signIns: signIns.map(({ session: _, ...signIn }) => signIn),
    usualNetworks: networks.map(({ ip, since, at }) => ({ ip, since, at })),
    signInHistory: history.map(({ session: _, ...signIn }) => signIn),
    auditLog: await auditLinesOf(context),
  };
}

function withoutSecrets(
  { askedAddress, askedIdentifier, formerIdentifiers = [], profile, ...user }: User,
  withheld: readonly string[],
): Readonly<Record<string, unknown>> {
  const readable = Object.entries(profile).filter(([name]) => !withheld.includes(name));
  return {
    ...user,
    profile: Object.fromEntries(readable),
    formerIdentifiers: formerIdentifiers.map(({ kind, value, replacedBy, until }) => ({
      kind,
      value,
      replacedBy,
      until,
    })),
    ...(askedAddress ? { askedAddress: { address: askedAddress.address, expires: askedAddress.expires } } : {}),
    ...(askedIdentifier ? { askedIdentifier: { value: askedIdentifier.value, expires: askedIdentifier.expires } } : {}),
  };
}

type OwnCredential = OpenAccount['account']['credentials'][number];

function methodWithoutSecret(credential: OwnCredential, { authenticators }: OpenAccount['services']) {
  const { secret: _, reservations: _ids, remembered = [], ...method } = credential;
  const browsers = remembered.map(({ at, until, ip, userAgent }) => ({ at, until, ip, userAgent }));
  const readable = authenticators.get(method.authenticator)?.readableData?.(credential);
  return { ...method, ...readable, rememberedBrowsers: browsers };
}

/** The user's lines that are still in the store. */
async function auditLinesOf({ services, account }: OpenAccount): Promise<AccountExport['auditLog']> {
  const own: Readonly<Record<string, unknown>>[] = [];
  let cursor: string | undefined;
  for (;;) {
    const lines = await services.store.tail(auditKey, cursor, page);
    for (const { value } of lines) {
      const line = value.includes(account.user.id) ? parseAuditLine(value) : undefined;
      if (line?.subject === account.user.id) own.push(line);
    }
    cursor = lines.at(-1)?.cursor;
    if (lines.length < page) return own;
  }
}

function parseAuditLine(value: string): Readonly<Record<string, unknown>> {
  return JSON.parse(value) as Readonly<Record<string, unknown>>;
}
