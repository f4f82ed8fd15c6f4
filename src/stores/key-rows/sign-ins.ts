/** Running sign-ins, SSO sessions, and their browsers. */
import type { KeyRow } from './key-row.ts';

export const signInKeys = {
  'used-browser': {
    what: 'The users who have signed in with a browser, each with the last sign-in, and since when the browser has been usual.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the secret in the cookie of the browser' },
    owner: 'flow/browser/used-browser',
    lifetime: { kind: 'fixed', seconds: 180 * 86_400 },
    durability: 'ephemeral',
    references: [],
  },
  transaction: {
    what: 'A sign-in in progress, next to the interaction of the same id.',
    holds: 'entry',
    tag: { rule: 'random', of: 'the id of the interaction' },
    owner: 'flow/transaction/store',
    lifetime: { kind: 'expiring', until: '`expiresAt` of the transaction' },
    durability: 'ephemeral',
    references: ['user', 'identifier', 'sso-session'],
  },
  'sso-session': {
    what: 'An SSO session: the apps that it signed in to, and the evidence that was proved in it.',
    holds: 'entry',
    tag: { rule: 'random', of: 'the uid of the session' },
    owner: 'flow/browser/sso-session',
    lifetime: { kind: 'expiring', until: 'the idle or the absolute limit of its session rule' },
    durability: 'once',
    references: ['user', 'grant'],
  },
  'session-cookie': {
    what: 'The uid of the SSO session that a session cookie refers to.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the session id in the cookie' },
    owner: 'oidc/storage/session-adapter',
    lifetime: { kind: 'expiring', until: 'the SSO session ends' },
    durability: 'once',
    references: ['sso-session'],
  },
} as const satisfies Readonly<Record<string, KeyRow>>;
