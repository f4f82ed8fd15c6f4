/** The code flow with PKCE in the demo's relying party. */
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  type IDToken,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
} from 'openid-client';
import { twoFactorAcr } from './claims-text.ts';
import type { DemoApp } from './demo-apps.ts';
import type { ClaimedAssurance, PendingSignIn, SignedIn, SignInKind } from './demo-sessions.ts';

const recentSeconds = 60;

/** What each action adds to the authorization request (OpenID Connect Core section 3.1.2.1). */
export const requestParameters: Readonly<Record<SignInKind, Readonly<Record<string, string>>>> = {
  plain: {},
  checkout: { scope: 'openid profile email address' },
  consent: { prompt: 'consent' },
  'step-up': { acr_values: twoFactorAcr },
  again: { prompt: 'login' },
  recent: { max_age: String(recentSeconds) },
  check: { prompt: 'none' },
};

/**
 * Starts the code flow with PKCE.
 * @returns where to send the browser, and what to store under `state`
 */
export async function startSignIn(
  config: Configuration,
  redirectUri: string,
  { app, kind }: { readonly app: DemoApp; readonly kind: SignInKind },
): Promise<{ readonly url: URL; readonly state: string; readonly pending: PendingSignIn }> {
  const state = randomState();
  const pending = { app: app.key, kind, verifier: randomPKCECodeVerifier(), nonce: randomNonce() };
  const url = buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: ['openid', ...(app.consentScopes ?? ['profile', 'email'])].join(' '),
    code_challenge: await calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    state,
    nonce: pending.nonce,
    ...requestParameters[kind],
  });
  return { url, state, pending };
}

/** Exchanges the code and checks the ID token. Rejects with the errors of openid-client. */
export async function finishSignIn(
  config: Configuration,
  callback: URL,
  { state, pending }: { readonly state: string; readonly pending: PendingSignIn },
): Promise<SignedIn> {
  const tokens = await authorizationCodeGrant(config, callback, {
    expectedState: state,
    expectedNonce: pending.nonce,
    pkceCodeVerifier: pending.verifier,
    idTokenExpected: true,
    ...(pending.kind === 'recent' ? { maxAge: recentSeconds } : {}),
  });
  const claims = tokens.claims();
  if (claims === undefined || tokens.id_token === undefined) throw new TypeError('the checked ID token is missing');
  const userInfo = await fetchUserInfo(config, tokens.access_token, claims.sub);
  return {
    subject: claims.sub,
    name: textClaim(userInfo.name),
    email: textClaim(userInfo.email),
    scopes: tokens.scope?.split(' ') ?? [],
    assurance: claimedAssurance(claims),
    claims,
    idToken: tokens.id_token,
    refreshToken: tokens.refresh_token,
  };
}

/** Requests new tokens. User and assurance come from the new ID token, if there is one. */
export async function refreshSignIn(config: Configuration, signedIn: SignedIn): Promise<SignedIn> {
  if (signedIn.refreshToken === undefined) return signedIn;
  const tokens = await refreshTokenGrant(config, signedIn.refreshToken);
  const refreshed = { ...signedIn, refreshToken: tokens.refresh_token ?? signedIn.refreshToken };
  const claims = tokens.claims();
  // OpenID Connect Core section 12.2: the refreshed ID token must name the same user.
  if (claims === undefined || tokens.id_token === undefined || claims.sub !== signedIn.subject) return refreshed;
  return { ...refreshed, assurance: claimedAssurance(claims), claims, idToken: tokens.id_token };
}

function claimedAssurance(claims: IDToken): ClaimedAssurance {
  const { acr, amr, auth_time: authTime } = claims;
  return {
    acr: textClaim(acr),
    amr: Array.isArray(amr) ? amr.filter((value) => typeof value === 'string') : [],
    authTime: typeof authTime === 'number' ? authTime : undefined,
  };
}

const textClaim = (value: unknown) => (typeof value === 'string' ? value : undefined);
