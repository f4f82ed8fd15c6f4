/** Messages that wait to be sent, and how many were sent. */
import { type KeyRow, windows } from './key-row.ts';

export const messageKeys = {
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
    epoch: 'kept',
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
} as const satisfies Readonly<Record<string, KeyRow>>;
