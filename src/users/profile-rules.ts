/** What a profile may hold. */

/** Longest value of one attribute, in UTF-16 units, and longest list. */
const maxText = 2048;
const maxMembers = 100;

/**
 * Names that mean something in a token or a record; a profile must not be able to speak for them (RFC 7519, OpenID
 * Connect Core).
 */
const reserved = new Set(
  (
    'iss sub aud exp nbf iat jti azp nonce acr amr auth_time authTime at_hash c_hash s_hash sid events cnf client_id scope roles ' +
    'id status groups identifiers validAfter createdAt updatedAt credentials enrollments __proto__ constructor prototype'
  ).split(' '),
);

/** Why a text cannot be kept; `undefined`: it can. */
export function textFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'it is not a text';
  if (value.trim() === '') return 'it is empty';
  if (value.length > maxText) return `it is longer than ${maxText} characters`;
  if (!value.isWellFormed() || /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(value))
    return 'it has control characters';
  return undefined;
}

/** Why an attribute cannot be kept under this name with this value; `undefined`: it can. */
export function attributeFault(name: string, value: unknown): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
    return 'an attribute is named with letters, digits and "_", at most 64';
  if (reserved.has(name)) return 'this name is reserved';
  return standard.get(name)?.(value) ?? (standard.has(name) ? undefined : customFault(value));
}

function customFault(value: unknown): string | undefined {
  if (typeof value === 'boolean' || Number.isFinite(value)) return undefined;
  if (!Array.isArray(value))
    return typeof value === 'string' ? textFault(value) : 'it is no text, number, boolean or list of texts';
  if (value.length > maxMembers) return `it has more than ${maxMembers} members`;
  return value.map(textFault).find((fault) => fault !== undefined);
}

const standard: ReadonlyMap<string, (value: unknown) => string | undefined> = new Map([
  ['displayName', textFault],
  ['givenName', textFault],
  ['familyName', textFault],
  ['email', (value) => textFault(value) ?? (String(value).includes('@') ? undefined : 'it is no email address')],
  ['emailVerified', (value) => (typeof value === 'boolean' ? undefined : 'it is neither true nor false')],
  [
    'phone',
    (value) => (/^\+[1-9]\d{6,14}$/.test(String(value)) ? undefined : 'it is no phone number like +4930123456'),
  ],
  ['phoneVerified', (value) => (typeof value === 'boolean' ? undefined : 'it is neither true nor false')],
  ['locale', (value) => (isLocale(value) ? undefined : 'it is no language tag like de-AT')],
]);

function isLocale(value: unknown): boolean {
  try {
    return typeof value === 'string' && Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}
