/**
 * The data model: every kind of key that the store holds, in one table. A row says what the key leads to, what its tag
 * is made of, which module owns the value, how long it lives and which kinds its references may point to.
 *
 * What this promises:
 * - No other module builds a key: `keyOf` is the only caller of `storeKey`, and `keys.ts` has one function for each key
 *   in use.
 * - No input forms a key: what a user or a client sent is hashed here.
 * - `docs/data-model.md` is written from this table, and the suites run on a store that fails a test for a key, a
 *   reference or a lifetime that no row allows.
 *
 * The values stay with their owners: this table knows their names only, so that `stores` imports nothing.
 */
import { hash } from 'node:crypto';
import { storeKey } from './store.ts';

/** What the text in braces is made of. It also decides the hash slot on Redis Cluster. */
export type TagRule =
  /** A random id that the server made: it stands in the key as it is. */
  | { readonly rule: 'random'; readonly of: string }
  /** SHA-256 (base64url) of a text that may come from outside. `keyOf` hashes it. */
  | { readonly rule: 'hash'; readonly of: string }
  /** SHA-256 (hex) that the owner has computed already. */
  | { readonly rule: 'digest'; readonly of: string }
  /** The same for all: there is one such key, or all keys of the kind share a slot. */
  | { readonly rule: 'constant'; readonly tag: string };

export type Lifetime =
  /** Written without a ttl: it stays until it is deleted. */
  | { readonly kind: 'lasting' }
  /** Always written with a ttl that follows from what is stored. `until` completes the sentence "it stays until". */
  | { readonly kind: 'expiring'; readonly until: string }
  /** Always written with this ttl. */
  | { readonly kind: 'fixed'; readonly seconds: number }
  /** A log that keeps about its newest lines. */
  | { readonly kind: 'newest'; readonly lines: number }
  /** A counter: each of its windows closes by itself, or is reset. */
  | { readonly kind: 'windows' };

/**
 * Which writes are acknowledged only when every replica has them. What is consumed or taken always waits, and so does
 * the reset of a counter, since it stands for a success.
 */
export type Durability =
  /** Every write waits. */
  | 'durable'
  /** To delete it waits, as its end must not be undone. Losing a new one costs another sign-in. */
  | 'once'
  /** Nothing waits. Losing it costs a step, and never grants anything. */
  | 'ephemeral';

export interface KeyRow {
  /** What the key leads to, in one sentence. */
  readonly what: string;
  readonly holds: 'entry' | 'set' | 'log' | 'counter';
  readonly tag: TagRule;
  /** What follows the tag; absent: nothing does. */
  readonly rest?: string;
  /** The module under `src` that writes and reads the value. */
  readonly owner: string;
  readonly lifetime: Lifetime;
  readonly durability: Durability;
  /** Kinds that `load` may bring along. */
  readonly references: readonly KeyKind[];
}

type RowShape = Omit<KeyRow, 'references'> & { readonly references: readonly string[] };

const lasting = { kind: 'lasting' } as const;
const windows = { kind: 'windows' } as const;
const asGranted = { kind: 'expiring', until: 'it expires by the token settings' } as const;
const adapter = 'oidc/storage/adapter';

/** All kinds, by name. The name is the text before the brace. */
export const keyTable = {
  user: {
    what: 'The record of a user: status, identifiers, profile, groups.',
    holds: 'entry',
    tag: { rule: 'random', of: 'the user id' },
    owner: 'users/account',
    lifetime: lasting,
    durability: 'durable',
    references: ['credentials'],
  },
  credentials: {
    what: 'The credentials of a user, in the slot of the user.',
    holds: 'entry',
    tag: { rule: 'random', of: 'the user id' },
    owner: 'users/account',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },
  users: {
    what: 'The ids of all users.',
    holds: 'set',
    tag: { rule: 'constant', tag: 'all' },
    owner: 'users/directory',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },
  identifier: {
    what: 'The user that an identifier is reserved for. It counts only while that user lists the identifier.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the canonical identifier' },
    owner: 'users/identifier-reservations',
    lifetime: lasting,
    durability: 'durable',
    references: ['user'],
  },
  'credential-reservation': {
    what: 'The user that the id of a passkey is reserved for. It counts only while a credential of that user lists it.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the authenticator and the id' },
    owner: 'users/credential-reservations',
    lifetime: lasting,
    durability: 'durable',
    references: ['user'],
  },
  'attribute-reservation': {
    what: 'The user that a value of a unique attribute is reserved for. It counts only while the profile of that user has it.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the name of the attribute and the value' },
    owner: 'users/attribute-reservations',
    lifetime: lasting,
    durability: 'durable',
    references: ['user'],
  },
  'sign-in-log': {
    what: 'The newest sign-ins of a user, for the account pages.',
    holds: 'log',
    tag: { rule: 'random', of: 'the user id' },
    owner: 'users/sign-in-log',
    lifetime: { kind: 'newest', lines: 100 },
    durability: 'ephemeral',
    references: [],
  },

  'known-device': {
    what: 'The users who have signed in with a browser, each with the last sign-in.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the secret in the cookie of the browser' },
    owner: 'flow/browser/known-device',
    lifetime: { kind: 'fixed', seconds: 180 * 86_400 },
    durability: 'ephemeral',
    references: [],
  },
  transaction: {
    what: 'A sign-in that is under way, beside the interaction of the same id.',
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
    what: 'The uid of the SSO session that a session cookie stands for.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the session id in the cookie' },
    owner: 'oidc/storage/session-adapter',
    lifetime: { kind: 'expiring', until: 'the SSO session ends' },
    durability: 'once',
    references: ['sso-session'],
  },

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
    what: 'What a user granted to a client (`Grant`). Tokens count only while their grant exists.',
    holds: 'entry',
    tag: { rule: 'random', of: 'the grant id' },
    owner: adapter,
    lifetime: { kind: 'expiring', until: 'the longest session and the longest family of refresh tokens are over' },
    durability: 'once',
    references: ['user'],
  },
  'grant-tokens': {
    what: 'The keys of everything that was issued under a grant, in its slot.',
    holds: 'set',
    tag: { rule: 'random', of: 'the grant id' },
    owner: adapter,
    lifetime: { kind: 'expiring', until: 'the last of its tokens expires' },
    durability: 'once',
    references: [],
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
    what: 'A refresh token (`RefreshToken`). Consumed by its rotation.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the token' },
    owner: adapter,
    lifetime: asGranted,
    durability: 'once',
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
    owner: adapter,
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
    references: [],
  },
  keyring: {
    what: 'The signing keys and the secrets of the server.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'current' },
    owner: 'oidc/keys/keyring',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },

  'revision-pointer': {
    what: 'The number and the hash of the active revision of the configuration. Moves by compare and swap.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'current' },
    owner: 'policy/revision/revisions',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },
  revision: {
    what: 'The manifest of a revision: who, when, and the hash of each document. Never changes.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'current' },
    rest: 'the number of the revision',
    owner: 'policy/revision/document-store',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },
  document: {
    what: 'A document of the configuration. Never changes; revisions with the same content share it.',
    holds: 'entry',
    tag: { rule: 'digest', of: 'the document' },
    owner: 'policy/revision/document-store',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },

  outbox: {
    what: 'The ids of the messages that wait to be sent.',
    holds: 'set',
    tag: { rule: 'constant', tag: 'pending' },
    owner: 'delivery/outbox',
    lifetime: { kind: 'expiring', until: 'the last of its messages expires' },
    durability: 'ephemeral',
    references: [],
  },
  'outbox-message': {
    what: 'A message that waits to be sent, in the slot of the set.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'pending' },
    rest: 'the id of the message',
    owner: 'delivery/outbox',
    lifetime: { kind: 'expiring', until: 'one hour after the message is of no use' },
    durability: 'ephemeral',
    references: [],
  },
  recipient: {
    what: 'Counts the messages to one mailbox or phone, whichever account asks for them.',
    holds: 'counter',
    tag: { rule: 'hash', of: 'the channel and the address' },
    rest: '`send`',
    owner: 'flow/notify/enqueue-message',
    lifetime: windows,
    durability: 'ephemeral',
    references: [],
  },
  'sending-quota': {
    what: 'Counts the messages against a quota that accounts share: of a network, a country, a block of numbers.',
    holds: 'counter',
    tag: { rule: 'hash', of: 'the kind of quota and what it is of' },
    rest: '`send`',
    owner: 'flow/notify/enqueue-message',
    lifetime: windows,
    durability: 'ephemeral',
    references: [],
  },
  'browser-attempts': {
    what: 'Failed attempts of a browser that the account knows, where the account has none left.',
    holds: 'counter',
    tag: { rule: 'hash', of: 'the account, the credential, the authenticator and the secret of the browser' },
    rest: '`try`',
    owner: 'flow/actions/own-attempts',
    lifetime: windows,
    durability: 'ephemeral',
    references: [],
  },
  'user-code-attempts': {
    what: 'Counts the user codes that a browser or a network has tried (RFC 8628, section 5.1).',
    holds: 'counter',
    tag: { rule: 'hash', of: '`browser` or `network`, and which' },
    rest: '`try`',
    owner: 'flow/browser/user-code-limit',
    lifetime: windows,
    durability: 'ephemeral',
    references: [],
  },

  audit: {
    what: 'The newest lines of the audit log, for `stepgate audit tail`.',
    holds: 'log',
    tag: { rule: 'constant', tag: 'log' },
    owner: 'flow/audit',
    lifetime: { kind: 'newest', lines: 100_000 },
    durability: 'ephemeral',
    references: [],
  },

  'write-probe': {
    what: 'What each node writes again and again, to find out whether the store takes writes.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'probe' },
    owner: 'stores/store-health',
    lifetime: { kind: 'fixed', seconds: 60 },
    durability: 'durable',
    references: [],
  },

  'replication-barrier': {
    what: 'Written behind each group of commits that waits for the replicas, so that the wait has something to wait for.',
    holds: 'entry',
    tag: { rule: 'random', of: '`barrier`, on a Cluster another name for each master' },
    owner: 'stores/redis-group-commit',
    lifetime: { kind: 'fixed', seconds: 60 },
    durability: 'ephemeral',
    references: [],
  },

  'demo-marker': {
    what: 'Says that a demo serves from this store.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'demo' },
    owner: 'delivery/outbox',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },
  'demo-inbox': {
    what: 'The newest messages that the demo would have sent.',
    holds: 'log',
    tag: { rule: 'constant', tag: 'demo' },
    owner: 'delivery/inbox',
    lifetime: { kind: 'newest', lines: 200 },
    durability: 'ephemeral',
    references: [],
  },
  'demo-password': {
    what: 'The password that the demo made up for its users.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'demo' },
    owner: 'demo/prepare',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },
} as const satisfies Readonly<Record<string, RowShape>>;

export type KeyKind = keyof typeof keyTable;

const rows: Readonly<Record<KeyKind, KeyRow>> = keyTable;

/** The kinds that are told apart by nothing but their name. */
export const keyKinds = Object.keys(rows) as readonly KeyKind[];

/** `undefined`: there is no such kind. */
export function keyRow(kind: string): KeyRow | undefined {
  return Object.hasOwn(rows, kind) ? rows[kind as KeyKind] : undefined;
}

/**
 * Attempts are counted under the key of what they are about: `<key>:<name>`. `<authenticator>` in a name stands for the
 * key of one. An identifier that no user has is counted like a user, so that both look alike (Law 8).
 */
export interface CounterRow {
  readonly what: string;
  readonly of: readonly KeyKind[];
  readonly name: string;
  /** The module under `src` that counts. */
  readonly owner: string;
}

const userOrUnknown: readonly KeyKind[] = ['user', 'identifier'];

export const counterTable: readonly CounterRow[] = [
  {
    what: 'Failed attempts to verify.',
    of: userOrUnknown,
    name: '<authenticator>',
    owner: 'flow/actions/answer',
  },
  {
    what: 'Answers while an authenticator is enrolled; success resets it.',
    of: userOrUnknown,
    name: '<authenticator>.enroll',
    owner: 'flow/actions/answer',
  },
  {
    what: 'Answers with sent codes while an authenticator is enrolled; success leaves it alone.',
    of: ['user'],
    name: '<authenticator>.enroll.answers',
    owner: 'flow/actions/enroll',
  },
  {
    what: 'Answers of new users with the code that was sent to their address; success resets it.',
    of: userOrUnknown,
    name: '<authenticator>.register',
    owner: 'flow/actions/answer',
  },
  {
    what: 'Forms about the profile.',
    of: ['user'],
    name: 'profile',
    owner: 'flow/actions/profile',
  },
  {
    what: 'Messages of an authenticator.',
    of: userOrUnknown,
    name: '<authenticator>.send',
    owner: 'flow/notify/enqueue-message',
  },
  {
    what: 'Messages of an authenticator that a browser asked for which the user has signed in with before.',
    of: userOrUnknown,
    name: '<authenticator>.send.known',
    owner: 'flow/notify/enqueue-message',
  },
  {
    what: 'Stands for the counter of the recipient where nothing is sent, so that the work is the same.',
    of: userOrUnknown,
    name: '<authenticator>.send:recipient',
    owner: 'flow/notify/enqueue-message',
  },
  {
    what: 'Changes on the account pages: each is told at every address.',
    of: ['user'],
    name: 'account.change',
    owner: 'flow/change-limit',
  },
  {
    what: 'Forms with what an app needs to know: each could ask whether a unique value is taken.',
    of: ['user'],
    name: 'profile',
    owner: 'flow/actions/profile',
  },
  {
    what: 'Answers with the code that was sent to an added address.',
    of: ['user'],
    name: 'notification_address',
    owner: 'flow/account/addresses',
  },
  {
    what: 'Codes that were sent to an address to be added.',
    of: ['user'],
    name: 'notification_address.send',
    owner: 'flow/account/addresses',
  },
];

/**
 * The key of this kind. `of`: the random id, the text to hash or the digest, by the rule of the row; `''` where the tag
 * is constant. `rest`: given exactly where the row has one. Throws `TypeError` when the tag holds anything but letters,
 * digits, `_`, `-` and `.`.
 */
export function keyOf(kind: KeyKind, of = '', rest?: string): string {
  return storeKey(kind, tagOf(keyTable[kind].tag, of), rest);
}

function tagOf(tag: TagRule, of: string): string {
  if (tag.rule === 'constant') return tag.tag;
  return tag.rule === 'hash' ? hash('sha256', of, 'base64url') : of;
}
