/** Rules of the enrollment policy that disable what others take: only where these decide together, and for whom. */
import { describe, expect, test } from '@jest/globals';
import { kindsOf, load } from '../../support/configuration-dir.ts';
import { byPasskey, findings, rules, settings } from '../../support/lock-out-files.ts';
import { replayed } from '../../support/replayed-example.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');
const zoned = settings.replace(
  /^zones:.*\n(?: .*\n)*/m,
  'zones:\n  office: { cidrs: [192.0.2.0/24] }\n  vault: { cidrs: [192.0.2.128/25] }\n',
);
const signals = 'deviceSignals: { proxy: { header: X-Device-Signals, proxies: [127.0.0.1/32] } }\n';
const session = (...all: readonly string[]) => ({
  'policies/session.yaml': rules(
    ...all,
    '{ name: Everybody, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
  ),
});
const signOn = (...all: readonly string[]) => ({ 'policies/sign-on/notes.yaml': `name: notes\n${rules(...all)}` });
const disabled = (when: string) => ({
  'stepgate.yaml': `${zoned}${signals}attributes: { department: {} }\n`,
  ...signOn(`{ name: Keys, ${byPasskey} }`),
  'policies/enrollment.yaml': rules(
    `{ name: No keys, when: { ${when} }, then: { disabled: [webauthn] } }`,
    '{ name: Rest, then: {} }',
  ),
});
const lockOuts = async (files: Readonly<Record<string, string>>) =>
  (await findings(files)).filter(({ code }) => code.includes('lock-out'));

describe('users who do not get that far', () => {
  test.each([
    'groups: { any: [contractors] }',
    'userType: { any: [robot] }',
    'network: { any: [office] }',
    'device: { managed: false }',
    'groups: { any: [contractors] }, network: { none: [office] }',
    'risk: { atLeast: high }',
    'time: { days: [sat, sun], zone: Europe/Vienna }',
  ])('denied by the session policy: %s', async (when) => {
    expect(
      await lockOuts({ ...disabled(when), ...session(`{ name: Not these, when: { ${when} }, then: deny }`) }),
    ).toEqual([]);
  });

  test('denied by the session policy in more networks', async () => {
    const contractors = 'groups: { any: [contractors] }';
    const denying = session(`{ name: Not these, when: { ${contractors} }, then: deny }`);
    expect(await lockOuts({ ...disabled(`${contractors}, network: { none: [office] }`), ...denying })).toEqual([]);
  });

  test.each([
    ['vault', 'office', []],
    ['office', 'office', []],
    ['office', 'vault', ['warning']],
  ])('disabled in %s, and the app denies in %s', async (where, denied, expected) => {
    const files = {
      ...disabled(`network: { any: [${where}] }`),
      ...signOn(
        `{ name: Not there, when: { network: { any: [${denied}] } }, then: deny }`,
        `{ name: Keys, ${byPasskey} }`,
      ),
    };
    expect((await lockOuts(files)).map(({ severity }) => severity)).toEqual(expected);
  });
});

describe('users whom the other rules let in', () => {
  const ends = async (files: Readonly<Record<string, string>>, example: readonly string[] = []) => {
    const loaded = await load(files, {}, authenticators);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    return (await replayed(example, { documents: loaded.documents, authenticators, now: 1_800_000_000 })).ending;
  };

  test('are locked out by a rule about them', async () => {
    const files = disabled('groups: { any: [contractors] }');
    const [found, ...others] = await lockOuts(files);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ severity: 'error', code: 'lock-out', file: 'policies/enrollment.yaml', line: 2 });
    expect(found?.message).toMatch(/meets them$/);
    expect(await ends(files, found?.example)).toBe('denied');
  });

  test.each(['network: { any: [office] }', 'device: { managed: false }', 'time: { days: [sat], zone: UTC }'])(
    'meet the same rules elsewhere, later or otherwise: %s',
    async (when) => {
      const files = disabled(when);
      const [found, ...others] = await lockOuts(files);
      expect(others).toEqual([]);
      expect(found).toMatchObject({ severity: 'warning', code: 'lock-out', file: 'policies/enrollment.yaml', line: 2 });
      expect(found?.message).toMatch(/In other circumstances they can meet them$/);
      expect(await ends(files, found?.example)).toBe('denied');
    },
  );

  test('are locked out where they may sign in from nowhere else', async () => {
    const files = {
      ...disabled('network: { any: [office] }'),
      ...session(
        '{ name: Contractors at home, when: { groups: { any: [contractors] }, network: { none: [office] } }, then: deny }',
      ),
    };
    const found = await lockOuts(files);
    expect(found).toMatchObject([{ severity: 'error', code: 'lock-out' }]);
    expect(found[0]?.example?.join(' ')).toContain('--groups contractors');
    expect(await ends(files, found[0]?.example)).toBe('denied');
  });

  test('are locked out by a rule that asks for it in some networks only', async () => {
    const files = {
      ...disabled('groups: { any: [contractors] }'),
      ...signOn(
        '{ name: Office, when: { network: { any: [office] } }, then: { allow: { factors: 1 } } }',
        `{ name: Keys, ${byPasskey} }`,
      ),
    };
    const found = await lockOuts(files);
    expect(found).toMatchObject([{ severity: 'error', code: 'lock-out', rules: [{ name: 'Keys' }, { name: 'All' }] }]);
    expect(await ends(files, found[0]?.example)).toBe('denied');
  });
});

test.each([
  ['has(user.profile.department) && user.profile.department == "hr"', 'attributes: { department: { equals: hr } }'],
  ['!has(user.profile.department)', 'attributes: { department: { present: false } }'],
  ['"contractors" in user.groups', 'groups: { any: [contractors] }'],
  ['has(user.userType) && user.userType == "robot"', 'userType: { any: [robot] }'],
  ['device.platform == "mobile"', 'device: { platform: [mobile] }'],
])('an expression is found as the condition that says the same: %s', async (expression, condition) => {
  const of = async (when: string) => (await lockOuts(disabled(when))).map(({ text: _, ...finding }) => finding);
  const found = await of(`expression: '${expression}'`);
  expect(found).toHaveLength(1);
  expect(found).toEqual(await of(condition));
});

describe('a rule with an expression that cannot be taken apart', () => {
  const hr = `expression: 'has(user.profile.department) && user.profile.department.indexOf("y") == 7'`;
  const undecided = async (files: Readonly<Record<string, string>>) =>
    (await findings(files)).filter(({ code }) => code === 'undecided');

  test('may lock users out: that is reported once, without a finding that the rule itself is undecided', async () => {
    expect(await lockOuts(disabled(hr))).toEqual([]);
    expect(await undecided(disabled(hr))).toMatchObject([
      {
        ...{ severity: 'warning', file: 'policies/enrollment.yaml', line: 2 },
        message:
          'whether it locks users out could not be decided: where the rules named here decide, too, users may be unable to show or to add what they are asked for, and an expression cannot be taken apart',
        rules: [{ name: 'Keys' }, { name: 'All' }],
      },
    ]);
  });

  test.each([false, true])(
    'may lock users out, as may one with too many patterns (beside an expression: %s)',
    async (isBeside) => {
      const patterns = [...'abcdefghijklmnop'].map(
        (letter) => `{ attributes: { department: { matches: '*${letter}*' } } }`,
      );
      const files = {
        ...disabled(`any: [${patterns.join()}]`),
        ...(isBeside &&
          signOn(`{ name: Hr, when: { ${hr} }, then: { allow: { factors: 1 } } }`, `{ name: Keys, ${byPasskey} }`)),
      };
      expect((await undecided(files)).filter(({ severity }) => severity === 'warning')).toMatchObject([
        {
          ...{ file: 'policies/enrollment.yaml', line: 2 },
          message:
            'whether it locks users out of the app Notes could not be decided: nothing that they can have meets the rules named here, and a condition cannot be taken apart',
          rules: [{ name: 'Keys' }, { name: 'All' }],
        },
      ]);
    },
  );

  test('in the rule that asks', async () => {
    const files = {
      ...disabled('groups: { any: [contractors] }'),
      ...signOn(`{ name: Keys, when: { ${hr} }, ${byPasskey} }`, '{ name: Rest, then: { allow: { factors: 1 } } }'),
    };
    expect((await undecided(files)).map(({ severity, file, line }) => [severity, file, line])).toEqual([
      ['warning', 'policies/enrollment.yaml', 2],
      ['note', 'policies/sign-on/notes.yaml', 3],
    ]);
  });

  test('is an error where a value of the attribute shows it', async () => {
    const files = disabled(`expression: 'has(user.profile.department) && size(user.profile.department) == 2'`);
    expect(await lockOuts(files)).toMatchObject([
      { severity: 'error', example: expect.arrayContaining(['--attribute', 'department=xx']) },
    ]);
    expect(await undecided(files)).toEqual([]);
  });

  test('is not reported if other authenticators are left', async () => {
    const files = { ...disabled(hr), ...signOn('{ name: Any, then: { allow: { factors: 1 } } }') };
    expect((await undecided(files)).map(({ severity }) => severity)).toEqual(['note']);
  });

  test('is an error where it holds for users who are known', async () => {
    const files = disabled('expression: \'now > date("2026-01-01")\', groups: { any: [contractors] }');
    expect(await lockOuts(files)).toMatchObject([{ severity: 'error' }]);
    expect(await undecided(files)).toEqual([]);
  });
});
