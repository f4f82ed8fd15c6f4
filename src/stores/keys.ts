/** One function (or constant) for each key in use. What stands under it is in `key-table.ts`. */
import { hash } from 'node:crypto';
import { keyOf } from './key-table.ts';
import { counterOf } from './store.ts';

/** Refers to the credentials, so that one load brings both. */
export function userKey(id: string): string {
  return keyOf('user', id);
}

export function credentialsKey(userId: string): string {
  return keyOf('credentials', userId);
}

/** The set of all user ids. */
export const usersKey = keyOf('users');

/** The set of all who asked for the deletion of their account. */
export const deletionsKey = keyOf('deletions');

/** The set of all names of groups. */
export const groupNamesKey = keyOf('group-names');

/** `canonical` comes from `canonicalIdentifier`. */
export function identifierKey(canonical: string): string {
  return keyOf('identifier', canonical);
}

/** `reserved`: what one enrollment of this authenticator has alone, such as the id of a passkey. */
export function credentialReservationKey(authenticator: string, reserved: string): string {
  return keyOf('credential-reservation', JSON.stringify([authenticator, reserved]));
}

/** `value`: in the form in which values are compared. */
export function attributeReservationKey(attribute: string, value: string): string {
  return keyOf('attribute-reservation', JSON.stringify([attribute, value]));
}

/** `token`: of the link. */
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

/** What is kept about the sign-ins of a user: it goes with the account. */
export function historyKeys(userId: string): readonly string[] {
  return [signInLogKey, signInHistoryKey, usualPlacesKey, offlineAccessLogKey, shadowKeyOfUser].map((keyFor) =>
    keyFor(userId),
  );
}

/**
 * The counter of attempts for one authenticator of one account: what `Store.load` reserves when an entry leads to this
 * user. It belongs to the account, so that every spelling, transaction and node counts in one place (Law 8).
 */
export function attemptCounter(userId: string, name: string): string {
  return counterOf(userKey(userId), name);
}

/** `secret`: of the cookie of the browser. */
export function knownDeviceKey(secret: string): string {
  return keyOf('known-device', secret);
}

/** `id`: that of the interaction. */
export function transactionKey(id: string): string {
  return keyOf('transaction', id);
}

/** oidc-provider's interaction lies beside the transaction of the same id. */
export function interactionKey(id: string): string {
  return keyOf('interaction', id);
}

export function ssoSessionKey(uid: string): string {
  return keyOf('sso-session', uid);
}

/** `id`: the one in the cookie. */
export function sessionCookieKey(id: string): string {
  return keyOf('session-cookie', id);
}

export function grantKey(grantId: string): string {
  return keyOf('grant', grantId);
}

export function userCodeKey(userCode: string): string {
  return keyOf('user-code', userCode);
}

/** `deviceCode`: its key. */
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

/** `sha256`: of the text of the document, in hex. */
export function storedDocumentKey(sha256: string): string {
  return keyOf('document', sha256);
}

export const shadowKey = keyOf('shadow');

/** `sha256`: of the text of the document, in hex. */
export function shadowDocumentKey(sha256: string): string {
  return keyOf('shadow-document', sha256);
}

export const shadowTotalsKey = keyOf('shadow-totals');

/** Who it is about. Ids are drawn, so that a digest leads back to one only where the ids are at hand. */
export function shadowUserDigest(userId: string): string {
  return hash('sha256', `shadow ${userId}`, 'hex');
}

/** `digest`: from `shadowUserDigest`. */
export function shadowUserKey(digest: string): string {
  return keyOf('shadow-user', digest);
}

/** `userId`: of the account. */
export function shadowKeyOfUser(userId: string): string {
  return shadowUserKey(shadowUserDigest(userId));
}

export const shadowUsersKey = keyOf('shadow-users');

/** The set of messages that wait. */
export const outboxKey = keyOf('outbox');

/** In the slot of the set, so that both change together on Redis Cluster, too. */
export function outboxMessageKey(id: string): string {
  return keyOf('outbox-message', '', id);
}

/** There once the change was made that the message announces. */
export function changeProofKey(userId: string, messageId: string): string {
  return keyOf('change-proof', userId, messageId);
}

/** The counter of messages to one address, over all accounts. `recipient`: the channel, a line feed and the address. */
export function recipientCounter(recipient: string): string {
  return keyOf('recipient', recipient, 'send');
}

/** The counter of a quota that accounts share. `kind`: what it is a quota of; `of`: which network, country or block. */
export function sendingQuotaCounter(kind: string, of: string): string {
  return keyOf('sending-quota', `${kind}\n${of}`, 'send');
}

/** The counter of forms that cause messages, by network. */
export function networkRequestsCounter(network: string): string {
  return keyOf('network-requests', network, 'try');
}

/** The counter of wrong passwords, by network. */
export function networkFailuresCounter(network: string): string {
  return keyOf('network-failures', network, 'try');
}

/** Says that a network has tried too many wrong passwords. */
export function guessingNetworkKey(network: string): string {
  return keyOf('guessing-network', network);
}

/** The counter of user codes that were tried. `by`: a browser or a network; `id`: which. */
export function userCodeAttemptsCounter(by: 'browser' | 'network', id: string): string {
  return keyOf('user-code-attempts', `${by}\n${id}`, 'try');
}

/** The counter of a known browser's own attempts. `secret`: of its cookie. */
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

/** `tag` chooses the master on a Cluster. */
export function replicationBarrierKey(tag: string): string {
  return keyOf('replication-barrier', tag);
}

export const demoMarkerKey = keyOf('demo-marker');
export const demoInboxKey = keyOf('demo-inbox');
export const demoPasswordKey = keyOf('demo-password');
