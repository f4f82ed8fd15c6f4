/** The findings in the account policy, and how it is read. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { readAccountPolicy } from '../../../../../src/policy/revision/read-document.ts';
import { authenticators, findingLines, kindsOf, load } from '../../support/configuration-dir.ts';

const file = 'policies/account.yaml';
const rest = '  - { name: Rest, then: { allow: { factors: 1 } } }\n';
const found = (rules: string) => findingLines({ [file]: `rules:\n${rules}` });

test('a rule says which changes it is about', async () => {
  const rules =
    '  - { name: Office, change: { add: [webauthn], remove: all }, when: { network: { none: [office] } }, then: deny }\n';
  const loaded = await load({ [file]: `rules:\n${rules}${rest}` });
  const document = loaded.ok ? loaded.documents.get('account') : undefined;
  if (document === undefined) throw new Error(JSON.stringify(loaded));
  expect(readAccountPolicy(document)).toEqual({
    name: 'account',
    rules: [
      {
        name: 'Office',
        change: { add: ['webauthn'], remove: 'all' },
        when: { network: { none: ['office'] } },
        then: { kind: 'deny' },
        location: { file, line: 2, column: 5 },
      },
      {
        name: 'Rest',
        when: {},
        then: { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } },
        location: { file, line: 3, column: 5 },
      },
    ],
  });
});

test.each<[string, string, string]>([
  [
    'no catch-all: a rule about some changes is none',
    '  - { name: A, change: { add: all }, then: deny }\n',
    '2:5 rules[0] the policy must end in a catch-all rule: one without `when` [catch_all_missing]',
  ],
  [
    'a change of nothing',
    `  - { name: A, change: {}, then: deny }\n${rest}`,
    '2:24 rules[0].change says nothing: give at least one of add, change, remove [invalid_value]',
  ],
  [
    'an authenticator that there is not',
    `  - { name: A, change: { add: [topt] }, then: deny }\n${rest}`,
    '2:32 rules[0].change.add[0] unknown authenticator or identifier `topt`; known: password, totp, webauthn, email, phone, username [unknown_reference]',
  ],
  [
    'an account that could never add its first authenticator',
    '  - { name: A, then: { allow: { factors: 2 } } }\n',
    '2:31 rules[0].then.allow an account that has only password could never add an authenticator: every rule that lets it asks for more; ask for less where it adds its first one [account_unmeetable]',
  ],
  [
    'a requirement that no user can meet',
    `  - { name: A, change: { remove: all }, then: { allow: { possession: { hardwareProtected: true } } } }\n${rest}`,
    '2:56 rules[0].then.allow lets no user in: no authenticator that it takes and that is enabled shows hardwareProtected; enable one that does in stepgate.yaml, or ask for less [rule_unmeetable]',
  ],
])('findings: %s', async (_, rules, expected) => {
  expect(await found(rules)).toEqual([`${file}:${expected}`]);
});

test.each([
  [
    'some users may add their first one',
    `  - { name: A, change: { add: all }, when: { network: { none: [office] } }, then: { allow: { factors: 2 } } }\n${rest}`,
  ],
  [
    'no user may add any, which is meant',
    '  - { name: A, change: { add: all }, then: deny }\n  - { name: B, then: { allow: { factors: 2 } } }\n',
  ],
])('no finding: %s', async (_, rules) => {
  expect(await findingLines({ [file]: `rules:\n${rules}` }, {}, kindsOf('password', 'totp'))).toEqual([]);
});

test('rules about different changes do not shadow each other', async () => {
  const rules = `  - { name: A, change: { add: all }, then: deny }
  - { name: B, change: { remove: [totp] }, when: { network: { any: [office] } }, then: deny }
  - { name: C, change: { remove: [totp] }, when: { network: { any: [office], none: [office] } }, then: deny }
`;
  const loaded = await load({ [file]: `rules:\n${rules}${rest}` });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const reported = await analyse(loaded, { authenticators, now: 1_800_000_000 });
  expect(reported.map((finding) => `${finding.code} ${finding.path}`)).toEqual(['contradictory rules[2]']);
});
