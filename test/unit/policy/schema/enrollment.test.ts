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

/** A sign-on rule with this condition that takes totp; an enrollment rule with that condition disables it. */
async function conflictsOf(signOn: string, enrollment: string, more = ''): Promise<number> {
  const policy = `name: notes\nrules:\n  - name: One\n    when: ${signOn}\n    then: { allow: { any: { authenticators: [totp] } } }\n  - name: Rest\n    then: { allow: { factors: 1 } }\n`;
  const lines = await findingLines({
    'stepgate.yaml': `${settings}${more}`,
    'policies/sign-on/notes.yaml': policy,
    [file]: `rules:\n  - { name: A, when: ${enrollment}, then: { disabled: [totp] } }\n${rest}`,
  });
  return lines.filter((line) => /disables totp.*"One" in policies\/sign-on\/notes.yaml:3/.test(line)).length;
}

test.each<[string, string, string, number]>([
  ['the same group', '{ groups: { any: [a] } }', '{ groups: { any: [b, a] } }', 1],
  ['a group at a place', '{ network: { any: [office] } }', '{ groups: { any: [a] } }', 1],
  ['at certain hours', '{ time: { from: "08:00", to: "09:00", zone: Europe/Vienna } }', '{ groups: { any: [a] } }', 1],
  ['between quarter hours', '{ time: { from: "08:01", to: "08:14", zone: UTC } }', '{ groups: { any: [a] } }', 1],
  [
    'different hours',
    '{ time: { from: "08:00", to: "09:00", zone: UTC } }',
    '{ time: { from: "09:00", to: "10:00", zone: UTC } }',
    0,
  ],
  ['a group that is left out', '{ groups: { none: [a] } }', '{ groups: { any: [a] } }', 0],
  ['two groups that no user need be in', '{ groups: { any: [a] } }', '{ groups: { any: [b] } }', 0],
  ['another app', '{ groups: { any: [a] } }', '{ apps: { none: [notes] } }', 0],
])('conflicts between rules: %s', async (_, signOn, enrollment, expected) => {
  expect(await conflictsOf(signOn, enrollment)).toBe(expected);
});

test('conflicts between rules: no device that no configured source speaks of', async () => {
  const signals = (names: string) => `deviceSignals: { proxy: { proxies: [10.0.0.0/8] }, assurances: ${names} }\n`;
  const nested = '{ locked: { signals: [lock] }, safe: { signals: [lock, encryption] } }';
  const ofA = '{ groups: { any: [a] } }';
  const safeAlone = '{ device: { assurance: { all: [safe], none: [locked] } } }';
  expect(await conflictsOf(safeAlone, ofA, signals(nested))).toBe(0);
  expect(await conflictsOf(safeAlone, ofA, signals(nested.replace('lock,', 'pin,')))).toBe(1);
  expect(await conflictsOf('{ device: { assurance: { all: [safe] } } }', ofA, signals(nested))).toBe(1);
});
