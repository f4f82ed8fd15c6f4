/** Distinguishes ID tokens from other tokens that we sign. */
import type { Provider } from 'oidc-provider';

/**
 * As an ID token hint, oidc-provider accepts any JWT of this issuer, audience and key, even a logout token. All other
 * kinds declare themselves in `typ` (RFC 8725 section 3.11; RFC 9068 section 2.1, Back-Channel Logout 1.0 section 2.4)
 * and are refused as hints.
 */
export function takeOnlyIdTokensAsHints({ IdToken }: Provider): void {
  const { validate } = IdToken;
  IdToken.validate = async (token, client) => {
    const validated = await validate.call(IdToken, token, client);
    const { typ } = validated.header;
    if (typ !== undefined && !(typeof typ === 'string' && typ.toLowerCase() === 'jwt'))
      throw new TypeError('a token of another kind than an ID token');
    return validated;
  };
}
