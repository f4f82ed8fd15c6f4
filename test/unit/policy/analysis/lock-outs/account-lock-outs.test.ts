/** Lock-outs of which a rule of the account policy is the cause: one finding, at that rule. */
import { describe, expect, test } from '@jest/globals';
import { validFiles } from '../../support/configuration-dir.ts';
import { account, byPasskey, findings, places, rest, rules, settings } from '../../support/lock-out-files.ts';

const passkeysByPasskey = account(`{ name: Passkeys, change: { add: [webauthn] }, ${byPasskey} }`);
const enrollment = (when: string, required = 'webauthn') => ({
  'policies/enrollment.yaml': rules(
    `{ name: Admins, when: { ${when} }, then: { required: [{ anyOf: [${required}] }] } }`,
    '{ name: Rest, then: {} }',
  ),
});
const adminsNeed = enrollment('groups: { any: [admins] }');
const otherApp = {
  'apps/wiki.yaml': validFiles['apps/notes.yaml']?.replaceAll('notes', 'wiki').replace('Notes', 'Wiki'),
  'policies/sign-on/wiki.yaml': `name: wiki\n${rules(rest)}`,
};

test('what all must set up and no user can add is one error at the rule of the account policy', async () => {
  const found = await findings({ ...passkeysByPasskey, ...adminsNeed, ...otherApp });
  expect(found).toMatchObject([
    {
      severity: 'error',
      code: 'lock-out',
      ...{ file: 'policies/account.yaml', line: 2, column: 5, path: 'rules[0]' },
      message:
        'locks all users for whom the rules named here decide out of 2 apps (Notes, Wiki): no user who lacks webauthn can ever add it',
      rules: [
        { name: 'Admins', file: 'policies/enrollment.yaml', line: 2 },
        { name: 'All', file: 'policies/sign-on/notes.yaml', line: 3 },
        { name: 'Rest', file: 'policies/sign-on/wiki.yaml', line: 3 },
      ],
      advice: expect.stringContaining('`allow: { factors: 1 }` here'),
    },
  ]);
  expect(found[0]?.example?.slice(0, 6)).toEqual([
    ...['--app', 'notes', '--groups', 'admins', '--enrolled', 'password,email,totp'],
  ]);
});

test('the advised change lets them in', async () => {
  const files = account('{ name: Passkeys, change: { add: [webauthn] }, then: { allow: { factors: 1 } } }');
  expect(await places({ ...files, ...adminsNeed, ...otherApp })).toEqual([]);
});

test('a denial of what all must set up locks them out as well', async () => {
  const denial = account('{ name: Passkeys, change: { add: [webauthn] }, then: deny }');
  expect(await places({ ...denial, ...adminsNeed })).toEqual(['error lock-out policies/account.yaml:2:5']);
});

test('two groups at once are a warning', async () => {
  const guests = account(
    '{ name: Guests, change: { add: [webauthn] }, when: { groups: { any: [guests] } }, then: deny }',
    `{ name: Passkeys, change: { add: [webauthn] }, when: { groups: { none: [guests] } }, ${byPasskey} }`,
    '{ name: Never, change: { add: [webauthn] }, then: deny }',
  );
  const signOn = {
    'policies/sign-on/notes.yaml': `name: notes\n${rules(
      '{ name: Others, when: { groups: { none: [guests] } }, then: deny }',
      rest,
    )}`,
  };
  const found = await places({ ...guests, ...adminsNeed, ...signOn });
  expect(found.filter((line) => line.includes('lock-out'))).toEqual(['warning lock-out policies/account.yaml:2:5']);
});

test.each([
  ['in the office', ', when: { network: { none: [office] } }, then: deny', 2],
  ['with a second factor that they can add', ', then: { allow: { factors: 2, possession: { exclude: [email] } } }', 2],
])('newcomers who could add it %s are a warning for all apps together', async (_, terms, line) => {
  const some = account(`{ name: Passkeys, change: { add: [webauthn] }${terms} }`);
  const found = await findings({ ...some, ...adminsNeed, ...otherApp });
  expect(found.map(({ severity, code, file }) => [severity, code, file])).toEqual([
    ['warning', 'newcomer-lock-out', 'policies/account.yaml'],
  ]);
  expect(found[0]?.line).toBe(line);
  expect(found[0]?.message).toContain('password and email, as after an import, out of 2 apps (Notes, Wiki)');
  expect(found[0]?.rules.map(({ name }) => name)).toEqual(['Admins', 'All', 'Rest']);
});

test('another method that can be added is enough', async () => {
  const either = enrollment('groups: { any: [admins] }', 'webauthn, totp');
  expect(await places({ ...passkeysByPasskey, ...either })).toEqual(['warning never-added policies/account.yaml:2:5']);
});

test('a rule by which no user can ever add an authenticator is found where none is required', async () => {
  const found = await findings(passkeysByPasskey);
  expect(found).toMatchObject([
    {
      severity: 'warning',
      code: 'never-added',
      ...{ file: 'policies/account.yaml', line: 2, column: 5 },
      message: 'asks for what no user can have before, so that no user who lacks webauthn can ever add it',
    },
  ]);
});

test('so are rules that wait for each other', async () => {
  const circle = account(
    '{ name: P, change: { add: [webauthn] }, then: { allow: { possession: { authenticators: [totp] } } } }',
    `{ name: T, change: { add: [totp] }, ${byPasskey} }`,
  );
  expect(await places(circle)).toEqual([
    'warning never-added policies/account.yaml:2:5',
    'warning never-added policies/account.yaml:3:5',
  ]);
});

describe('a rule by which some users can never add an authenticator is found', () => {
  const ofAdmins = `{ name: A, change: { add: [webauthn] }, when: { groups: { any: [admins] } }, ${byPasskey} }`;

  test('where none of the users that it applies to can', async () => {
    expect(await findings(account(ofAdmins))).toMatchObject([
      {
        ...{ severity: 'warning', code: 'never-added', file: 'policies/account.yaml', line: 2, column: 5, rules: [] },
        message:
          'asks for what no user for whom it decides can have before, so that none of them who lacks webauthn can ever add it',
      },
    ]);
  });

  test('where others of those can add it in another network, with an example', async () => {
    const helpers =
      '{ name: H, change: { add: [webauthn] }, when: { groups: { any: [helpers] }, network: { any: [office] } }, then: { allow: { factors: 1 } } }';
    const found = await findings(account(helpers, ofAdmins));
    expect(found).toMatchObject([
      {
        ...{ severity: 'warning', code: 'never-added', file: 'policies/account.yaml', line: 3, column: 5 },
        message:
          'asks users such as the one of the example for what they can never have before: without webauthn they can never add it',
      },
    ]);
    expect(found[0]?.example?.slice(2, 4)).toEqual(['--groups', 'admins']);
  });

  test('and not next to the lock-out that it causes', async () => {
    expect(await places({ ...account(ofAdmins), ...adminsNeed })).toEqual(['error lock-out policies/account.yaml:2:5']);
  });
});

test.each([
  ['only denies', account('{ name: P, change: { add: [webauthn] }, then: deny }')],
  [
    'asks for what can be added first',
    account('{ name: P, change: { add: [webauthn] }, then: { allow: { possession: { authenticators: [totp] } } } }'),
  ],
  [
    'asks for it in one network alone',
    account(`{ name: P, change: { add: [webauthn] }, when: { network: { any: [office] } }, ${byPasskey} }`),
  ],
])('quiet where a rule %s', async (_, files) => {
  expect(await places(files)).toEqual([]);
});

describe('a rule with a condition', () => {
  const onlyAdmins = `{ name: Passkeys, change: { add: [webauthn] }, when: { groups: { any: [admins] } }, ${byPasskey} }`;
  const byType = 'when: { userType: { any: [contractor] } }';
  const attributes = (write: string) => `attributes: { unit: { type: text, write: ${write}, label: { en: Unit } } }\n`;

  test('locks out the users it selects: one error at the rule', async () => {
    const found = await findings({ ...account(onlyAdmins), ...adminsNeed, ...otherApp });
    expect(found).toMatchObject([
      {
        severity: 'error',
        code: 'lock-out',
        ...{ file: 'policies/account.yaml', line: 2, column: 5, path: 'rules[0]' },
        message:
          'locks all users for whom the rules named here decide out of 2 apps (Notes, Wiki): no user who lacks webauthn can ever add it',
        rules: [{ name: 'Admins' }, { name: 'All' }, { name: 'Rest' }],
      },
    ]);
    expect(found[0]?.example?.slice(0, 6)).toEqual([
      ...['--app', 'notes', '--groups', 'admins', '--enrolled', 'password,email,totp'],
    ]);
  });

  test('where sign-on rules ask for it', async () => {
    const signOn = {
      'policies/sign-on/notes.yaml': `name: notes\n${rules(
        '{ name: Auditors, when: { groups: { any: [auditors] } }, then: deny }',
        `{ name: Admins, when: { groups: { any: [admins] } }, ${byPasskey} }`,
        rest,
      )}`,
    };
    const found = await findings({ ...account(onlyAdmins), ...signOn, ...otherApp });
    expect(found).toMatchObject([
      {
        severity: 'error',
        code: 'lock-out',
        file: 'policies/account.yaml',
        line: 2,
        rules: [{ name: 'Admins', line: 4 }],
      },
    ]);
    expect(found[0]?.message).toContain('out of the app Notes:');
  });

  test.each([
    ['a type of user', account(`{ name: P, change: { add: [webauthn] }, ${byType}, then: deny }`), byType],
    [
      'an attribute that administrators write',
      account(`{ name: P, change: { add: [webauthn] }, when: { attributes: { unit: { equals: x } } }, then: deny }`),
      'when: { attributes: { unit: { equals: x } } }',
    ],
    [
      'an id',
      account(
        `{ name: P, change: { add: [webauthn] }, when: { users: { any: [aaaaaaaaaaaaaaaaaaaaaA] } }, ${byPasskey} }`,
      ),
      'when: { users: { any: [aaaaaaaaaaaaaaaaaaaaaA] } }',
    ],
  ])('by %s', async (_, files, when) => {
    const own = {
      'policies/enrollment.yaml': rules(
        `{ name: These, ${when}, then: { required: [webauthn] } }`,
        '{ name: Rest, then: {} }',
      ),
    };
    const all = { ...files, ...own, 'stepgate.yaml': `${settings}${attributes('admin')}` };
    expect(await places(all)).toEqual(['error lock-out policies/account.yaml:2:5']);
  });

  test.each([
    ['the network', 'network: { none: [office] }'],
    ['the device', 'device: { known: false }'],
    ['the time', 'time: { days: [mon], zone: UTC }'],
    ['the age of the account', 'accountAge: { below: P7D }'],
    ['an attribute that users write', 'attributes: { unit: { equals: x } }'],
    ['a day that comes', 'attributes: { ends: { before: now } }'],
    ['the app', 'apps: { any: [notes] }'],
    ['an address', 'users: { any: [ann@example.org] }'],
  ])('warns of newcomers alone where another way is open: by %s', async (_, when) => {
    const ends = 'ends: { type: date, write: admin, label: { en: Ends } } }';
    const all = {
      ...account(`{ name: P, change: { add: [webauthn] }, when: { ${when} }, then: deny }`),
      'policies/enrollment.yaml': rules('{ name: All, then: { required: [webauthn] } }'),
      'stepgate.yaml': `${settings}${attributes('user').replace(' }\n', `, ${ends}\n`)}`,
    };
    const found = (await places(all)).filter((line) => line.includes('lock-out'));
    expect(found).toEqual(['warning newcomer-lock-out policies/account.yaml:2:5']);
  });

  test('locks out some of the users it selects, where others can add it in another network', async () => {
    const found = await findings({
      ...account(
        '{ name: Helpers, change: { add: [webauthn] }, when: { groups: { any: [helpers] }, network: { any: [office] } }, then: { allow: { factors: 1 } } }',
        onlyAdmins,
      ),
      ...adminsNeed,
    });
    expect(found).toMatchObject([{ severity: 'error', code: 'lock-out', file: 'policies/account.yaml', line: 3 }]);
    expect(found[0]?.message).toBe(
      'locks users such as the one of the example out of the app Notes in circumstances like those of the example: without webauthn they can never add it',
    );
    expect(found[0]?.example?.slice(2, 4)).toEqual(['--groups', 'admins']);
  });

  test('says that it is so in such circumstances, as users get in where another enrollment rule decides', async () => {
    const found = await findings({
      'stepgate.yaml': settings,
      ...account(
        `{ name: Strangers, change: { add: [webauthn] }, when: { network: { none: [office] } }, ${byPasskey} }`,
        `{ name: Admins, change: { add: [webauthn] }, when: { groups: { any: [admins] } }, ${byPasskey} }`,
      ),
      'policies/enrollment.yaml': rules(
        '{ name: Outside, when: { network: { none: [office] } }, then: { required: [webauthn] } }',
        '{ name: Office, then: {} }',
      ),
    });
    expect(found.map(({ code, line, message }) => [code, line, message])).toEqual([
      [
        'lock-out',
        2,
        'locks users such as the one of the example out of the app Notes in circumstances like those of the example: without webauthn they can never add it',
      ],
    ]);
  });

  test('each rule that is a cause is found', async () => {
    const found = await places({
      ...account(
        `{ name: Admins, change: { add: [webauthn] }, when: { groups: { any: [admins] } }, ${byPasskey} }`,
        '{ name: Guests, change: { add: [webauthn] }, when: { groups: { any: [guests] } }, then: deny }',
      ),
      'policies/enrollment.yaml': rules('{ name: All, then: { required: [webauthn] } }'),
    });
    expect(found).toEqual(['error lock-out policies/account.yaml:2:5', 'error lock-out policies/account.yaml:3:5']);
  });
});

const twoPasskeys =
  '{ name: Two, then: { allow: { chains: [[{ authenticators: [webauthn] }, { authenticators: [webauthn] }]] } } }';
const byTwoApps =
  '{ name: K, change: { add: [webauthn] }, when: { network: { none: [office] } }, then: { allow: { chains: [[{ authenticators: [totp] }, { authenticators: [totp] }]] } } }';

test.each([
  [
    'of a sign-on rule',
    [`{ name: K, change: { add: [webauthn] }, when: { network: { none: [office] } }, then: deny }`],
  ],
  [
    'of the account policy',
    [byTwoApps, '{ name: A, change: { add: [totp] }, when: { network: { none: [office] } }, then: deny }'],
  ],
])('a chain %s that takes two of a kind locks out newcomers alone', async (_, keys) => {
  const files = { ...account(...keys), 'policies/sign-on/notes.yaml': `name: notes\n${rules(twoPasskeys)}` };
  const found = (await places(files)).filter((line) => line.includes('lock-out'));
  expect(found).toEqual(['warning newcomer-lock-out policies/account.yaml:2:5']);
});

test('a chain of the account policy locks out no newcomers who may add two of a kind before', async () => {
  const files = { ...account(byTwoApps), 'policies/sign-on/notes.yaml': `name: notes\n${rules(twoPasskeys)}` };
  expect((await places(files)).filter((line) => line.includes('lock-out'))).toEqual([]);
});

describe('two rules that together let users add none of the requested authenticators', () => {
  const noCodes = '{ name: No codes, change: { add: [totp] }, when: { userType: { any: [contractor] } }, then: deny }';
  const inSales = 'attributes: { unit: { equals: sales } }';
  const noKeys = `{ name: No keys, change: { add: [webauthn] }, when: { ${inSales} }, then: deny }`;
  const units = 'attributes: { unit: { type: text, write: admin, label: { en: Unit } } }\n';
  const either = {
    'stepgate.yaml': `${settings}${units}`,
    'policies/enrollment.yaml': rules('{ name: Either, then: { required: [{ anyOf: [totp, webauthn] }] } }'),
  };

  test('are one error that names both', async () => {
    const found = await findings({ ...either, ...account(noCodes, noKeys) });
    expect(found).toMatchObject([
      {
        ...{ severity: 'error', code: 'lock-out', file: 'policies/account.yaml', line: 2, column: 5 },
        message:
          'locks all users for whom the rules named here decide out of the app Notes: no user who lacks totp or webauthn can ever add it',
        rules: [{ name: 'No keys' }, { name: 'Either' }, { name: 'All' }],
        advice: expect.stringContaining('`allow: { factors: 1 }` here or in another rule of this policy that is named'),
      },
    ]);
    expect(found[0]?.example?.join(' ')).toContain('--user-type contractor --attribute unit=sales');
  });

  test('are found where a sign-on rule asks', async () => {
    const signOn = {
      'policies/sign-on/notes.yaml': `name: notes\n${rules(
        '{ name: Two, then: { allow: { factors: 2, possession: { authenticators: [totp, webauthn] } } } }',
      )}`,
    };
    const found = await places({
      ...either,
      ...account(noCodes, noKeys),
      ...signOn,
      'policies/enrollment.yaml': undefined,
    });
    expect(found).toEqual(['error lock-out policies/account.yaml:2:5']);
  });

  test('are found for each pair', async () => {
    const more = [
      '{ name: Temps, change: { add: [totp] }, when: { userType: { any: [temp] } }, then: deny }',
      `{ name: Audit, change: { add: [webauthn] }, when: { ${inSales.replace('sales', 'audit')} }, then: deny }`,
    ];
    const found = await findings({ ...either, ...account(noCodes, noKeys, ...more) });
    expect(
      found.map(({ code, line, rules: named }) => [code, line, named.slice(0, 2).map(({ name }) => name)]),
    ).toEqual([
      ['lock-out', 2, ['No keys', 'Audit']],
      ['lock-out', 3, ['Temps', 'Either']],
      ['lock-out', 4, ['Audit', 'Either']],
    ]);
  });

  test.each([
    [
      'one unit is never the other',
      [
        '{ name: No codes, change: { add: [totp] }, when: { attributes: { unit: { equals: audit } } }, then: deny }',
        noKeys,
      ],
    ],
    ['the second leaves another method', [noCodes, noKeys.replace('webauthn', 'phone')]],
  ])('are not found where %s', async (_, all) => {
    expect(await places({ ...either, ...account(...all) })).toEqual([]);
  });

  const units17 = Array.from({ length: 17 }, (_, at) => `u${at}`);
  const deniedIn = (key: string, when: (unit: string) => string, then = 'deny') =>
    units17.map(
      (unit) => `{ name: ${key} ${unit}, change: { add: [${key}] }, when: { ${when(unit)} }, then: ${then} }`,
    );
  const byUnit = (unit: string) => `attributes: { unit: { equals: ${unit} } }`;
  const byKind = (unit: string) => `userType: { any: [${unit}] }`;

  test('are undecided where there are more pairs than are looked at', async () => {
    const all = [...deniedIn('totp', byUnit), ...deniedIn('webauthn', byKind)];
    const found = await findings({ ...either, ...account(...all) });
    expect(new Set(found.map(({ severity, code }) => `${severity} ${code}`))).toEqual(
      new Set(['error lock-out', 'warning undecided']),
    );
    expect(found.find(({ code }) => code === 'undecided')).toMatchObject({ file: 'policies/account.yaml', line: 2 });
  });

  test('and many rules that can be met are quiet', async () => {
    const all = [
      ...deniedIn('totp', byUnit, '{ allow: { factors: 2 } }'),
      ...deniedIn('webauthn', byKind, '{ allow: { possession: { authenticators: [totp, email] } } }'),
    ];
    expect(await places({ ...either, ...account(...all) })).toEqual([]);
  });
});

describe('a rule that asks how the user signed in, and for something else', () => {
  const noKeys = account('{ name: No keys, change: { add: [webauthn] }, then: deny }');
  const byPassword = 'authenticated: { any: [password] }';
  const passwords = {
    'policies/sign-on/notes.yaml': `name: notes\n${rules('{ name: All, then: { allow: { knowledge: { authenticators: [password] } } } }')}`,
  };

  test.each([
    ['for a group', `${byPassword}, groups: { any: [staff] }`, ['--groups', 'staff']],
    ['for a type of user', `${byPassword}, userType: { any: [temp] }`, ['--groups', '', '--user-type', 'temp']],
    ['for nothing more', byPassword, ['--groups', '']],
  ])('locks out whom it asks %s', async (_, when, example) => {
    const found = await findings({ ...noKeys, ...passwords, ...enrollment(when) });
    expect(found).toMatchObject([
      {
        ...{ severity: 'error', code: 'lock-out', file: 'policies/account.yaml', line: 2, column: 5 },
        message:
          'locks all users for whom the rules named here decide out of the app Notes: no user who lacks webauthn can ever add it',
        rules: [{ name: 'Admins', file: 'policies/enrollment.yaml', line: 2 }, { name: 'All' }],
      },
    ]);
    expect(found[0]?.example?.slice(2, 2 + example.length)).toEqual(example);
  });

  test.each([
    ['by more than they prove', 'authenticated: { all: [password, email] }, groups: { any: [staff] }'],
    ['by what none has', 'authenticated: { any: [webauthn] }, groups: { any: [staff] }'],
  ])('is quiet where it asks for a sign-in %s', async (_, when) => {
    expect(await places({ ...noKeys, ...enrollment(when) })).toEqual([]);
  });

  test('is a note about accounts of a password alone where others may sign in otherwise', async () => {
    expect(await places({ ...noKeys, ...enrollment(byPassword) })).toEqual([
      'note newcomer-lock-out policies/account.yaml:2:5',
    ]);
  });

  test('warns of newcomers where another way is open', async () => {
    const inOffice = account(
      '{ name: Keys, change: { add: [webauthn] }, when: { network: { none: [office] } }, then: deny }',
    );
    const found = await findings({
      ...inOffice,
      ...passwords,
      ...enrollment(`${byPassword}, groups: { any: [staff] }`),
    });
    expect(found).toMatchObject([
      { severity: 'warning', code: 'newcomer-lock-out', line: 2, rules: [{ name: 'Admins' }, { name: 'All' }] },
    ]);
  });

  test('is the cause where it requires what may only be used', async () => {
    const found = await findings({
      ...passwords,
      'policies/enrollment.yaml': rules(
        `{ name: Passwords, when: { ${byPassword}, groups: { any: [staff] } }, then: { required: [webauthn] } }`,
        '{ name: Rest, then: { useOnly: [webauthn] } }',
      ),
    });
    expect(found).toMatchObject([{ code: 'lock-out', file: 'policies/enrollment.yaml' }]);
  });
});

describe('a rule of the enrollment policy', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const signOn = {
    'policies/sign-on/notes.yaml': `name: notes\n${rules(
      ...names.map((name) => `{ name: ${name}, when: { groups: { any: [${name}] } }, ${byPasskey} }`),
      rest,
    )}`,
  };
  const useOnly = (when: string) => ({
    'policies/enrollment.yaml': rules(
      `{ name: Use only, ${when}then: { useOnly: [webauthn] } }`,
      ...(when === '' ? [] : ['{ name: Rest, then: {} }']),
    ),
  });

  test('by which no user can ever add a requested authenticator is one error, for all rules that ask', async () => {
    const found = await findings({ ...signOn, ...useOnly(''), ...otherApp });
    expect(found).toMatchObject([
      {
        ...{ severity: 'error', code: 'lock-out', file: 'policies/enrollment.yaml', line: 2, column: 5 },
        message:
          'locks all users for whom 7 rules such as those named here decide out of the app Notes: no user who lacks webauthn can ever add it',
      },
    ]);
    expect(found[0]?.rules.map(({ name }) => name)).toEqual(names.slice(0, 6));
  });

  test('by which newcomers cannot add it there is one warning', async () => {
    const found = await findings({ ...signOn, ...useOnly('when: { network: { none: [office] } }, ') });
    expect(found).toMatchObject([
      { severity: 'warning', code: 'newcomer-lock-out', file: 'policies/enrollment.yaml', line: 2 },
    ]);
    expect(found[0]?.rules.map(({ name }) => name)).toEqual(names.slice(0, 6));
  });

  test('that disables what rules ask of users in two groups at once is one warning', async () => {
    const files = rules(
      '{ name: No keys, when: { groups: { any: [guests] } }, then: { disabled: [webauthn] } }',
      '{ name: Rest, then: {} }',
    );
    const found = await findings({ ...signOn, 'policies/enrollment.yaml': files });
    expect(found).toMatchObject([
      { severity: 'warning', code: 'lock-out', file: 'policies/enrollment.yaml', line: 2, column: 5 },
    ]);
    expect(found[0]?.message).toContain('into the app Notes where 8 rules such as those named here decide, too');
  });

  test('together with one of the account policy is one error that names both', async () => {
    const found = await findings({
      ...signOn,
      ...useOnly(''),
      ...account('{ name: None, change: { add: [webauthn] }, then: deny }'),
    });
    expect(found).toMatchObject([
      {
        severity: 'error',
        code: 'lock-out',
        file: 'policies/enrollment.yaml',
        line: 2,
        rules: [{ name: 'None' }, {}, {}, {}, {}, {}],
      },
    ]);
  });
});

describe('a rule of the account policy never decides', () => {
  const shadowed = async (...all: readonly string[]) => {
    const found = await findings({ 'policies/account.yaml': rules(...all, rest) });
    return found
      .filter(({ code }) => code === 'shadowed')
      .map(({ line, rules: by }) => [line, ...by.map(({ name }) => name)].join(' '));
  };
  const two = 'then: { allow: { factors: 2 } }';
  const first = '{ name: First, change: { add: all, remove: [totp] }, then: { allow: { factors: 1 } } }';

  test.each([
    [
      'where one before it is about the same changes',
      [first, `{ name: P, change: { add: [webauthn] }, ${byPasskey} }`],
      ['3 First'],
    ],
    [
      'where several before it take all its changes',
      [
        first,
        `{ name: T, change: { remove: all }, ${two} }`,
        `{ name: P, change: { add: [totp], remove: [webauthn] }, ${byPasskey} }`,
      ],
      ['4 First'],
    ],
    [
      'and does where one change is left',
      [first, `{ name: P, change: { remove: [totp, webauthn] }, ${byPasskey} }`],
      [],
    ],
    [
      'and does about what none names',
      [`{ name: T, change: { remove: [totp] }, ${two} }`, `{ name: P, change: { remove: all }, ${byPasskey} }`],
      [],
    ],
    [
      'where its users are taken',
      [
        '{ name: A, change: { add: all }, when: { groups: { any: [a] } }, then: { allow: { factors: 1 } } }',
        `{ name: P, change: { add: [webauthn] }, when: { groups: { all: [a, b] } }, ${byPasskey} }`,
      ],
      ['3 A'],
    ],
  ])('%s', async (_, all, expected) => {
    expect(await shadowed(...all)).toEqual(expected);
  });
});

test('a rule that decides about fewer authenticators for some users is not reported as locking out all', async () => {
  const files = {
    'policies/sign-on/notes.yaml': `name: notes\n${rules('{ name: All, then: { allow: { factors: 2, possession: { authenticators: [totp, webauthn] } } } }')}`,
    'policies/account.yaml': rules(
      '{ name: Staff, change: { add: [totp] }, when: { groups: { any: [staff] } }, then: { allow: { factors: 1 } } }',
      '{ name: Others, then: { allow: { factors: 2, possession: { authenticators: [totp] } } } }',
    ),
  };
  const found = (await findings(files)).filter(({ code }) => code === 'lock-out');
  expect(found.map(({ severity, message }) => [severity, message])).toEqual([
    ['error', expect.stringContaining('users such as the one of the example')],
  ]);
});

test('a rule that locks out all users under one sign-on rule and some under another is not reported as locking out all', async () => {
  const found = await findings({
    'policies/account.yaml': rules(
      '{ name: Outside, change: { add: all }, when: { network: { none: [office] } }, then: deny }',
      '{ name: Staff, change: { add: [webauthn] }, when: { groups: { none: [a] } }, then: deny }',
      rest,
    ),
    'policies/sign-on/notes.yaml': `name: notes\n${rules('{ name: Others, when: { groups: { none: [a] }, userType: { any: [temp] } }, then: { allow: { factors: 1 } } }', rest)}`,
    'policies/enrollment.yaml': rules('{ name: All, then: { required: [webauthn] } }'),
  });
  const lockOuts = found.filter(({ code }) => code === 'lock-out');
  expect(lockOuts.map(({ line, message }) => [line, /all users|users such as/.exec(message)?.[0]])).toEqual([
    [2, 'users such as'],
    [3, 'all users'],
  ]);
});

test('rules that lock out only where others of them decide, too, are not reported as locking out all', async () => {
  const office = '{ name: Office, when: { network: { any: [office] } }, then: { allow: { factors: 1 } } }';
  const found = await findings({
    'policies/account.yaml': rules('{ name: No keys, change: { add: [webauthn] }, then: deny }', rest),
    'policies/sign-on/notes.yaml': `name: notes\n${rules(office, `{ name: Keys, ${byPasskey} }`)}`,
    ...adminsNeed,
  });
  expect(
    found.map(({ code, message, rules: named }) => [code, message.slice(0, 16), named.map(({ name }) => name)]),
  ).toEqual([['lock-out', 'locks users such', ['Admins', 'Rest', 'Office', 'Keys']]]);
});
