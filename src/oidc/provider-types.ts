/**
 * Parts of oidc-provider that its types leave out. All casts to them are in this file, so that an upgrade of the
 * library has one list to check. Each shape is that of version 9.13.
 */
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Seconds } from '../core/model/facts.ts';

export interface BackchannelLogoutClient {
  readonly clientId: string;
  readonly backchannelLogoutUri?: string;
  grantTypeAllowed(type: string): boolean;
  /** Whether its ID tokens name the session (`sid`). */
  includeSid(): boolean;
  /**
   * oidc-provider calls it when the account's `sid` ends, for the session of the request; we call it with the `uid` of
   * another one. See `queueBackchannelLogouts`.
   */
  backchannelLogout(accountId: string, sid: string | undefined, session?: string): Promise<void>;
  /**
   * oidc-provider's original method: sends a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.5). Rejects
   * if the client does not accept it.
   */
  sendLogoutToken(accountId: string, sid: string | undefined): Promise<void>;
}

/** The prototype of all clients of this instance. */
export function clientPrototype(provider: Provider): BackchannelLogoutClient {
  return (provider.Client as unknown as { readonly prototype: BackchannelLogoutClient }).prototype;
}

export async function findLogoutClient(provider: Provider, id: string): Promise<BackchannelLogoutClient | undefined> {
  return (await provider.Client.find(id)) as BackchannelLogoutClient | undefined;
}

/** The authentication under which a code or token was issued. */
export interface IssuedAssurance {
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Epoch seconds. */
  readonly authTime?: Seconds;
}

/** The assurance of the code or token that this request exchanges. */
export function exchangedAssurance({ oidc: { entities } }: KoaContextWithOIDC): IssuedAssurance | undefined {
  return (entities.AuthorizationCode ?? entities.RotatedRefreshToken ?? entities.RefreshToken ?? entities.DeviceCode) as
    | IssuedAssurance
    | undefined;
}

/** The `uid` of the session that oidc-provider uses in this request. */
export function currentSessionUid(): string | undefined {
  return Provider.ctx?.oidc?.session?.uid;
}

/** When the session of this request ends (epoch seconds). Undefined for a session that was never stored. */
export function sessionExpiry({ oidc }: KoaContextWithOIDC): Seconds | undefined {
  return (oidc.session as { readonly exp?: Seconds } | undefined)?.exp;
}

/** The session that the verified ID token hint names. */
export function hintedSession({
  entities,
}: KoaContextWithOIDC['oidc']): { readonly sub?: unknown; readonly sid?: unknown } | undefined {
  return (entities.IdTokenHint as { readonly payload?: { readonly sub?: unknown; readonly sid?: unknown } } | undefined)
    ?.payload;
}

/** The interaction is for a pushed request (RFC 9126). */
export function isPushed(interaction: InstanceType<Provider['Interaction']>): boolean {
  return (interaction as { readonly parJti?: unknown }).parJti !== undefined;
}

/**
 * Whether the device that the user approves asked for `max_age=0`, or its app has `default_max_age: 0`. oidc-provider
 * keeps either as `prompt=login` in the device code (RFC 8628) and drops it when the user enters the code.
 */
export function deviceAsksForLogin({ oidc }: KoaContextWithOIDC): boolean {
  const code = oidc.entities.DeviceCode as { readonly params?: { readonly prompt?: unknown } } | undefined;
  return code?.params?.prompt === 'login';
}

/** The `sub` of the verified ID token hint. */
export function hintedSubject({ oidc }: KoaContextWithOIDC): unknown {
  return (oidc.entities.IdTokenHint as { readonly payload?: { readonly sub?: unknown } } | undefined)?.payload?.sub;
}

/** The `sub` in the claims parameter (OpenID Connect Core section 5.5.1). */
export function claimedSubject({ oidc }: KoaContextWithOIDC): unknown {
  return (oidc.claims?.id_token as { readonly sub?: { readonly value?: unknown } | null } | undefined)?.sub?.value;
}

/** `deviceInfo` as oidc-provider creates it: the device's address and `User-Agent`. */
export function deviceInfo(info: unknown): { readonly ip?: string; readonly ua?: string } {
  return info ?? {};
}

/** Adds the polling interval (seconds; RFC 8628 section 3.2) to a device authorization response. */
export function setPollingInterval(answer: object, interval: Seconds): void {
  Object.assign(answer, { interval });
}

/** `make` returns the text of each new refresh token. */
export function nameRefreshTokens({ RefreshToken }: Provider, make: () => string): void {
  (RefreshToken.prototype as unknown as { generateTokenId(): string }).generateTokenId = make;
}
