/** Users whose password must be replaced, and who may not replace it. */
import { expect, test } from '@jest/globals';
import { noteFound } from '../../../../support/values/found-codes.ts';
import { validFiles } from '../../support/configuration-dir.ts';
import { account, byPasskey, findings, rules } from '../../support/lock-out-files.ts';

const plain = { 'stepgate.yaml': validFiles['stepgate.yaml'] };
const withPasskeys = {
  'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { webauthn: { enabled: true } }\n`,
};
const expiring = { 'policies/password.yaml': rules('{ name: Month, then: { maxAge: P30D } }') };
const byTwo = account('{ name: Two, change: { change: [password] }, then: { allow: { factors: 2 } } }');
const byPasskeyAlone = account(`{ name: Key, change: { change: [password] }, ${byPasskey} }`);
const notesBy = (demand: string) => ({
  'policies/sign-on/notes.yaml': `name: notes\n${rules(`{ name: All, then: { allow: { ${demand} } } }`)}`,
});
const byPassword = notesBy('knowledge: { authenticators: [password] }');
const never = account('{ name: Never, change: { change: [password] }, then: deny }');
const about = async (files: Parameters<typeof findings>[0]) =>
  noteFound(await findings({ ...plain, ...files })).filter(({ code }) => code.includes('password'));
const brief = async (files: Parameters<typeof findings>[0]) =>
  (await about(files)).map(({ severity, code, file, line }) => `${severity} ${code} ${file}:${line}`);

test('a user with only a password is locked out once it expires, if more is asked for to replace it', async () => {
  expect(await about({ ...byTwo, ...expiring })).toMatchObject([
    {
      severity: 'warning',
      code: 'password-lock-out',
      ...{ file: 'policies/account.yaml', line: 2, path: 'rules[0]' },
      message:
        'locks users out who have nothing but password once the password must be replaced, after 30 d or when a blocklist holds it: to replace it, it asks them for what they do not have',
      rules: [{ name: 'Month', file: 'policies/password.yaml', line: 2 }],
      example: expect.arrayContaining(['--enrolled', 'password@30d']),
      advice: expect.stringContaining('`allow: { factors: 1 }`'),
    },
  ]);
});

test('without a password policy a blocklist is enough', async () => {
  const [found] = await about(byTwo);
  expect(found?.message).toContain('when a blocklist holds it, as it is without a password policy: ');
  expect(found?.rules).toEqual([]);
  expect(found?.example).toContain('password[common]');
});

test.each([
  [
    'one factor is enough to replace it',
    account('{ name: One, change: { change: [password] }, then: { allow: { factors: 1 } } }'),
  ],
  [
    'another change takes two',
    account('{ name: Two, change: { remove: [password] }, then: { allow: { factors: 2 } } }'),
  ],
  ['the app makes all users set up more', { ...byTwo, ...notesBy('factors: 2') }],
  [
    'no rule asks for a replacement',
    { ...byTwo, 'policies/password.yaml': rules('{ name: All, then: { blocklists: [] } }') },
  ],
  ['no account policy stands', {}],
])('nothing is found where %s', async (_what, files) => {
  expect(await brief({ ...expiring, ...files })).toEqual([]);
});

test('users who chose another second factor are locked out, as nothing else is offered to them', async () => {
  const files = { ...expiring, ...withPasskeys, ...byPasskeyAlone, ...notesBy('factors: 2') };
  expect(await about(files)).toMatchObject([{ example: expect.arrayContaining(['password@30d,totp']) }]);
});

test('nothing is found where the first sign-in makes users set up what helps, in one order or another', async () => {
  const enrolling = (key: string) => ({
    'policies/enrollment.yaml': rules(`{ name: All, then: { required: [${key}] } }`),
  });
  const chain = notesBy('chains: [[{ authenticators: [totp] }, { authenticators: [password] }]]');
  const files = { ...expiring, ...withPasskeys, ...byPasskeyAlone };
  expect(await about({ ...files, ...chain, ...enrolling('webauthn') })).toEqual([]);
  expect(await about({ ...byTwo, ...expiring, ...enrolling('totp') })).toEqual([]);
  expect(await about({ ...files, ...chain, ...enrolling('totp') })).toHaveLength(1);
});

test('an address counts among what accounts begin with, also instead of the password', async () => {
  const severities = async (files: Parameters<typeof findings>[0]) =>
    (await findings({ ...expiring, ...files })).flatMap(({ code, severity }) =>
      code === 'password-lock-out' ? [severity] : [],
    );
  expect(await severities({ ...byTwo, ...byPassword })).toEqual(['note']);
  expect(await severities({ ...byPasskeyAlone, ...notesBy('factors: 1') })).toEqual(['note']);
  expect(await severities({ ...byPasskeyAlone, ...byPassword })).toEqual(['warning']);
});

test('what only users without a password are offered to set up is no way in for others', async () => {
  const mail = 'mail: { from: no-reply@example.org, smtp: { host: mail.example.org } }\n';
  const enabled = ['totp', 'webauthn', 'email'].map((key) => `${key}: { enabled: true }`).join(', ');
  const settings = `${validFiles['stepgate.yaml']}authenticators: { ${enabled} }\n${mail}`;
  const byTotp = '{ allow: { possession: { authenticators: [totp] } } }';
  const found = await about({
    'stepgate.yaml': settings,
    ...account(`{ name: Key, change: { change: [password] }, then: ${byTotp} }`),
    ...notesBy('factors: 2'),
  });
  expect(found).toMatchObject([
    { code: 'password-lock-out', example: expect.arrayContaining(['password[common],email']) },
  ]);
});

test('accounts without an address are in a note, as no rule says that there are any', async () => {
  const found = (await findings({ ...byTwo, ...expiring })).filter(({ code }) => code === 'password-lock-out');
  expect(found).toMatchObject([
    {
      severity: 'note',
      message: expect.stringContaining('who have nothing but password, not even an address, once'),
      example: expect.arrayContaining(['password@30d']),
    },
  ]);
});

test('before their first sign-in users lack what it makes them set up, which does not help', async () => {
  const required = { 'policies/enrollment.yaml': rules('{ name: All, then: { required: [totp] } }') };
  expect(await about({ ...withPasskeys, ...byPasskeyAlone, ...expiring, ...required })).toMatchObject([
    {
      severity: 'warning',
      message: expect.stringContaining('who have nothing but password, as before their first sign-in, once'),
      example: expect.arrayContaining(['--enrolled', 'password@30d']),
    },
  ]);
  const always = await about({
    ...{ ...withPasskeys, ...byPasskeyAlone, ...expiring, ...required, ...byPassword },
  });
  expect(always[0]?.message).toContain('who have nothing but password and totp once');
});

test('before the first sign-in it is found where it may make them set up more', async () => {
  const office = account(
    '{ name: Here, change: { add: [totp] }, when: { network: { none: [office] } }, then: deny }',
    `{ name: Key, change: { change: [password] }, ${byPasskey} }`,
  );
  const required = { 'policies/enrollment.yaml': rules('{ name: All, then: { required: [totp] } }') };
  const [found] = await about({ ...withPasskeys, ...office, ...expiring, ...required });
  expect(found).toMatchObject({
    line: 3,
    message: expect.stringContaining('before their first sign-in'),
    example: expect.arrayContaining(['--zone', 'office']),
  });
});

test('what users have added elsewhere counts', async () => {
  const office = account(
    '{ name: Here, change: { add: [totp, webauthn] }, when: { network: { none: [office] } }, then: deny }',
    `{ name: Key, change: { change: [password] }, when: { network: { none: [office] } }, ${byPasskey} }`,
  );
  const chain = notesBy('chains: [[{ authenticators: [password] }, { authenticators: [totp] }]]');
  const [found] = await about({ ...withPasskeys, ...office, ...expiring, ...chain });
  expect(found).toMatchObject({
    line: 3,
    message: expect.stringContaining('who have nothing but password and totp once'),
    example: expect.arrayContaining(['password@30d,totp']),
  });
});

test.each([
  ['an account that is older than a day', 'accountAge: { atLeast: P1D }', 'warning'],
  ['an account that is younger than the password may become', 'accountAge: { below: P60D }', 'note'],
  ['an account that was recovered before the password was set', 'recovered: { within: P60D }', 'note'],
])('the password of %s may be too old', async (_what, when, severity) => {
  const rule = (then: string) =>
    account(`{ name: Some, change: { change: [password] }, when: { ${when} }, then: ${then} }`);
  const noLists = { 'policies/password.yaml': rules('{ name: Month, then: { maxAge: P30D, blocklists: [] } }') };
  expect(await brief({ ...rule('deny'), ...noLists })).toEqual([`${severity} kept-password policies/account.yaml:2`]);
  expect(await brief({ ...rule('{ allow: { factors: 2 } }'), ...noLists })).toEqual([
    'warning password-lock-out policies/account.yaml:2',
  ]);
});

test('what another place makes users set up lets them replace it there', async () => {
  const inOffice = rules(
    '{ name: Office, when: { network: { any: [office] } }, then: { required: [totp] } }',
    '{ name: Rest, then: {} }',
  );
  const [found] = await about({ ...byTwo, ...expiring, 'policies/enrollment.yaml': inOffice });
  expect(found?.message).toContain('for what they do not have, there');
});

test('the rules of both policies may be about some users and some places', async () => {
  const office = account(
    '{ name: Away, change: { change: [password] }, when: { network: { none: [office] } }, then: { allow: { factors: 2 } } }',
  );
  const [there] = await about({ ...office, ...expiring });
  expect(there?.message).toContain('for what they do not have, there');
  const staff = {
    'policies/password.yaml': rules(
      '{ name: Staff, when: { groups: { any: [staff] } }, then: { maxAge: P1D, blocklists: [] } }',
      '{ name: Rest, then: { blocklists: [] } }',
    ),
  };
  const [found, ...more] = await about({ ...byTwo, ...staff });
  expect(more).toEqual([]);
  expect(found?.example?.join(' ')).toContain('--groups staff --enrolled password@1d');
  const guests = account(
    '{ name: Guests, change: { change: [password] }, when: { groups: { any: [guests] } }, then: { allow: { factors: 2 } } }',
  );
  const others = {
    'policies/password.yaml': rules(
      '{ name: Guests, when: { groups: { any: [guests] } }, then: { blocklists: [] } }',
      '{ name: Rest, then: { maxAge: P1D } }',
    ),
  };
  expect(await brief({ ...guests, ...others })).toEqual([]);
});

test('a password that may not be replaced stays good, which is a warning', async () => {
  expect(await about({ ...never, ...expiring })).toMatchObject([
    {
      severity: 'warning',
      code: 'kept-password',
      ...{ file: 'policies/account.yaml', line: 2 },
      message:
        'forbids users to replace a password that must be replaced, after 30 d or when a blocklist holds it: so they sign in with it as before, for ever',
      rules: [{ name: 'Month' }],
      example: expect.arrayContaining(['password@30d']),
    },
  ]);
  const useOnly = { 'policies/enrollment.yaml': rules('{ name: Directory, then: { useOnly: [password] } }') };
  expect(await brief({ ...useOnly, ...expiring })).toEqual(['warning kept-password policies/enrollment.yaml:2']);
  const byNone = { 'policies/password.yaml': rules('{ name: All, then: { blocklists: [] } }') };
  expect(await brief({ ...useOnly, ...byNone })).toEqual([]);
});

test('where users may replace it elsewhere, it is a note', async () => {
  const away = account(
    '{ name: Away, change: { change: [password] }, when: { network: { none: [office] } }, then: deny }',
  );
  expect(await brief({ ...away, ...expiring })).toEqual(['note kept-password policies/account.yaml:2']);
  const guests = account(
    '{ name: Guests, change: { change: [password] }, when: { groups: { any: [guests] } }, then: deny }',
  );
  expect(await brief({ ...guests, ...expiring })).toEqual(['warning kept-password policies/account.yaml:2']);
});

test('users who keep it at their first sign-in, and set up what the change takes elsewhere, are in a note', async () => {
  const bothWays = account(
    '{ name: Away, change: { change: [password] }, when: { network: { none: [office] } }, then: { allow: { factors: 2 } } }',
    '{ name: Office, change: { change: [password] }, then: deny }',
  );
  const required = { 'policies/enrollment.yaml': rules('{ name: All, then: { required: [totp] } }') };
  const found = await brief({ ...bothWays, ...expiring, ...required });
  expect(found).toContain('note kept-password policies/account.yaml:3');
});

test('an account that is too old to replace it gets no younger', async () => {
  const old = account(
    '{ name: Old, change: { change: [password] }, when: { accountAge: { atLeast: P7D } }, then: deny }',
  );
  expect(await brief(old)).toEqual(['warning kept-password policies/account.yaml:2']);
  const young = account(
    '{ name: Young, change: { change: [password] }, when: { accountAge: { below: P7D } }, then: deny }',
  );
  expect(await brief(young)).toEqual(['note kept-password policies/account.yaml:2']);
});

test('it is a warning if some users may replace it nowhere', async () => {
  const inOffice = '{ groups: { any: [staff] }, network: { any: [office] } }';
  const onlyStaff = account(
    `{ name: Staff, change: { change: [password] }, when: ${inOffice}, then: { allow: { factors: 1 } } }`,
    '{ name: Others, change: { change: [password] }, then: deny }',
  );
  const ofSome = {
    'policies/password.yaml': rules(
      '{ name: Some, when: { groups: { any: [staff, guests] } }, then: { maxAge: P30D, blocklists: [] } }',
      '{ name: Rest, then: { blocklists: [] } }',
    ),
  };
  expect(await about({ ...onlyStaff, ...ofSome })).toMatchObject([
    { severity: 'warning', code: 'kept-password', line: 3, example: expect.arrayContaining(['guests']) },
  ]);
  const away = account(
    '{ name: Away, change: { change: [password] }, when: { network: { none: [office] } }, then: deny }',
  );
  const closed = {
    'policies/session.yaml': rules(
      '{ name: Office, when: { network: { any: [office] } }, then: deny }',
      '{ name: All, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D } } }',
    ),
  };
  expect(await brief({ ...away, ...expiring, ...closed })).toEqual(['warning kept-password policies/account.yaml:2']);
});

test('a rule that an account or its recovery is too young for shows nothing', async () => {
  const young = {
    'policies/sign-on/notes.yaml': `name: notes\n${rules('{ name: New, when: { accountAge: { below: P1D } }, then: { allow: { factors: 1 } } }', '{ name: Rest, then: { allow: { factors: 2 } } }')}`,
  };
  const noLists = { 'policies/password.yaml': rules('{ name: Month, then: { maxAge: P30D, blocklists: [] } }') };
  expect(await brief({ ...byTwo, ...noLists, ...young })).toEqual([]);
});

test('a comment accepts it', async () => {
  const all = byTwo['policies/account.yaml'].replace(
    '  - {',
    '  # stepgate:accept password-lock-out until 2036-12-31: a desk helps\n  - {',
  );
  expect(await brief({ 'policies/account.yaml': all, ...expiring })).toEqual([]);
});
