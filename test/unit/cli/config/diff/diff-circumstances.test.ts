/** The circumstances in which `config diff` compares sign-ins, and what is not compared. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConfigDiff } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { oneDay } from '../../../../../src/core/model/durations.ts';
import { Directory } from '../../../../../src/users/directory/directory.ts';
import { validFiles } from '../../../policy/support/configuration-dir.ts';
import {
  all,
  type Diffs,
  enrollment,
  type Files,
  factors,
  openDiffs,
  password,
  settings,
  signOn,
  totp,
  two,
  webauthn,
} from '../../support/diff-harness.ts';
import { fixedNow } from '../../support/harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const passkey = {
  ...webauthn,
  factors: ['possession' as const, 'inherence' as const],
  characteristics: ['userPresence' as const, 'userVerification' as const, 'phishingResistant' as const],
};

const names = ['office', ...Array.from({ length: 11 }, (_, index) => `z${index}`)];
const zones = names.slice(1).map((name, index) => `  ${name}: { cidrs: [10.${index}.0.0/16] }\n`);
const manyZones = { 'stepgate.yaml': settings.replace('zones:\n', `zones:\n${zones.join('')}`) };

const away = (index: number) => ({
  name: `Away ${index}`,
  when: { network: { any: [`z${index}`] }, time: { from: '22:00', to: '06:00', zone: 'UTC' } },
  then: 'deny',
});
const phones = { name: 'Phones', when: { groups: { any: ['hr'] }, device: { os: ['ios', 'android'] } }, then: 'deny' };
const known = {
  name: 'Known at the office',
  when: { device: { os: ['windows'], known: true }, network: { any: ['office'] } },
  then: factors(1),
};

test('a change in a zone and on a device shows beside a time window', async () => {
  const rules = [away(0), phones, all(2)];
  const before = { ...manyZones, ...signOn(...rules) };
  expect(await diffs.sentences(signOn(known, ...rules), before)).toContainEqual(
    expect.stringMatching(/^no user today .*from office.*: two factors become one$/),
  );
});

test('what is not compared is said where rules tell more combinations apart', async () => {
  const times = Array.from({ length: 5 }, (_, index) => ({
    name: `Hours ${index}`,
    when: { time: { from: `0${index}:00`, to: `0${index + 2}:00`, zone: 'UTC' }, groups: { any: ['hr'] } },
    then: 'deny',
  }));
  const rules = [...Array.from({ length: 11 }, (_, index) => away(index)), phones, ...times, all(2)];
  const before = { ...manyZones, ...signOn(...rules) };
  const data: ConfigDiff = JSON.parse(await diffs.diff(signOn(known, ...rules), before, '--json'));
  expect(data.leftAside).toEqual(['combinations']);
  // Two of them vary together.
  expect(data.changes.map(({ sentence }) => sentence)).toContainEqual(expect.stringContaining('from office'));
  const other = openDiffs();
  const text = await other.diff(signOn(known, ...rules), before);
  await other.terminal.store.close();
  expect(text).toContain(
    'Rules also ask about more combinations of place, device, time and scopes than are compared. This leaves them aside',
  );
});

describe('circumstances that only one policy asks about', () => {
  const change = { add: ['totp'] };
  const account = (when: object): Files => ({
    'policies/account.yaml': JSON.stringify({
      rules: [
        { name: 'No', change, when, then: 'deny' },
        { name: 'Others', then: factors(1) },
      ],
    }),
  });
  const required = { ...signOn(all()), ...enrollment({ required: ['totp'] }) };

  test.each([
    ['a zone', { network: { any: ['office'] } }, 'from office'],
    ['outside a zone', { network: { none: ['office'] } }, 'from outside office'],
    ['a time', { time: { from: '22:00', to: '06:00', zone: 'UTC' } }, 'at other times, not now'],
    ['a device', { device: { os: ['windows'] } }, 'with windows'],
    ['a known browser', { expression: 'device.known' }, 'in a known browser'],
  ])('of the account policy: %s', async (_, when, where) => {
    await diffs.addUsers(3, [], { credentials: [password] });
    expect((await diffs.sentences(account(when), required))[0]).toMatch(
      RegExp(`^all 3 users, ${where}: can't get in any more`),
    );
  });

  const recovery = (...rules: readonly object[]): Files => ({
    'policies/recovery.yaml': JSON.stringify({
      rules: [...rules, { name: 'By mail', then: { allow: { possession: { authenticators: ['email'] } } } }],
    }),
  });
  const mail = { 'stepgate.yaml': settings.replace('totp: {', 'email: { enabled: true }, totp: {') };

  test.each([
    ['a zone', { network: { any: ['office'] } }, 'from office'],
    ['outside a zone', { network: { none: ['office'] } }, 'from outside office'],
  ])('of the recovery policy: %s', async (_, when, where) => {
    await diffs.addUsers(2, []);
    const next = recovery({ name: 'No', when, then: 'deny' });
    expect(await diffs.sentences(next, { ...mail, ...signOn(all()), ...recovery() })).toEqual([
      `all 2 users, ${where}: a forgotten password can no longer be replaced by its user`,
    ]);
  });
});

describe('an effect is told of the circumstances in which it occurs', () => {
  const session = (primary: string): Files => ({
    'policies/session.yaml': JSON.stringify({
      rules: [{ name: 'All', then: { allow: { primary, secondFactor: 'never', idle: 'PT1H', absolute: 'P1D' } } }],
    }),
  });
  const newBrowsers = {
    ...session('password'),
    'policies/enrollment.yaml': JSON.stringify({
      rules: [
        { name: 'New browsers', when: { device: { known: false } }, then: { useOnly: ['totp'] } },
        { name: 'All', then: {} },
      ],
    }),
  };
  const anyTwo = { ...newBrowsers, ...signOn(all(2)) };
  const byApp = { allow: { factors: 2, possession: { authenticators: ['totp'] } } };
  const withApp = { ...newBrowsers, ...signOn({ name: 'All', then: byApp }) };
  const disabled =
    '"New browsers" of the enrollment policy disables the authenticators that the requirement needs, or keeps them from being set up';
  const more = 'more is asked for: "possession by totp"';
  const less = 'less is asked for: no longer "possession by totp"';
  const requirements = async (next: Files, active: Files) => {
    const changes = await diffs.changes(next, active);
    return changes.filter(({ kind }) => kind === 'requirement').map(({ sentence }) => sentence);
  };

  test('users who are locked out', async () => {
    await diffs.addUsers(2, [], { credentials: [password] });
    expect(await requirements(withApp, anyTwo)).toEqual([
      `all 2 users, in a new browser: ${more}; all of them can't get in any more: ${disabled}`,
      `all 2 users, in a known browser: ${more}; all of them have no second factor yet`,
    ]);
  });

  test('users who are let in', async () => {
    await diffs.addUsers(2, [], { credentials: [password] });
    expect(await requirements(anyTwo, withApp)).toEqual([
      `all 2 users, in a new browser: ${less}; all of them can get in, and couldn't before`,
      `all 2 users, in a known browser: ${less}`,
    ]);
  });

  test('users who are let in, and must set up less elsewhere', async () => {
    await diffs.addUsers(1, [], { credentials: [passkey] });
    expect(await requirements(anyTwo, withApp)).toEqual([
      `the one user, in a new browser: ${less}; can get in, and couldn't before`,
      `the one user, in a known browser: ${less}`,
    ]);
  });

  test('users with other effects than others', async () => {
    await diffs.addUsers(2, [], { credentials: [password] });
    await diffs.addUsers(3, [], { credentials: [password, totp] });
    expect(await requirements(withApp, anyTwo)).toEqual([
      `2 of 5 users, in a new browser: ${more}; all of them can't get in any more: ${disabled}`,
      `3 of 5 users: ${more}`,
      `2 of 5 users, in a known browser: ${more}; all of them have no second factor yet`,
    ]);
  });
});

test('what is told is in the same order, whichever users the store names first', async () => {
  const kinds = [
    { groups: [], credentials: [password] },
    { groups: [], credentials: [passkey] },
    { groups: ['editors'], credentials: [totp] },
    { groups: [], credentials: [password, totp] },
    { groups: ['editors'], credentials: [webauthn] },
  ];
  const next = signOn(two, { name: 'All', then: { allow: { factors: 2, possession: { authenticators: ['totp'] } } } });
  const told = async (order: typeof kinds) => {
    const own = openDiffs();
    for (const { groups, credentials } of order) await own.addUsers(1, groups, { credentials });
    const changes = await own.changes(next, signOn(all()));
    await own.terminal.store.close();
    return changes;
  };
  const first = await told(kinds);
  expect(first.some(({ effects }) => effects.length > 1)).toBe(true);
  expect(await told(kinds.toReversed())).toEqual(first);
});

test('users whose password must be replaced at another time only', async () => {
  const directory = new Directory(diffs.terminal.store, () => fixedNow - 29.9 * oneDay);
  await directory.create({ identifiers: ['ann'], credentials: [password] });
  await diffs.addUsers(2, [], { credentials: [password] });
  const night = { name: 'Night', when: { time: { from: '22:00', to: '06:00', zone: 'UTC' } }, then: factors(1) };
  const aged = { 'policies/password.yaml': JSON.stringify({ rules: [{ name: 'All', then: { maxAge: 'P30D' } }] }) };
  expect((await diffs.sentences(aged, signOn(night, all())))[0]).toMatch(/^1 of 3 users, at other times, not now: /);
});

describe('scopes that are asked for together', () => {
  beforeEach(() => diffs.addUsers(1, [], { credentials: [password, totp] }));
  const scoped = (name: string, scopes: object, then: object | string) => ({ name, when: { scopes }, then });

  test.each([
    [
      'by one rule',
      [],
      scoped('Both', { all: ['profile', 'address'] }, factors(1)),
      'the one user, with the scopes profile and address: two factors become one',
    ],
    [
      'by rules of which only both together decide so',
      [scoped('No', { none: ['phone'] }, 'deny'), scoped('Nor', { none: ['email'] }, 'deny')],
      scoped('Some', { any: ['address'] }, factors(1)),
      'the one user, with the scopes phone and email and address: two factors become one',
    ],
    [
      'with one, and without another',
      [scoped('Phone', { any: ['phone'] }, factors(2))],
      scoped('Some', { any: ['address', 'profile'], none: ['email'] }, factors(1)),
      'the one user, with the scope address or profile, without the scope phone or email: two factors become one',
    ],
  ])('%s', async (_, above, changed, sentence) => {
    const [first] = await diffs.sentences(signOn(...above, changed, all(2)), signOn(...above, all(2)));
    expect(first).toEqual(sentence);
    expect(await diffs.diff(signOn(...above, changed, all(2)))).not.toContain('also ask about');
  });

  test('an app may not ask for another one', async () => {
    const app = validFiles['apps/notes.yaml']?.replace('client:', 'client:\n  scope: openid profile');
    const own = { 'apps/notes.yaml': app ?? '' };
    const rules = scoped('Address', { any: ['address'] }, factors(1));
    expect(await diffs.sentences({ ...own, ...signOn(rules, all(2)) }, { ...own, ...signOn(all(2)) })).toEqual([]);
  });
});

describe('where rules tell more combinations apart than are compared, those that changed come first', () => {
  // 21 zones, 24 times, 2 browsers, 7 systems and 2 scopes: not even two of these vary together everywhere.
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  const many = numbers(20).map((index) => `  n${index}: { cidrs: [10.${index}.0.0/16] }\n`);
  const zoned = { 'stepgate.yaml': settings.replace('zones:\n', `zones:\n${many.join('')}`) };
  const hr = { groups: { any: ['hr'] }, scopes: { any: ['profile'] } };
  const others = [
    ...numbers(20).map((index) => ({
      name: `Z${index}`,
      when: { ...hr, network: { any: [`n${index}`] } },
      then: 'deny',
    })),
    ...numbers(11).map((index) => {
      const time = { from: `${10 + index}:00`, to: `${12 + index}:00`, zone: 'UTC' };
      return { name: `H${index}`, when: { ...hr, time }, then: 'deny' };
    }),
    { name: 'P', when: { ...hr, device: { os: ['ios', 'android'], known: true } }, then: 'deny' },
  ];
  const office = { network: { any: ['office'] } };
  const outside = { network: { none: ['office'] } };

  test.each([
    ['a zone', office, 'from office'],
    ['all but a zone', outside, 'from outside office'],
    ['a device', { device: { known: true, os: ['windows'] } }, 'in a known browser, with windows'],
    ['a new browser', { device: { known: false } }, 'in a new browser'],
    ['a zone and a device', { ...office, device: { known: true } }, 'from office, in a known browser'],
    [
      'all but a zone, and a device',
      { ...outside, device: { known: false, os: ['windows'] } },
      'from outside office, in a new browser, with windows',
    ],
    [
      'a zone, a time and a scope',
      { ...office, time: { from: '20:00', to: '22:00', zone: 'UTC' }, scopes: { any: ['profile'] } },
      'from office, at other times, not now, with the scope profile',
    ],
  ])('%s', async (_, when, where) => {
    await diffs.addUsers(2, [], { credentials: [password, totp] });
    const changed = { name: 'Changed', when, then: factors(1) };
    const active = { ...zoned, ...signOn(...others, all(2)) };
    const data: ConfigDiff = JSON.parse(await diffs.diff(signOn(changed, ...others, all(2)), active, '--json'));
    const { changes, leftAside } = data;
    const found = changes.filter(({ kind, who }) => kind === 'requirement' && who.users === 2);
    expect(found.map((change) => change.where)).toEqual([where]);
    expect(leftAside).toEqual(['combinations']);
  });

  test('and what changes everywhere has no place', async () => {
    await diffs.addUsers(2, [], { credentials: [password, totp] });
    const active = { ...zoned, ...signOn(...others, all(2)) };
    expect((await diffs.sentences(signOn(...others, all(1)), active))[0]).toBe('all 2 users: two factors become one');
  });
});

test('only browsers that can be are compared: no desktop runs iOS', async () => {
  await diffs.addUsers(2, [], { credentials: [password] });
  const anyPhone = { name: 'Phones', when: { device: { platform: ['mobile'] } }, then: 'deny' };
  const some = { name: 'Some', when: { device: { os: ['ios', 'linux'] } }, then: factors(1) };
  expect((await diffs.sentences(signOn(anyPhone, some, all(2)), signOn(anyPhone, all(2))))[0]).toMatch(
    /^all 2 users, with linux: two factors become one/,
  );
});

describe('what the changed rule itself asks about is compared, however much others ask', () => {
  /** What has changed for the made-up user, and what is left aside. */
  async function diffOf(changed: object, others: readonly object[], files: Files = {}) {
    const active = { ...files, ...signOn(...others, all(2)) };
    const { changes, leftAside }: ConfigDiff = JSON.parse(
      await diffs.diff(signOn({ name: 'Changed', ...changed, then: factors(1) }, ...others, all(2)), active, '--json'),
    );
    return { sentences: changes.map(({ sentence }) => sentence), leftAside };
  }

  test('one of more statements about a device than are compared', async () => {
    const groups = Array.from({ length: 6 }, (_, index) => `a${index}`);
    const assurances = groups.map((name) => `    ${name}: { signals: [s-${name}] }\n`).join('');
    const signals = `deviceSignals:\n  proxy:\n    header: X-Device\n    proxies: [10.9.0.0/24]\n  assurances:\n${assurances}`;
    const others = groups.map((name) => ({
      name,
      when: { groups: { any: ['hr'] }, device: { registered: true, assurance: { any: [name] } } },
      then: factors(1),
    }));
    const assurance = { all: ['a0', 'a1', 'a4', 'a5'], none: ['a2', 'a3'] };
    const found = await diffOf({ when: { device: { managed: true, assurance } } }, others, {
      'stepgate.yaml': `${settings}${signals}`,
    });
    const met = 'is managed and meets a0 and meets a1 and meets a4 and meets a5';
    expect(found.sentences[0]).toContain(
      `, on a device that ${met} and does not meet a2 and does not meet a3: two factors become one`,
    );
    expect(found.leftAside).toEqual(['combinations']);
  });

  test('a window after one of more moments than are compared', async () => {
    const moments = ['01', '02', '03', '04'].map((month) => `now > timestamp("2099-${month}-10T12:00:00Z")`);
    const when = { groups: { any: ['hr'] } };
    const others = [
      ...moments.map((expression) => ({ name: expression, when: { ...when, expression }, then: factors(1) })),
      ...[
        { from: '22:00', to: '06:00', zone: 'UTC' },
        { from: '07:00', to: '08:00', zone: 'UTC' },
      ].map((time) => ({ name: time.from, when: { ...when, time }, then: factors(1) })),
    ];
    const night = { time: { from: '22:00', to: '06:00', zone: 'UTC' }, expression: moments[2] };
    const found = await diffOf({ when: night }, others);
    expect(found.sentences.length).toBeGreaterThan(0);
    expect(found.leftAside).toEqual(['combinations']);
  });
});
