/** What tokens are signed with. */

/** JWS algorithms that can be configured (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export const signingAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

export type SigningAlgorithm = (typeof signingAlgorithms)[number];

export interface SigningSettings {
  /** Those that are enabled. Keys are published for these only. */
  readonly algorithms: readonly SigningAlgorithm[];
}

/**
 * RS256 is what every relying party must know (OpenID Connect Core section 15.1); ES256 is fast and known to nearly
 * all.
 */
export const defaultAlgorithms = ['RS256', 'ES256'] as const satisfies readonly SigningAlgorithm[];

/** What an app or API gets that names none: the default of OpenID Connect, if it is enabled. */
export function usualAlgorithm(enabled: readonly SigningAlgorithm[]): SigningAlgorithm {
  return enabled.includes('RS256') ? 'RS256' : (enabled[0] ?? 'RS256');
}
