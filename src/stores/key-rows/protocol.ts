/** What OpenID Connect keeps: interactions, grants, codes and tokens. */
import type { KeyRow } from './key-row.ts';

const asGranted = { kind: 'expiring', until: 'it expires by the token settings' } as const;
const adapter = 'oidc/storage/stored-model';

export const protocolKeys = {
  interaction: {
    what: 'The authorization request that a sign-in answers (`Interaction` of oidc-provider).',
    holds: 'entry',
    tag: { rule: 'random', of: 'the id of the interaction' },
    owner: adapter,
    lifetime: asGranted,
    durability: 'ephemeral',
    references: ['transaction', 'sso-session', 'grant'],
  },
  grant: {
    what: 'What a user granted to a client (`Grant`), and the families of refresh tokens under it. Tokens count only while their grant exists.',
    holds: 'entry',
    tag: { rule: 'random', of: 'the grant id' },
    owner: adapter,
    lifetime: { kind: 'expiring', until: 'the longest session and the longest family of refresh tokens are over' },
    durability: 'once',
    references: ['user'],
  },
  'authorization-code': {
    what: 'An authorization code (`AuthorizationCode`). Consumed once.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the code' },
    owner: adapter,
    lifetime: asGranted,
    durability: 'once',
    references: ['grant', 'sso-session', 'user'],
  },
  'access-token': {
    what: 'An opaque access token (`AccessToken`).',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the token' },
    owner: adapter,
    lifetime: asGranted,
    durability: 'once',
    references: ['grant', 'sso-session', 'user'],
  },
  'refresh-token': {
    what: 'A family of refresh tokens (`RefreshToken`): its newest token and the one before, as hashes.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the part that its tokens share' },
    owner: adapter,
    lifetime: asGranted,
    // What a rotation has replaced must not count again.
    durability: 'durable',
    references: ['grant', 'sso-session', 'user'],
  },
  'device-code': {
    what: 'A device code (`DeviceCode`, RFC 8628). Consumed once.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the code' },
    owner: adapter,
    lifetime: asGranted,
    durability: 'once',
    references: ['polling-interval', 'grant', 'sso-session', 'user'],
  },
  'user-code': {
    what: 'The device code that a user code leads to.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the code that the user types' },
    owner: 'oidc/storage/adapter',
    lifetime: { kind: 'expiring', until: 'the device code expires' },
    durability: 'once',
    references: ['device-code'],
  },
  'polling-interval': {
    what: 'Stands while the next question for the tokens of a device code would come too early (RFC 8628 section 3.5).',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the device code' },
    owner: 'oidc/endpoints/polling-interval',
    // One second less than the 5 that are announced: clocks and networks are not exact.
    lifetime: { kind: 'fixed', seconds: 4 },
    durability: 'ephemeral',
    epoch: 'kept',
    references: [],
  },
  'pushed-authorization-request': {
    what: 'A pushed authorization request (`PushedAuthorizationRequest`, RFC 9126). Consumed once.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the request URI' },
    owner: adapter,
    lifetime: asGranted,
    durability: 'once',
    references: [],
  },
  'replay-detection': {
    what: 'The `jti` of a client assertion or DPoP proof that was seen (`ReplayDetection`).',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the `jti` and its issuer' },
    owner: adapter,
    lifetime: { kind: 'expiring', until: 'the assertion or proof is too old to be taken' },
    durability: 'durable',
    epoch: 'kept',
    references: [],
  },
} as const satisfies Readonly<Record<string, KeyRow>>;
