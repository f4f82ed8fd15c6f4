/**
 * The cookies that the server sets: their names and attributes, and what browsers keep in them. No other file writes
 * the name of one.
 */

interface CookieRow {
  readonly what: string;
  /** `host`: for all paths. `path`: for some, which the prefix `__Host-` forbids, so that tabs do not interfere. */
  readonly scope: 'host' | 'path';
  readonly path: string;
  /** How long the browser keeps it. */
  readonly lifetime: string;
  /** A second cookie with the suffix `.sig` holds the signature. */
  readonly isSigned: boolean;
  /** The module that sets it. */
  readonly owner: string;
}

const whileInteraction = 'as long as the interaction';
const signInPages = '`/signin/<uid>`';

export const cookieTable = {
  device: {
    what: 'The browser secret, by which a used browser is recognised.',
    scope: 'host',
    path: '`/`',
    lifetime: '180 days after the last sign-in',
    isSigned: false,
    owner: 'http/sign-in/sign-in',
  },
  language: {
    what: 'The language that the user chose in this browser.',
    scope: 'host',
    path: '`/`',
    lifetime: '365 days',
    isSigned: false,
    owner: 'http/language-handler',
  },
  session: {
    what: 'The id of the SSO session.',
    scope: 'host',
    path: '`/`',
    lifetime: 'as long as the session if the user stays signed in, else until the browser is closed',
    isSigned: true,
    owner: 'oidc/provider',
  },
  interaction: {
    what: 'The id of the interaction that this browser began.',
    scope: 'path',
    path: signInPages,
    lifetime: whileInteraction,
    isSigned: true,
    owner: 'oidc/provider',
  },
  resume: {
    what: 'The id of the interaction, where the authorization goes on after the sign-in.',
    scope: 'path',
    path: '`/oauth2/v1/authorize/<uid>`',
    lifetime: whileInteraction,
    isSigned: true,
    owner: 'oidc/provider',
  },
  proof: {
    what: 'The proof secret, which says that this browser gave the last proof (Law 15).',
    scope: 'path',
    path: `${signInPages}, and where it is resumed`,
    lifetime: whileInteraction,
    isSigned: false,
    owner: 'oidc/interaction/proof-cookie',
  },
  request: {
    what: 'The authorization request, to start again after the sign-in was lost.',
    scope: 'path',
    path: signInPages,
    lifetime: 'as long as the interaction, and some time beyond',
    isSigned: true,
    owner: 'oidc/interaction/kept-request',
  },
  finished: {
    what: 'Tells other tabs of this browser that the sign-in was finished.',
    scope: 'path',
    path: signInPages,
    lifetime: '1 hour',
    isSigned: true,
    owner: 'http/middleware/browser-binding',
  },
  app: {
    what: 'The app from which the user came to the account pages.',
    scope: 'path',
    path: '`/account`',
    lifetime: 'until the browser is closed',
    isSigned: false,
    owner: 'http/account/return-to-app',
  },
} as const satisfies Readonly<Record<string, CookieRow>>;

export type CookieKind = keyof typeof cookieTable;

function isSecure(issuer: string): boolean {
  return issuer.startsWith('https:');
}

/** Browsers refuse a prefixed cookie that lacks what the prefix promises (RFC 6265bis). They demand https for both. */
export function cookieName(kind: CookieKind, issuer: string): string {
  const prefix = cookieTable[kind].scope === 'host' ? '__Host-' : '__Secure-';
  return `${isSecure(issuer) ? prefix : ''}stepgate-${kind}`;
}

/** The attributes of the cookie, without path and lifetime. */
export function cookieAttributes(kind: CookieKind, issuer: string) {
  return { httpOnly: true, sameSite: 'lax', secure: isSecure(issuer), signed: cookieTable[kind].isSigned } as const;
}
