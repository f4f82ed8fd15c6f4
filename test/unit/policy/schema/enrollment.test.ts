/** The enrollment policy: how it is read, and what the checks find in it. */
import { expect, test } from '@jest/globals';
import { readEnrollmentPolicy } from '../../../../src/policy/revision/read-document.ts';
import { findingLines, kindsOf, load } from '../support/configuration-dir.ts';

const file = 'policies/enrollment.yaml';
const settings =
  'brand: { name: Test }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators: { webauthn: { enabled: true } }\n';
const rest = '  - name: Rest\n    then: {}\n';

test('the policy as the core reads it', async () => {
  const text = `rules:
  - name: Staff
    when: { apps: { any: [notes] }, groups: { none: [contractors] } }
    then:
      required:
        - totp
        - { anyOf: [totp, webauthn], grace: { until: 2027-01-31 } }
        - { anyOf: [webauthn], grace: { skips: 3 } }
      promote: { webauthn: { cooldown: P30D, skips: 2 } }
      disabled: [password]
${rest}`;
  const loaded = await load({ [file]: text, 'stepgate.yaml': settings });
  const document = loaded.ok ? loaded.documents.get('enrollment') : undefined;
  if (document === undefined) throw new Error(JSON.stringify(loaded));
  expect(readEnrollmentPolicy(document)).toEqual({
    name: 'enrollment',
    rules: [
      {
        name: 'Staff',
        when: { apps: { any: ['notes'] }, groups: { none: ['contractors'] } },
        then: {
          required: [
            { anyOf: ['totp'] },
            { anyOf: ['totp', 'webauthn'], grace: { until: Date.parse('2027-02-01T00:00:00Z') / 1000 } },
            { anyOf: ['webauthn'], grace: { skips: 3 } },
          ],
          optional: [],
          promoted: [{ authenticator: 'webauthn', cooldown: 30 * 86_400, skips: 2 }],
          disabled: ['password'],
        },
        location: { file, line: 2, column: 5 },
      },
      {
        name: 'Rest',
        when: {},
        then: { required: [], optional: [], promoted: [], disabled: [] },
        location: { file, line: 11, column: 5 },
      },
    ],
  });
});

test.each<[string, string, string]>([
  [
    'no catch-all',
    '  - { name: A, when: { groups: { any: [x] } }, then: {} }\n',
    '2:5 rules[0] the policy must end in a catch-all rule: one without `when` [catch_all_missing]',
  ],
  [
    'an unknown authenticator',
    '  - { name: A, then: { required: [{ anyOf: [topt] }] } }\n',
    '2:45 rules[0].then.required[0].anyOf[0] unknown authenticator `topt`; known: password, totp, webauthn [unknown_reference]',
  ],
  [
    'how the user signed in, by an unknown authenticator',
    `  - { name: A, when: { authenticated: { any: [mail] } }, then: {} }\n${rest}`,
    '2:47 rules[0].when.authenticated.any[0] unknown authenticator `mail`; known: password, totp, webauthn [unknown_reference]',
  ],
  [
    'how the user signed in, negated',
    `  - { name: A, when: { authenticated: { none: [totp] } }, then: {} }\n${rest}`,
    '2:41 rules[0].when.authenticated.none unknown key `none`; use one of: any, all [unknown_key]',
  ],
  [
    'how the user signed in, to say what may be used',
    `  - { name: A, when: { authenticated: { any: [totp] } }, then: { disabled: [password] } }\n${rest}`,
    '2:76 rules[0].then.disabled cannot stand in a rule with `authenticated`: what may be used is decided before it is known how the user signs in [invalid_value]',
  ],
  [
    'how the user signed in, to say what may be used, in an alternative',
    `  - { name: A, when: { any: [{ users: { any: [a] } }, { authenticated: { any: [totp] } }] }, then: { disabled: [password] } }\n${rest}`,
    '2:112 rules[0].then.disabled cannot stand in a rule with `authenticated`: what may be used is decided before it is known how the user signs in [invalid_value]',
  ],
  [
    'an unknown promotion',
    '  - { name: A, then: { promote: { topt: { cooldown: P1D } } } }\n',
    '2:35 rules[0].then.promote.topt unknown authenticator `topt`; known: password, totp, webauthn [unknown_reference]',
  ],
  [
    'an unknown app',
    '  - { name: A, when: { apps: { any: [note] } }, then: {} }\n  - { name: B, then: {} }\n',
    '2:38 rules[0].when.apps.any[0] unknown app `note`; did you mean `notes`? [unknown_reference]',
  ],
  [
    'disabled and required',
    '  - { name: A, then: { required: [totp], disabled: [totp] } }\n',
    '2:53 rules[0].then.disabled[0] `totp` cannot be disabled and required at once [invalid_value]',
  ],
  [
    'to be used only, and offered',
    '  - { name: A, then: { optional: [totp], useOnly: [totp] } }\n',
    '2:52 rules[0].then.useOnly[0] `totp` is offered by the same rule [invalid_value]',
  ],
  [
    'models of what has none',
    '  - { name: A, then: { models: { totp: [any] } } }\n',
    '2:41 rules[0].then.models.totp[0] has no models [authenticator_unfit]',
  ],
  [
    'a model that is none',
    '  - { name: A, then: { models: { webauthn: [yubikey] } } }\n',
    '2:45 rules[0].then.models.webauthn[0] must be an AAGUID, such as ee882879-721c-4913-9775-3dfcce97072a [authenticator_unfit]',
  ],
  [
    'a model that nothing vouches for',
    '  - { name: A, then: { models: { webauthn: [EE882879-721c-4913-9775-3dfcce97072a] } } }\n',
    '2:45 rules[0].then.models.webauthn[0] needs `authenticators.webauthn.metadata`: nothing else vouches for a model [authenticator_unfit]',
  ],
  [
    'more of a kind than there can be',
    '  - { name: A, then: { required: [{ anyOf: [password], count: 2 }] } }\n',
    '2:63 rules[0].then.required[0].count no user can have 2 of password: there is only one of each; enable an authenticator in stepgate.yaml that users can set up, or name another one [enrollment_unmeetable]',
  ],
  [
    'grace of two kinds',
    '  - { name: A, then: { required: [{ anyOf: [totp], grace: { skips: 1, until: 2027-01-01 } }] } }\n',
    '2:59 rules[0].then.required[0].grace give either `until` or `skips` [invalid_value]',
  ],
  [
    'a day that there is not',
    '  - { name: A, then: { required: [{ anyOf: [totp], grace: { until: 2027-02-30 } }] } }\n',
    '2:68 rules[0].then.required[0].grace.until must be a date such as 2027-01-31, or a time such as 2027-01-31T18:00:00+01:00 [invalid_value]',
  ],
])('findings: %s', async (_, rules, expected) => {
  expect(await findingLines({ [file]: `rules:\n${rules}`, 'stepgate.yaml': settings })).toEqual([
    `${file}:${expected}`,
  ]);
});

test('an authenticator that is required but not enabled', async () => {
  const lines = await findingLines({ [file]: 'rules:\n  - { name: A, then: { required: [webauthn] } }\n' });
  expect(lines).toEqual([
    `${file}:2:35 rules[0].then.required[0] no user can enroll webauthn: stepgate.yaml does not enable it; enable an authenticator in stepgate.yaml that users can set up, or name another one [enrollment_unmeetable]`,
  ]);
});

test.each<[string, string, string]>([
  [
    'required of what an administrator hands out',
    'required: [access_code]',
    '2:35 rules[0].then.required[0] no user can enroll access_code: users cannot set up access_code while they sign in; enable an authenticator in stepgate.yaml that users can set up, or name another one [enrollment_unmeetable]',
  ],
  [
    'of several, none',
    'required: [{ anyOf: [access_code, webauthn] }]',
    '2:35 rules[0].then.required[0] no user can enroll access_code or webauthn: users cannot set up access_code while they sign in, and stepgate.yaml does not enable webauthn; enable an authenticator in stepgate.yaml that users can set up, or name another one [enrollment_unmeetable]',
  ],
  ['of several, one', 'required: [{ anyOf: [password, totp] }]', ''],
  [
    'offered, and not enabled',
    'optional: [totp, webauthn]',
    '2:41 rules[0].then.optional[1] no user can enroll webauthn: stepgate.yaml does not enable it; enable an authenticator in stepgate.yaml that users can set up, or name another one [enrollment_unmeetable]',
  ],
  [
    'offered, and not to be enrolled',
    'optional: [access_code]',
    '2:35 rules[0].then.optional[0] no user can enroll access_code: users cannot set up access_code while they sign in; enable an authenticator in stepgate.yaml that users can set up, or name another one [enrollment_unmeetable]',
  ],
  [
    'promoted, and not enabled',
    'promote: { webauthn: { cooldown: P1D } }',
    '2:45 rules[0].then.promote.webauthn no user can enroll webauthn: stepgate.yaml does not enable it; enable an authenticator in stepgate.yaml that users can set up, or name another one [enrollment_unmeetable]',
  ],
])('what no user can enroll: %s', async (_, then, expected) => {
  const enabled = 'brand: { name: Test }\nauthenticators: { access_code: { enabled: true } }\n';
  const files = { [file]: `rules:\n  - { name: A, then: { ${then} } }\n`, 'stepgate.yaml': enabled };
  const lines = await findingLines(files, {}, kindsOf('password', 'totp', 'webauthn', 'access_code'));
  expect(lines).toEqual(expected === '' ? [] : [`${file}:${expected}`]);
});

const onCode = 'then: { allow: { any: { authenticators: [totp] } } }';
const forAll = '{ name: Everybody, then: { disabled: [totp] } }';
const groupA = '{ name: A, when: { groups: { any: [a] } }, then: { disabled: [totp] } }';

/** Names of the rules that an enrollment rule for all users leaves no user able to meet. */
async function unmeetable(signOn: readonly string[], enrollment: readonly string[]): Promise<readonly string[]> {
  const rulesOf = (all: readonly string[]) => `rules:\n${all.map((rule) => `  - ${rule}\n`).join('')}`;
  const lines = await findingLines({
    'stepgate.yaml': settings,
    'policies/sign-on/notes.yaml': `name: notes\n${rulesOf(signOn)}`,
    [file]: rulesOf(enrollment),
  });
  return lines.flatMap((line) => /disables totp, so that no user can meet the rule "(\w+)" in/.exec(line)?.[1] ?? []);
}

test.each<[string, readonly string[], readonly string[], readonly string[]]>([
  ['two rules for all', [`{ name: One, ${onCode} }`], [forAll], ['One']],
  [
    'a rule for some, which the analysis examines',
    [`{ name: One, ${onCode} }`],
    [groupA, '{ name: Rest, then: {} }'],
    [],
  ],
  [
    'a rule that decides for some only',
    [`{ name: One, when: { groups: { any: [a] } }, ${onCode} }`, '{ name: Rest, then: { allow: { factors: 1 } } }'],
    [forAll],
    [],
  ],
])('conflicts between rules: %s', async (_, signOn, enrollment, expected) => {
  expect(await unmeetable(signOn, enrollment)).toEqual(expected);
});
