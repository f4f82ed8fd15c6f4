/** The revisions of the configuration and their documents. */
import { type KeyRow, lasting } from './key-row.ts';

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
  'revision-confirmation': {
    what: 'The time in which the active revision must be confirmed. Once it is gone, every node goes back to the one before.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'current' },
    owner: 'policy/revision/revisions',
    lifetime: { kind: 'expiring', until: 'the time to confirm is over' },
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
} as const satisfies Readonly<Record<string, KeyRow>>;
