/** The revisions of the configuration and their documents. */
import { type KeyRow, lasting } from './key-row.ts';

/** A draft is compared for 28 days at most. */
const shadowLifetime = { kind: 'fixed', seconds: 28 * 86_400 } as const;

export const configurationKeys = {
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
  shadow: {
    what: 'The draft that is compared with what is live on real sign-ins (`stepgate config shadow`).',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'current' },
    owner: 'policy/revision/shadow-draft',
    lifetime: shadowLifetime,
    durability: 'ephemeral',
    references: [],
  },
  'shadow-document': {
    what: 'A document of that draft which no revision has.',
    holds: 'entry',
    tag: { rule: 'digest', of: 'the document' },
    owner: 'policy/revision/shadow-draft',
    lifetime: shadowLifetime,
    durability: 'ephemeral',
    references: [],
  },
  'shadow-totals': {
    what: 'How many sign-ins were compared with the draft, and what came of it.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'current' },
    owner: 'policy/revision/shadow-record',
    lifetime: shadowLifetime,
    durability: 'ephemeral',
    references: [],
  },
  'shadow-user': {
    what: 'What the draft would have changed for one user. It goes with the account.',
    holds: 'entry',
    tag: { rule: 'digest', of: 'the user id, after a word that no other key has' },
    owner: 'policy/revision/shadow-record',
    lifetime: shadowLifetime,
    durability: 'ephemeral',
    references: [],
  },
  'shadow-users': {
    what: 'The users for whom the draft would have changed something, by the digest of their ids.',
    holds: 'set',
    tag: { rule: 'constant', tag: 'current' },
    owner: 'policy/revision/shadow-record',
    lifetime: shadowLifetime,
    durability: 'ephemeral',
    references: [],
  },
} as const satisfies Readonly<Record<string, KeyRow>>;
