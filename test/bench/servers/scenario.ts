/** What both servers know: the same apps, the same users, the same scopes. */

/** Signing algorithms of ID tokens that are measured; there is one app for each. */
export const algorithms = ['ES256', 'RS256'] as const;
export type Algorithm = (typeof algorithms)[number];

export const redirectUri = 'https://app.example.org/callback';
export const scope = 'openid email profile';
export const password = 'correct horse battery staple';
/** More than there are connections, so that no two sign-ins of one user are under way at once. */
export const users = 64;

export function clientIdOf(algorithm: Algorithm): string {
  return `bench-${algorithm.toLowerCase()}`;
}

export function identifierOf(user: number): string {
  return `user-${user % users}@example.org`;
}

/** OpenID Connect client metadata of an app: public, with PKCE and refresh tokens. */
export function clientMetadata(algorithm: Algorithm) {
  return {
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [redirectUri],
    id_token_signed_response_alg: algorithm,
  } as const;
}

/** Seconds. */
export const lifetimes = { accessToken: 900, refreshToken: 14 * 86_400, session: 7200, interaction: 3600 } as const;
