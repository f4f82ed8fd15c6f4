/** One function or constant for each key in use. `key-table.ts` describes what is stored under it. */
import { hash } from 'node:crypto';
import { keyOf } from './key-table.ts';
import { counterOf } from './store.ts';

/** The entry refers to the credentials, so that one load reads both. */
export function userKey(id: string): string {
  return keyOf('user', id);
}

export function credentialsKey(userId: string): string {
  return keyOf('credentials', userId);
}

/** The set of all user ids. */
export const usersKey = keyOf('users');

/** The set of users who asked for the deletion of their account. */
export const deletionsKey = keyOf('deletions');

/** The set of all names of groups. */
export const groupNamesKey = keyOf('group-names');

/** `canonical`: from `canonicalIdentifier`. */
export function identifierKey(canonical: string): string {
  return keyOf('identifier', canonical);
}

/** `reserved`: a value that only one enrollment of this authenticator may have, such as the id of a passkey. */
export function credentialReservationKey(authenticator: string, reserved: string): string {
  return keyOf('credential-reservation', JSON.stringify([authenticator, reserved]));
}

/** `value`: in the form used for comparisons. */
export function attributeReservationKey(attribute: string, value: string): string {
  return keyOf('attribute-reservation', JSON.stringify([attribute, value]));
}

/** `token`: the token of the link. */
export function accountLinkKey(token: string): string {
  return keyOf('account-link', token);
}

export function signInLogKey(userId: string): string {
  return keyOf('sign-in-log', userId);
}

export function signInHistoryKey(userId: string): string {
  return keyOf('sign-in-history', userId);
}

export function usualPlacesKey(userId: string): string {
  return keyOf('usual-places', userId);
}

export function offlineAccessLogKey(userId: string): string {
  return keyOf('offline-access-log', userId);
}

/** Keys of a user's sign-in history, which are deleted with the account. */
export function historyKeys(userId: string): readonly string[] {
  return [signInLogKey, signInHistoryKey, usualPlacesKey, offlineAccessLogKey, shadowKeyOfUser].map((keyFor) =>
    keyFor(userId),
  );
}

/**
 * The attempt counter of one authenticator of one account, which `Store.load` uses if an entry leads to this user. It
 * belongs to the account, so that all spellings, transactions and nodes count together (Law 8).
 */
export function attemptCounter(userId: string, name: string): string {
  return counterOf(userKey(userId), name);
}

/** `secret`: from the browser's cookie. */
export function usedBrowserKey(secret: string): string {
  return keyOf('used-browser', secret);
}

/** `id`: the id of the interaction. */
export function transactionKey(id: string): string {
  return keyOf('transaction', id);
}

/** oidc-provider's interaction is stored next to the transaction of the same id. */
export function interactionKey(id: string): string {
  return keyOf('interaction', id);
}

export function ssoSessionKey(uid: string): string {
  return keyOf('sso-session', uid);
}

/** `id`: from the cookie. */
export function sessionCookieKey(id: string): string {
  return keyOf('session-cookie', id);
}

export function grantKey(grantId: string): string {
  return keyOf('grant', grantId);
}

export function userCodeKey(userCode: string): string {
  return keyOf('user-code', userCode);
}

/** `deviceCode`: the key of the device code. */
export function pollingIntervalKey(deviceCode: string): string {
  return keyOf('polling-interval', deviceCode);
}

export const keyringKey = keyOf('keyring');

export const storeStateKey = keyOf('store-state');

export const revisionPointerKey = keyOf('revision-pointer');

/** In the slot of the pointer, so that both change together. */
export const revisionConfirmationKey = keyOf('revision-confirmation');

/** In the slot of the pointer, so that both are written in one atomic step on every kind of store. */
export function revisionKey(revision: number): string {
  return keyOf('revision', '', String(revision));
}

/** `sha256`: the digest of the document's text, in hex. */
export function storedDocumentKey(sha256: string): string {
  return keyOf('document', sha256);
}

export const shadowKey = keyOf('shadow');

/** `sha256`: the digest of the document's text, in hex. */
export function shadowDocumentKey(sha256: string): string {
  return keyOf('shadow-document', sha256);
}

export const shadowTotalsKey = keyOf('shadow-totals');

/** A pseudonym of the user. Ids are random, so the digest leads back to a user only if the ids are known. */
export function shadowUserDigest(userId: string): string {
  return hash('sha256', `shadow ${userId}`, 'hex');
}

/** `digest`: from `shadowUserDigest`. */
export function shadowUserKey(digest: string): string {
  return keyOf('shadow-user', digest);
}

/** `userId`: the id of the account. */
export function shadowKeyOfUser(userId: string): string {
  return shadowUserKey(shadowUserDigest(userId));
}

export const shadowUsersKey = keyOf('shadow-users');

/** The set of waiting messages. */
export const outboxKey = keyOf('outbox');

/** In the slot of the set, so that both change together on Redis Cluster as well. */
export function outboxMessageKey(id: string): string {
  return keyOf('outbox-message', '', id);
}

/** Exists once the change that the message announces has been made. */
export function changeProofKey(userId: string, messageId: string): string {
  return keyOf('change-proof', userId, messageId);
}

/** The counter of messages to one address, over all accounts. `recipient`: the channel, a line feed and the address. */
export function recipientCounter(recipient: string): string {
  return keyOf('recipient', recipient, 'send');
}

/** The counter of a quota that accounts share. `kind`: the kind of quota. `of`: the network, country or block. */
export function sendingQuotaCounter(kind: string, of: string): string {
  return keyOf('sending-quota', `${kind}\n${of}`, 'send');
}

/** The counter of a network's requests that cause messages. */
export function networkRequestsCounter(network: string): string {
  return keyOf('network-requests', network, 'try');
}

/** The counter of a network's wrong passwords. */
export function networkFailuresCounter(network: string): string {
  return keyOf('network-failures', network, 'try');
}

/** Exists while a network has tried too many wrong passwords. */
export function guessingNetworkKey(network: string): string {
  return keyOf('guessing-network', network);
}

/** The counter of tried user codes. `by`: counted by browser or by network. `id`: which one. */
export function userCodeAttemptsCounter(by: 'browser' | 'network', id: string): string {
  return keyOf('user-code-attempts', `${by}\n${id}`, 'try');
}

/** The separate counter of attempts from a used browser. `secret`: from its cookie. */
export function browserAttemptsCounter(of: {
  readonly account: string;
  readonly credential: string;
  readonly authenticator: string;
  readonly secret: string;
}): string {
  return keyOf('browser-attempts', [of.account, of.credential, of.authenticator, of.secret].join('\n'), 'try');
}

export const auditKey = keyOf('audit');

export const writeProbeKey = keyOf('write-probe');

export const storeAloneKey = keyOf('store-alone');

/** On a Cluster, `tag` decides which master has the key. */
export function replicationBarrierKey(tag: string): string {
  return keyOf('replication-barrier', tag);
}

export const demoMarkerKey = keyOf('demo-marker');
export const demoInboxKey = keyOf('demo-inbox');
export const demoPasswordKey = keyOf('demo-password');
