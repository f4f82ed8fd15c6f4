/**
 * What oidc-provider has and its types leave out. Casts to that stand here and nowhere else, so that an upgrade of the
 * library has one list to check. Each shape is what version 9.13 makes.
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
   * oidc-provider calls it when `sid` of the account ends, for its session of this request; we with the `uid` of
   * another one. `queueBackchannelLogouts` says what it does.
   */
  backchannelLogout(accountId: string, sid: string | undefined, session?: string): Promise<void>;
  /**
   * The method that oidc-provider brings: sends a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.5).
   * Rejects when the client does not take it.
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

/** Under which authentication a code or token was issued. */
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

/** The `uid` of the session that oidc-provider works on in this request. */
export function currentSessionUid(): string | undefined {
  return Provider.ctx?.oidc?.session?.uid;
}

/** When the session of this request ends (epoch seconds). A session that was never stored has no such time. */
export function sessionExpiry({ oidc }: KoaContextWithOIDC): Seconds | undefined {
  return (oidc.session as { readonly exp?: Seconds } | undefined)?.exp;
}

/** Whose session the ID token hint, which is verified, is of. */
export function hintedSession({
  entities,
}: KoaContextWithOIDC['oidc']): { readonly sub?: unknown; readonly sid?: unknown } | undefined {
  return (entities.IdTokenHint as { readonly payload?: { readonly sub?: unknown; readonly sid?: unknown } } | undefined)
    ?.payload;
}

/** The interaction is for a request that the app pushed (RFC 9126). */
export function isPushed(interaction: InstanceType<Provider['Interaction']>): boolean {
  return (interaction as { readonly parJti?: unknown }).parJti !== undefined;
}

/** The `sub` of the ID token hint, which is verified. */
export function hintedSubject({ oidc }: KoaContextWithOIDC): unknown {
  return (oidc.entities.IdTokenHint as { readonly payload?: { readonly sub?: unknown } } | undefined)?.payload?.sub;
}

/** The `sub` that the claims parameter asks for (OpenID Connect Core section 5.5.1). */
export function claimedSubject({ oidc }: KoaContextWithOIDC): unknown {
  return (oidc.claims?.id_token as { readonly sub?: { readonly value?: unknown } | null } | undefined)?.sub?.value;
}

/** `deviceInfo` as oidc-provider makes it: the address and the `User-Agent` of the device. */
export function deviceInfo(info: unknown): { readonly ip?: string; readonly ua?: string } {
  return info ?? {};
}

/** Adds the polling interval (seconds; RFC 8628 section 3.2) to the answer to a device authorization request. */
export function setPollingInterval(answer: object, interval: Seconds): void {
  Object.assign(answer, { interval });
}

/** `make` gives each refresh token that is saved for the first time its text. */
export function nameRefreshTokens({ RefreshToken }: Provider, make: () => string): void {
  (RefreshToken.prototype as unknown as { generateTokenId(): string }).generateTokenId = make;
}
