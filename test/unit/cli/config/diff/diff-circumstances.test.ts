/** The circumstances in which `config diff` compares sign-ins, and what is not compared. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConfigDiff } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
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
} from '../../support/diff-harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

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
