/** Which of the tokens that we sign is an ID token. */
import type { Provider } from 'oidc-provider';

/**
 * oidc-provider takes any JWT of this issuer, audience and key for the hint that an ID token is, a logout token too.
 * Each other kind says in `typ` what it is (RFC 8725 section 3.11; RFC 9068 section 2.1, Back-Channel Logout 1.0
 * section 2.4), and is no hint.
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
