/** Mistakes in policies for what administrators commonly ask: each is found among forty policies, at its place. */
import { describe, expect, test } from '@jest/globals';
import { drawnFrom } from '../../../../core/support/seeded.ts';
import { exampleFiles } from '../../support/example-files.ts';
import { type Edits, foundIn, foundInBoth } from '../../support/seeded-files.ts';

const recipes = exampleFiles('test/fixtures/recipes');
const signOn = (name: string) => `policies/sign-on/${name}.yaml`;
const two = '{ allow: { factors: 2, possession: { exclude: [email, phone] } } }';

const mistakes: readonly (readonly [string, Edits, readonly string[]])[] = [
  [
    'an exception to a group, written as two groups at once',
    {
      [signOn('group-from-office')]: [
        [
          'groups: { any: [contractors] }, network: { none: [office] }',
          'groups: { all: [contractors], none: [contractors] }, network: { none: [office] }',
        ],
      ],
    },
    ['error contradictory policies/sign-on/group-from-office.yaml name: "Contractors elsewhere"'],
  ],
  [
    'a lunch break below the hours around it',
    {
      [signOn('business-hours')]: [
        [
          '  - name: "At other times"',
          `  - name: "Lunch"\n    when: { time: { days: [mon], from: "12:00", to: "13:00", zone: Europe/Vienna } }\n    then: ${two}\n  - name: "At other times"`,
        ],
      ],
    },
    ['error shadowed policies/sign-on/business-hours.yaml name: "Lunch"'],
  ],
  [
    'a week that no session lasts',
    { [signOn('two-ages')]: [['maxAge: PT12H', 'maxAge: P30D']] },
    ['warning unreached-age policies/sign-on/two-ages.yaml P30D }, possession: { exclude: ['],
  ],
  [
    'a chain that another one is part of',
    {
      [signOn('chain')]: [
        [
          'chains: [[{ authenticators: [password] }, { authenticators: [totp] }]]',
          'chains: [[{ authenticators: [password] }, { authenticators: [totp] }], [{ authenticators: [totp] }, { authenticators: [password] }, { authenticators: [webauthn] }]]',
        ],
      ],
    },
    ['warning pointless-alternative policies/sign-on/chain.yaml [{ authenticators: [totp] }, { a'],
  ],
  [
    'a department that is denied, and none that is absent',
    {
      [signOn('attribute-differs')]: [
        [
          '    when: { attributes: { department: { not: { equals: sales } } } }\n    then: { allow: { factors: 1 } }\n',
          '    when: { attributes: { department: { equals: sales } } }\n    then: deny\n',
        ],
        ['  - name: "Sales"\n    then: deny', '  - name: "Sales"\n    then: { allow: { factors: 1 } }'],
      ],
    },
    ['warning fail-open policies/sign-on/attribute-differs.yaml name: "Everybody else, and who h'],
  ],
  [
    'a team that users choose',
    { [signOn('attribute-differs')]: [['department: { not: { equals: sales } }', 'team: { equals: board }']] },
    ['error user-written policies/sign-on/attribute-differs.yaml { equals: board } } }'],
  ],
  [
    'a team that users choose, and all others denied',
    {
      [signOn('attribute-differs')]: [
        [
          '    when: { attributes: { department: { not: { equals: sales } } } }\n    then: { allow: { factors: 1 } }\n',
          '    when: { attributes: { team: { not: { equals: board } } } }\n    then: deny\n',
        ],
        ['  - name: "Sales"\n    then: deny', '  - name: "Sales"\n    then: { allow: { factors: 1 } }'],
      ],
    },
    ['error user-written policies/sign-on/attribute-differs.yaml { not: { equals: board } } } }'],
  ],
  [
    'partners from the office only',
    {
      [signOn('user-type')]: [
        ['userType: { any: [partner] }', 'userType: { any: [partner] }, network: { any: [office] }'],
      ],
    },
    ['warning weaker-below policies/sign-on/user-type.yaml name: "Partners"'],
  ],
  [
    'a pause longer than any',
    { [signOn('after-a-pause')]: [['maxIdle: PT15M', 'maxIdle: P7D']] },
    ['warning unreached-age policies/sign-on/after-a-pause.yaml P7D } } }'],
  ],
  [
    'younger accounts below the older ones',
    {
      [signOn('new-accounts')]: [
        [
          '  - name: "Everybody else"',
          `  - name: "Newer accounts"\n    when: { accountAge: { below: P7D } }\n    then: deny\n  - name: "Everybody else"`,
        ],
      ],
    },
    ['error shadowed policies/sign-on/new-accounts.yaml name: "Newer accounts"'],
  ],
  [
    'an authenticator that the enrollment policy takes away',
    {
      [signOn('not-for-contractors')]: [['factors: 1', 'possession: {}']],
      'policies/enrollment.yaml': [
        [
          'apps: { any: [not-for-contractors] } }\n    then: { disabled: [totp] }',
          'apps: { any: [not-for-contractors] } }\n    then: { disabled: [totp, webauthn, recovery_code, phone, email] }',
        ],
      ],
    },
    ['error lock-out policies/enrollment.yaml name: Contractors use no authent'],
  ],
  [
    'a denial of changes that never applies',
    {
      'policies/account.yaml': [
        [
          'apps: { any: [set-up-in-the-office] } }\n    then: deny',
          'apps: { any: [set-up-in-the-office], none: [set-up-in-the-office] } }\n    then: deny',
        ],
      ],
    },
    [
      'warning acceptance policies/account.yaml # stepgate:accept newcomer-lock-',
      'error contradictory policies/account.yaml name: And nowhere else',
    ],
  ],
  [
    'a grace that is over already',
    { 'policies/enrollment.yaml': [['until: 2027-01-31', 'until: 2026-01-31']] },
    ['warning past policies/enrollment.yaml { anyOf: [totp, webauthn], grace'],
  ],
];

const before = await foundInBoth(recipes, {});

test('the analysis is quiet about the policies themselves', () => {
  // This machine has no data about networks, and none about models of passkeys.
  expect(before.filter((line) => !/^(note|warning (network|metadata)_file_missing) /.test(line))).toEqual([]);
});

describe('a mistake is found:', () => {
  test.each(drawnFrom(mistakes))('%s', async (_, edits, expected) => {
    const found = await foundIn(recipes, edits);
    expect(found.filter((line) => !line.startsWith('note') && !before.includes(line))).toEqual(expected);
  });
});
