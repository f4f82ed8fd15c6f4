/** A public client without a library: full control over what is sent to the protocol endpoints. */
import { createHash, randomBytes } from 'node:crypto';
import { lightFetch } from './light-fetch.ts';
import { redirectUri } from './relying-party.ts';

export interface Authorization {
  readonly url: string;
  readonly clientId: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** An authorization request with PKCE; `parameters` replace the usual ones. */
export function authorization(
  issuer: string,
  clientId: string,
  parameters: Readonly<Record<string, string>> = {},
): Authorization {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid email profile groups',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
    ...parameters,
  });
  return {
    url: `${issuer}/oauth2/v1/authorize?${query}`,
    clientId,
    verifier,
    redirectUri: query.get('redirect_uri') ?? redirectUri,
  };
}

export interface TokenAnswer {
  readonly status: number;
  readonly error?: string;
  readonly tokens?: {
    readonly access_token: string;
    readonly id_token?: string;
    readonly refresh_token?: string;
    readonly scope?: string;
  };
}

/** Posts to the token endpoint of the node at `origin`. */
export async function postToken(origin: string, fields: Readonly<Record<string, string>>): Promise<TokenAnswer> {
  const response = await lightFetch(`${origin}/oauth2/v1/token`, { method: 'POST', body: new URLSearchParams(fields) });
  const body = (await response.json()) as NonNullable<TokenAnswer['tokens']> & { readonly error?: string };
  return response.ok ? { status: response.status, tokens: body } : { status: response.status, error: body.error ?? '' };
}

/** Redeems the code in the address that the browser was sent back to. */
export function redeemCode(
  origin: string,
  { clientId, verifier, redirectUri: redirect }: Authorization,
  callback: string,
): Promise<TokenAnswer> {
  return postToken(origin, {
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: redirect,
    code: new URL(callback).searchParams.get('code') ?? '',
    code_verifier: verifier,
  });
}

export function refresh(origin: string, clientId: string, token: string): Promise<TokenAnswer> {
  return postToken(origin, { grant_type: 'refresh_token', client_id: clientId, refresh_token: token });
}

/** The claims of an ID token, unverified: for tests about what is in it. */
export function claimsOf(idToken: string | undefined): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(idToken?.split('.')[1] ?? '', 'base64url').toString() || '{}') as Record<
    string,
    unknown
  >;
}
