/** How oidc-provider's models are stored: under which key, with which references, and when they count. */
import type { AdapterPayload } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { isKeptWith, peekSso, type SsoSession } from '../../flow/browser/sso-session.ts';
import type { TokenBasis } from '../../flow/facts/token-basis.ts';
import { type KeyKind, keyOf, keyRow } from '../../stores/key-table.ts';
import { grantKey, pollingIntervalKey, ssoSessionKey, transactionKey, userKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import type { Merged, UnitOfWork } from '../../stores/unit-of-work.ts';
import { appValidAfter } from '../../users/record/app-access.ts';
import { parseUser } from '../../users/record/user.ts';
import type { StorageScope } from '../request-scope.ts';
import { familyOf, type RefreshFamily } from './refresh-family.ts';

/** A payload and, if it belongs to an account, the state of the account when it was issued. */
export interface Stored {
  /** Without the token itself, whose hash is the key. */
  readonly payload: AdapterPayload;
  /** `validAfter` of the account at that time. */
  readonly validAfter?: Seconds;
  /** The same for the app. The user changes it by ending the access of the app: what was issued before is then void. */
  readonly appValidAfter?: Seconds;
  /** The basis, for models from which tokens follow. */
  readonly basis?: TokenBasis;
  /** For a refresh token. */
  readonly family?: RefreshFamily;
  /** For a grant: the keys of its newest families of refresh tokens, which are deleted with it. */
  readonly families?: readonly string[];
}

export function parseStored(value: string): Stored {
  return JSON.parse(value) as Stored;
}

/** Models from which further tokens follow. Each is stored with its basis. */
export const tokenSources: ReadonlySet<string> = new Set(['AuthorizationCode', 'DeviceCode', 'RefreshToken']);

/**
 * The stored models of oidc-provider. Sessions have their own adapter, clients are configured, and the others belong to
 * disabled features: introspection still looks for some of them, and finds nothing.
 */
const kindOf: Readonly<Record<string, KeyKind>> = {
  AccessToken: 'access-token',
  AuthorizationCode: 'authorization-code',
  ClientCredentials: 'service-token',
  DeviceCode: 'device-code',
  Grant: 'grant',
  Interaction: 'interaction',
  PushedAuthorizationRequest: 'pushed-authorization-request',
  RefreshToken: 'refresh-token',
  ReplayDetection: 'replay-detection',
};

export function isStored(model: string): boolean {
  return kindOf[model] !== undefined;
}

/** Throws `TypeError` for a model that is not stored. */
export function modelKey(model: string, id: string): string {
  const kind = kindOf[model];
  if (kind === undefined) throw new TypeError(`the store has no kind of key for ${model}`);
  return keyOf(kind, model === 'RefreshToken' ? familyOf(id) : id);
}

/** Parameters that present a code or token, and the possible models of each. */
const presenting: Readonly<Record<string, readonly string[]>> = {
  code: ['AuthorizationCode'],
  refresh_token: ['RefreshToken'],
  device_code: ['DeviceCode'],
  token: ['AccessToken', 'RefreshToken', 'ClientCredentials'],
};

/** Keys of what a request with these parameters presents. */
export function presentedKeys(parameters: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(presenting).flatMap(([name, models]) => {
    const value = parameters[name];
    return typeof value === 'string' ? models.map((model) => modelKey(model, value)) : [];
  });
}

/** One model within one scope. */
export interface ModelStorage {
  readonly model: string;
  readonly store: Store;
  readonly scope: StorageScope;
}

export interface Upsert {
  readonly id: string;
  readonly payload: AdapterPayload;
  /** Seconds. */
  readonly ttl: number | undefined;
}

/** The payload with its present context: the account, and the token basis of this request. */
export async function storedOf({ model, scope }: ModelStorage, { payload }: Upsert): Promise<Stored> {
  const user = payload.accountId ? await scope.unit.get(userKey(payload.accountId)) : undefined;
  const account = user && parseUser(user.value);
  return omitUndefined({
    payload: withoutSecret(model, model === 'AccessToken' ? withoutClaims(payload, scope.refusedClaims) : payload),
    validAfter: account?.validAfter,
    appValidAfter: account && appValidAfter(account, payload.clientId ?? ''),
    basis: tokenSources.has(model) ? scope.tokenBasis : undefined,
  });
}

/** Refresh tokens keep the names, because what is refused now may be granted later. */
function withoutClaims(payload: AdapterPayload, refused: readonly string[] = []): AdapterPayload {
  const { userinfo, ...others } = payload.claims ?? {};
  if (!userinfo || refused.length === 0) return payload;
  const left = Object.entries(userinfo).filter(([claim]) => !refused.includes(claim));
  return { ...payload, claims: { ...others, userinfo: Object.fromEntries(left) } };
}

/** An issued secret is never stored, so that a copy of the store contains nothing usable. */
function withoutSecret(model: string, { jti, ...payload }: AdapterPayload): AdapterPayload {
  return isSecret(model) ? payload : omitUndefined({ ...payload, jti });
}

/** Whether only the holder knows the id of the model. */
function isSecret(model: string): boolean {
  return keyRow(kindOf[model] ?? '')?.tag.rule === 'hash';
}

/** The payload as oidc-provider passed it. */
export function payloadOf(model: string, id: string, { payload }: Stored): AdapterPayload {
  return isSecret(model) ? { ...payload, jti: id } : payload;
}

/** `key`: the key of the model. */
export function mergedOf(
  stored: Stored,
  of: { readonly model: string; readonly key: string } & Omit<Upsert, 'payload'>,
): Merged {
  return omitUndefined({ value: JSON.stringify(stored), ttl: of.ttl, refs: refsOf(of, stored.payload) });
}

/** Everything that should be loaded together with a payload, so that the request needs no second load. */
function refsOf(
  { model, key, id }: { readonly model: string; readonly key: string; readonly id: string },
  payload: AdapterPayload,
): readonly string[] {
  const refs: string[] = [];
  if (model === 'Interaction') refs.push(transactionKey(id));
  if (model === 'DeviceCode') refs.push(pollingIntervalKey(key));
  if (payload.grantId) refs.push(grantKey(payload.grantId));
  const session = payload.sessionUid ?? payload.session?.uid;
  if (session) refs.push(ssoSessionKey(session));
  if (payload.accountId) refs.push(userKey(payload.accountId));
  return refs;
}

/** A model that belongs to a grant or an account lives only as long as these. */
export async function isWithGrantAndAccount(model: string, stored: Stored, unit: UnitOfWork): Promise<boolean> {
  const { payload, validAfter } = stored;
  if (payload.grantId && !(await unit.get(grantKey(payload.grantId)))) return false;
  if (!payload.accountId) return true;
  const user = await unit.get(userKey(payload.accountId));
  if (!user) return false;
  const account = parseUser(user.value);
  if (account.status !== 'active') return false;
  // The user ended this app's access, or withdrew part of it.
  if (appValidAfter(account, payload.clientId ?? '') !== stored.appValidAfter) return false;
  // A grant is useless by itself: the sessions and tokens that lead to it decide whether they are still valid.
  if (model === 'Grant' || account.validAfter === validAfter) return true;
  const { sessionUid } = payload;
  return sessionUid !== undefined && isKeptWith(await sessionOf(sessionUid, unit), account, validAfter);
}

async function sessionOf(uid: string, unit: UnitOfWork): Promise<SsoSession | undefined> {
  await unit.load([ssoSessionKey(uid)]);
  return peekSso(unit, uid);
}
