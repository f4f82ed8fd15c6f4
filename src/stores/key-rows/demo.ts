/** Keys that only the demo uses. */
import { type KeyRow, lasting } from './key-row.ts';

export const demoKeys = {
  'demo-marker': {
    what: 'Marks a store that a demo serves from.',
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
} as const satisfies Readonly<Record<string, KeyRow>>;
