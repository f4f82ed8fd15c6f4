/** Counters of attempts that do not belong to another key. The others are in `counter-table.ts`. */
import { type KeyRow, windows } from './key-row.ts';

export const attemptKeys = {
  'browser-attempts': {
    what: 'Failed attempts of a used browser, where the account has none left.',
    holds: 'counter',
    tag: { rule: 'hash', of: 'the account, the credential, the authenticator and the secret of the browser' },
    rest: '`try`',
    owner: 'flow/actions/guessing/used-browser-attempts',
    lifetime: windows,
    durability: 'ephemeral',
    references: [],
  },
  'network-requests': {
    what: 'Counts the registrations and recoveries from a network. Beyond a limit its browsers solve a task.',
    holds: 'counter',
    tag: { rule: 'hash', of: 'the network' },
    rest: '`try`',
    owner: 'flow/actions/guessing/proof-of-work',
    lifetime: windows,
    durability: 'ephemeral',
    references: [],
  },
  'network-failures': {
    what: 'Counts the wrong passwords that came from a network, over all accounts.',
    holds: 'counter',
    tag: { rule: 'hash', of: 'the network' },
    rest: '`try`',
    owner: 'flow/actions/guessing/guessing-network',
    lifetime: windows,
    durability: 'ephemeral',
    references: [],
  },
  'guessing-network': {
    what: 'Too many wrong passwords came from a network, so that its browsers solve a task on the first page.',
    holds: 'entry',
    tag: { rule: 'hash', of: 'the network' },
    owner: 'flow/actions/guessing/guessing-network',
    lifetime: { kind: 'expiring', until: 'the network has been quiet for a while' },
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
} as const satisfies Readonly<Record<string, KeyRow>>;
