/** Counters that are stored under the key of the entry that they belong to. */
import type { KeyKind } from './key-table.ts';

/**
 * A counter has the key `<key>:<name>`, where `<key>` is the entry that it belongs to. `<authenticator>` in a name
 * stands for an authenticator's key. Attempts on an unknown identifier are counted like those on a user, so that both
 * look alike (Law 8).
 */
export interface CounterRow {
  readonly what: string;
  readonly of: readonly KeyKind[];
  readonly name: string;
  /** The module under `src` that counts the attempts. */
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
    owner: 'flow/actions/enrollment/enroll',
  },
  {
    what: 'Answers of new users with the code that was sent to their address; success resets it.',
    of: userOrUnknown,
    name: '<authenticator>.register',
    owner: 'flow/actions/answer',
  },
  {
    what: 'Forms about the profile: each could ask whether a unique value is taken.',
    of: ['user'],
    name: 'profile',
    owner: 'flow/actions/profile/profile',
  },
  {
    what: 'Messages of an authenticator.',
    of: userOrUnknown,
    name: '<authenticator>.send',
    owner: 'flow/notify/enqueue-messages',
  },
  {
    what: 'Messages of an authenticator that were requested by a used browser.',
    of: userOrUnknown,
    name: '<authenticator>.send.used',
    owner: 'flow/notify/enqueue-messages',
  },
  {
    what: 'Replaces the counter of the recipient where nothing is sent, so that the work is the same.',
    of: userOrUnknown,
    name: '<authenticator>.send:recipient',
    owner: 'flow/notify/enqueue-messages',
  },
  {
    what: 'Changes on the account pages: every address is notified of each.',
    of: ['user'],
    name: 'account.change',
    owner: 'flow/change-limit',
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
  {
    what: 'Answers with the code that was sent to a new address or number of the account.',
    of: ['user'],
    name: 'identifier',
    owner: 'flow/account/identifiers',
  },
  {
    what: 'Codes that were sent to a new address or number of the account.',
    of: ['user'],
    name: 'identifier.send',
    owner: 'flow/account/identifiers',
  },
];
