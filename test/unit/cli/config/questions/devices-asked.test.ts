/** Commands that go through fresh sign-ins vary what configured sources may say of a device. */
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { whatCommand } from '../../../../../src/cli/config/questions/what.ts';
import { whoCommand } from '../../../../../src/cli/config/questions/who.ts';
import { StepgateError } from '../../../../../src/errors.ts';
import { withConfiguration } from '../../../policy/support/configuration-dir.ts';
import {
  all,
  base,
  type Diffs,
  enrollment,
  type Files,
  factors,
  openDiffs,
  password,
  settings,
  signOn,
  totp,
  webauthn,
} from '../../support/diff-harness.ts';
import { configContext, run } from '../../support/harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const proxies = ['10.0.0.0/24'];
const proxy = { proxies };
const certificate = { proxies, authorities: rootCertificates.slice(0, 1) };
const healthy = { signals: ['diskEncryption'] };

function withSources(deviceSignals: object): Files {
  return { 'stepgate.yaml': `${settings}deviceSignals: ${JSON.stringify(deviceSignals)}\n` };
}

const when = (device: object, then: object | string = factors(2)) => ({ name: 'Some', when: { device }, then });

describe('`config who`', () => {
  async function dependsOnDevice(
    device: object,
    deviceSignals: object,
    rest: object | string = factors(1),
  ): Promise<boolean> {
    const openStore = () => Promise.reject(new StepgateError('not_configured', 'there is no store'));
    const rule = { name: 'Staff', when: { groups: { any: ['staff'] }, device }, then: factors(2) };
    const sources = { assurances: { healthy }, ...deviceSignals };
    return withConfiguration(
      { ...base, ...withSources(sources), ...signOn(rule, { name: 'Rest', then: rest }) },
      async (configDir) => {
        await run(whoCommand({ ...diffs.terminal.context, configDir, openStore }), 'notes', '--json');
        return JSON.parse(diffs.terminal.printed()).rows[rest === 'deny' ? 0 : 1].outcomes[0].dependsOn.includes(
          'device',
        );
      },
    );
  }

  test.each([
    ['registered', { registered: true }],
    ['managed', { managed: true }],
    ['an assurance', { assurance: { any: ['healthy'] } }],
  ])('says that it depends on the device where a rule asks for %s', async (_, device) => {
    expect(await dependsOnDevice(device, { proxy })).toBe(true);
  });

  test('makes up nothing that no source can say', async () => {
    expect(await dependsOnDevice({ registered: true }, { certificate })).toBe(true);
    expect(await dependsOnDevice({ managed: true }, { certificate })).toBe(false);
    expect(await dependsOnDevice({ assurance: { any: ['healthy'] } }, { certificate })).toBe(false);
  });

  test('says nothing of a device where users are denied on every one', async () => {
    expect(await dependsOnDevice({ managed: true }, { proxy }, 'deny')).toBe(false);
  });

  test('tries some devices where rules ask for more assurances than are distinguished', async () => {
    const names = Array.from({ length: 9 }, (_, at) => `a${at}`);
    const assurances = Object.fromEntries(names.map((name) => [name, { signals: [name] }]));
    for (const assurance of [{ any: names }, { all: names }])
      expect(await dependsOnDevice({ assurance }, { proxy, assurances })).toBe(true);
  });
});

describe('`config diff`', () => {
  beforeEach(() => diffs.addUsers(2, [], { credentials: [password, totp] }));

  test('sees that a rule asks for less of a device', async () => {
    const sources = withSources({ proxy });
    const [before, after] = [signOn(when({ managed: true }), all()), signOn(when({ registered: true }), all())];
    expect((await diffs.sentences(after, { ...sources, ...before }))[0]).toBe(
      'all 2 users, on a device that is registered and is not managed: one factor becomes two',
    );
    expect((await diffs.sentences(before, { ...sources, ...signOn(all()) }))[0]).toBe(
      'all 2 users, on a device that is managed: one factor becomes two',
    );
  });

  test('sees that an assurance asks for less, and that a source may say more', async () => {
    const rules = signOn(when({ assurance: { any: ['healthy'] } }), all());
    const [strict, mild] = [{ signals: ['diskEncryption', 'screenLock'] }, healthy].map((assurance) =>
      withSources({ proxy, assurances: { healthy: assurance } }),
    );
    expect((await diffs.sentences(mild ?? {}, { ...strict, ...rules }))[0]).toBe(
      'all 2 users, on a device that meets healthy (now it does not meet healthy): one factor becomes two',
    );
    const says = (...names: readonly string[]) => withSources({ certificate: { ...certificate, says: names } });
    const managed = signOn(when({ managed: true }), all());
    expect((await diffs.sentences(says('managed'), { ...says('registered'), ...managed }))[0]).toBe(
      'all 2 users, on a device that is managed (now it is not managed): one factor becomes two',
    );
  });
});

test.each([
  ['the time', { time: { from: '22:00', to: '06:00', zone: 'UTC' } }, ['time']],
  ['the device', { device: { os: ['windows'] } }, ['device']],
])('`config what` says that it depends on %s where the account policy alone asks', async (_, asked, dependsOn) => {
  await diffs.addUsers(1, ['staff'], { credentials: [password] });
  const rules = [
    { name: 'No', change: { add: ['totp'] }, when: asked, then: 'deny' },
    { name: 'Others', then: factors(1) },
  ];
  const account = { 'policies/account.yaml': JSON.stringify({ rules }) };
  const files = { ...base, ...account, ...signOn(all()), ...enrollment({ required: ['totp'] }) };
  await withConfiguration(files, (dir) =>
    run(whatCommand({ ...diffs.terminal.context, configDir: dir }), 'staff-0', '--config', dir, '--json'),
  );
  expect(JSON.parse(diffs.terminal.printed()).apps[0].outcomes[0]).toMatchObject({ dependsOn });
});

test('`config what` says that another way than the simulated one depends on the device', async () => {
  const email = { ...totp, authenticator: 'email' };
  await diffs.addUsers(1, ['staff'], { credentials: [password, totp, webauthn, email] });
  const mail = settings.replace('totp: {', 'email: { enabled: true }, totp: {');
  const taking = (...more: readonly object[]) => {
    const chains = [
      [{ authenticators: ['webauthn'] }],
      [{ authenticators: ['totp'] }, { authenticators: ['email'] }, ...more],
    ];
    return { allow: { chains } };
  };
  const rest = { name: 'Rest', then: taking({ authenticators: ['password'] }) };
  const rules = signOn(when({ known: true }, taking()), rest);
  await withConfiguration({ ...base, 'stepgate.yaml': mail, ...rules }, async (configDir) => {
    await run(whatCommand({ ...configContext(diffs.terminal), configDir }), 'staff-0', '--config', configDir);
    expect(diffs.terminal.printed()).toMatch(/webauthn, or .* \(depends on device\)/);
  });
});
