/** What the static analysis finds out about policies that decide together. */

import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import type { AnalysisFinding } from '../../../../src/policy/model/analysis-finding.ts';
import { authenticators, kindsOf, load } from '../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const signOn = 'policies/sign-on/notes.yaml';
const settings = (more = '') =>
  `brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators: { webauthn: { enabled: true } }\n${more}`;

async function findings(files: Readonly<Record<string, string>>): Promise<readonly AnalysisFinding[]> {
  const loaded = await load({ 'stepgate.yaml': settings(), ...files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return (await analyse(loaded, { authenticators, now })).filter(({ code }) => code !== 'unused');
}

const policy = (...rules: readonly string[]) => `name: notes\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
const rest = (then: string) => `{ name: Rest, then: ${then} }`;
const one = '{ allow: { factors: 1 } }';
const two = '{ allow: { factors: 2 } }';
const passkey = '{ allow: { possession: { phishingResistant: true, userVerification: true } } }';

test('the example configuration is quiet', async () => {
  const dir = join(import.meta.dirname, '../../../../config');
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {}, inbox: true });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators: authenticatorKinds, now });
  expect(found.filter(({ severity }) => severity !== 'note')).toEqual([]);
});

describe('weaker below', () => {
  const named = (when: string, then = two) =>
    `{ name: Admins, when: { groups: { any: [admins] }, ${when} }, then: ${then} }`;

  test('a rule below lets the same users in with less if a condition is not met', async () => {
    const [found, ...others] = await findings({ [signOn]: policy(named('network: { any: [office] }'), rest(one)) });
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      code: 'weaker-below',
      severity: 'warning',
      line: 3,
      message: 'where `network.any` misses, the rule "Rest" asks the same users for less: password is enough',
      rules: [{ name: 'Rest', file: signOn, line: 4 }],
    });
    expect(found?.example).toEqual([
      ...['--app', 'notes', '--groups', 'admins', '--enrolled', 'password', '--ip', '203.0.113.7'],
      ...['--platform', 'desktop', '--os', 'windows', '--evidence', 'password'],
    ]);
  });

  test.each([
    ['a device', named('device: { known: true }')],
    ['a time', named('time: { days: [mon], zone: UTC }')],
    ['a scope', named('scopes: { any: [address] }', passkey)],
  ])('also with %s', async (_, rule) => {
    expect((await findings({ [signOn]: policy(rule, rest(one)) })).map(({ code }) => code)).toEqual(['weaker-below']);
  });

  test.each([
    ['`none` is meant', named('network: { none: [office] }'), rest(one)],
    ['a new device is meant', named('device: { known: false }'), rest(one)],
    ['the rule below asks for more', named('network: { any: [office] }', one), rest(two)],
    ['it asks for the same', named('network: { any: [office] }'), rest(two)],
    [
      'it asks for something else',
      named('network: { any: [office] }', '{ allow: { knowledge: {} } }'),
      rest('{ allow: { possession: {} } }'),
    ],
    ['no user is named', `{ name: Office, when: { network: { any: [office] } }, then: ${two} }`, rest(one)],
    ['it denies', named('network: { any: [office] }'), rest('deny')],
  ])('quiet where %s', async (_, ...rules) => {
    expect(await findings({ [signOn]: policy(...rules) })).toEqual([]);
  });

  test('nothing is found if the session policy asks for as much', async () => {
    const limits = 'idle: PT1H, absolute: PT2H';
    const session = `rules:\n  - { name: All, then: { allow: { primary: any, secondFactor: always, ${limits} } } }\n`;
    expect(
      await findings({
        'policies/session.yaml': session,
        [signOn]: policy(named('network: { any: [office] }'), rest(one)),
      }),
    ).toEqual([]);
  });
});

test('an example says the zone alone where a file puts addresses into it', async () => {
  const zones = 'zones: { home: { countries: [AT] } }\nnetworkData: { country: /nowhere/country.mmdb }\n';
  const rule = `{ name: Admins, when: { groups: { any: [admins] }, time: { days: [mon], zone: UTC } }, then: ${two} }`;
  const home = `{ name: Home, when: { network: { any: [home] } }, then: ${one} }`;
  const [found] = await findings({
    'stepgate.yaml': `brand: { name: A }\n${zones}authenticators: { webauthn: { enabled: true } }\n`,
    [signOn]: policy(rule, home, rest('deny')),
  });
  expect(found?.example?.slice(6, 8)).toEqual(['--zone', 'home']);
  expect(found?.example).not.toContain('--ip');
});

describe('lock-out', () => {
  const enrollment = (when: string, disabled: string) =>
    `rules:\n  - { name: No keys, when: { ${when} }, then: { disabled: [${disabled}] } }\n  - { name: Rest, then: {} }\n`;

  test('two groups at once are a warning with an example', async () => {
    const found = await findings({
      [signOn]: policy(`{ name: Admins, when: { groups: { any: [admins] } }, then: ${passkey} }`, rest(one)),
      'policies/enrollment.yaml': enrollment('groups: { any: [guests] }', 'webauthn'),
    });
    expect(found).toMatchObject([
      {
        ...{ code: 'lock-out', severity: 'warning', file: 'policies/enrollment.yaml', line: 2 },
        message: expect.stringMatching(/^lets no user into the app Notes where the rules named here decide, too:/),
        rules: [{ name: 'Admins' }, { name: 'All' }],
      },
    ]);
    expect(found[0]?.example).toContain('guests,admins');
  });
});

describe('newcomers', () => {
  const mail = 'mail: { from: a@a.test, smtp: { host: mail.a.test } }\n';
  const password = '{ allow: { knowledge: { authenticators: [password] } } }';
  const enrollment = 'rules:\n  - { name: No new ones, then: { useOnly: [webauthn, password, totp] } }\n';

  async function newcomers(files: Readonly<Record<string, string>>) {
    const withMail = kindsOf('password', 'email', 'webauthn', 'totp');
    const stepgate = settings(mail).replace(
      'webauthn: { enabled: true }',
      'webauthn: { enabled: true }, email: { enabled: true }',
    );
    const loaded = await load({ 'stepgate.yaml': stepgate, ...files }, {}, withMail);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const found = await analyse(loaded, { authenticators: withMail, now });
    const lockedOut = found.filter(({ code }) => code === 'newcomer-lock-out' || code === 'lock-out');
    // The enrollment policy may be the same at every app, so that no other app helps.
    expect(lockedOut.filter(({ advice }) => !advice.startsWith('let them set'))).toEqual([]);
    expect(lockedOut.filter(({ file }) => file !== 'policies/enrollment.yaml')).toEqual([]);
    return lockedOut.map(({ severity, message }) => `${severity}: ${message}`);
  }

  test('are denied what they cannot set up there, after an import', async () => {
    const files = { [signOn]: policy(rest(passkey)), 'policies/enrollment.yaml': enrollment };
    expect(await newcomers(files)).toEqual([
      'error: locks all users for whom the rules named here decide out of the app Notes: no user who lacks webauthn can ever add it',
    ]);
    expect(await newcomers({ [signOn]: policy(rest(passkey)) })).toEqual([]);
  });

  test('register with an address alone where the app lets them', async () => {
    const profile = {
      'policies/profile/default.yaml': 'name: default\nrules:\n  - { name: All, then: { register: {} } }\n',
    };
    const files = { [signOn]: policy(rest(password)), 'policies/enrollment.yaml': enrollment };
    expect(await newcomers(files)).toEqual([]);
    expect(await newcomers({ ...files, ...profile })).toEqual([
      expect.stringMatching(
        /^warning: locks users who have nothing but email, as after a registration, out of the app/,
      ),
    ]);
    const withPassword = profile['policies/profile/default.yaml'].replace('{} }', '{ password: true } }');
    expect(await newcomers({ ...files, 'policies/profile/default.yaml': withPassword })).toEqual([]);
  });
});

describe('spoofable', () => {
  test.each([
    ['a strict rule', policy(`{ name: Phones, when: { device: { platform: [mobile] } }, then: ${two} }`, rest(one)), 3],
    ['a weak rule', policy(`{ name: Macs, when: { device: { os: [macos] } }, then: ${one} }`, rest(two)), 4],
    ['a denial', policy('{ name: Others, when: { device: { os: [other] } }, then: deny }', rest(one)), 3],
  ])('%s for some browsers', async (_, text, line) => {
    expect((await findings({ [signOn]: text })).map((found) => `${found.code} ${found.line}`)).toEqual([
      `spoofable ${line}`,
    ]);
  });

  test.each([
    ['the same', policy(`{ name: Phones, when: { device: { platform: [mobile] } }, then: ${two} }`, rest(two))],
    [
      'something else',
      policy(
        `{ name: Phones, when: { device: { platform: [mobile] } }, then: { allow: { knowledge: {} } } }`,
        rest('{ allow: { possession: {} } }'),
      ),
    ],
    [
      'more of other users',
      policy(
        `{ name: Phones, when: { device: { platform: [mobile] }, groups: { any: [a] } }, then: ${two} }`,
        `{ name: A, when: { groups: { any: [a] } }, then: ${two} }`,
        rest(one),
      ),
    ],
  ])('quiet where other browsers are asked for %s', async (_, text) => {
    expect(await findings({ [signOn]: text })).toEqual([]);
  });

  test.each(['registered: true', 'managed: true', 'assurance: { any: [healthy] }'])(
    'quiet about what a trusted source says: %s',
    async (device) => {
      const stepgate = settings(
        'deviceSignals: { proxy: { header: X-Device, proxies: [10.0.0.0/24] }, assurances: { healthy: { signals: [pin] } } }\n',
      );
      const text = policy(`{ name: Ours, when: { device: { ${device} } }, then: ${one} }`, rest(two));
      expect(await findings({ 'stepgate.yaml': stepgate, [signOn]: text })).toEqual([]);
    },
  );

  test('a browser that chooses among what a trusted source says', async () => {
    const stepgate = settings('deviceSignals: { proxy: { header: X-Device, proxies: [10.0.0.0/24] } }\n');
    const text = policy(`{ name: Ours, when: { device: { managed: true, os: [macos] } }, then: ${one} }`, rest(two));
    const found = await findings({ 'stepgate.yaml': stepgate, [signOn]: text });
    expect(found.map(({ code }) => code)).toEqual(['spoofable']);
    expect(found[0]?.example?.join(' ')).toMatch(/--device-signals/);
  });
});

test('apps that no user can enter, as an expression fails in them', async () => {
  const when = `{ expression: '{"beta": true}[request.clientId]' }`;
  const app = (name: string) => ({
    [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: notes\nclient: { redirect_uris: [https://a.test/cb] }\n`,
  });
  const text = policy(`{ name: Beta, when: ${when}, then: ${one} }`, rest(one));
  const closed = async (...names: string[]) => {
    const found = await findings({ [signOn]: text, ...Object.assign({}, ...names.map(app)) });
    return found.flatMap(({ code, message }) => (code === 'closed-app' ? [message.split(': ')[0]] : []));
  };
  const tellsApart = 'which no rule tells apart from it';
  expect(await closed('beta')).toEqual(['no user can enter this app']);
  expect(await closed('a1', 'a2', 'beta')).toEqual([`no user can enter this app, nor a2 and notes, ${tellsApart}`]);
  expect(await closed(...Array.from({ length: 14 }, (_, at) => `a${at + 10}`))).toEqual([
    `no user can enter this app, nor a11, a12, a13 and 11 more, ${tellsApart}`,
  ]);
  const found = await findings({ [signOn]: text, ...app('alpha'), ...app('beta') });
  expect(found.flatMap(({ code, message }) => (code === 'closed-app' ? [message] : []))).toEqual([
    'no user can enter this app, nor notes, which no rule tells apart from it: wherever a rule of one policy allows, another policy denies, or an expression fails, and its rule denies',
  ]);
});

test('an app that no user can enter, although each policy allows somewhere', async () => {
  const limits = 'primary: any, secondFactor: never, idle: PT1H, absolute: PT2H';
  const session = `rules:\n  - { name: Office, when: { network: { any: [office] } }, then: { allow: { ${limits} } } }\n  - { name: Rest, then: deny }\n`;
  const files = {
    'policies/session.yaml': session,
    [signOn]: policy(`{ name: Away, when: { network: { none: [office] } }, then: ${one} }`, rest('deny')),
  };
  const found = await findings(files);
  expect(found.map(({ code, file, line }) => `${code} ${file}:${line}`)).toEqual(['closed-app apps/notes.yaml:3']);
  expect(found[0]?.rules.map(({ name, file, line }) => `${name} ${file}:${line}`)).toEqual([
    `Away ${signOn}:3`,
    `Rest ${signOn}:4`,
    'Office policies/session.yaml:2',
    'Rest policies/session.yaml:3',
  ]);
});

test('a claim that comes without its scope', async () => {
  const alone = '{ name: Alone, when: { claims: { any: [email] }, scopes: { none: [email] } }, then: deny }';
  expect(await findings({ [signOn]: policy(alone, rest(one)) })).toMatchObject([{ code: 'contradictory', line: 3 }]);
});

test('an age that no session reaches', async () => {
  const rule = (age: string) => policy(rest(`{ allow: { factors: 2, possession: { maxAge: ${age} } } }`));
  expect((await findings({ [signOn]: rule('P1D') })).map(({ code, path }) => `${code} ${path}`)).toEqual([
    'unreached-age rules[0].then.allow.possession.maxAge',
  ]);
  expect(await findings({ [signOn]: rule('PT23H') })).toEqual([]);
});

test('each age and each pause of a rule that no session reaches is found, each once', async () => {
  const limits = 'idle: PT15M, absolute: PT8H';
  const found = async (allow: string, session = 'primary: any, secondFactor: never') => {
    const files = {
      'policies/session.yaml': `rules:\n  - { name: All, then: { allow: { ${session}, ${limits} } } }\n`,
      [signOn]: policy(rest(`{ allow: ${allow} }`)),
    };
    return (await findings(files)).map(({ code, path }) => `${code} ${path.replace('rules[0].then.allow.', '')}`);
  };
  const both = '{ factors: 2, knowledge: { maxAge: P1D }, possession: { maxAge: P2D, maxIdle: PT1H } }';
  expect(await found(both)).toEqual([
    'unreached-age knowledge.maxAge',
    'unreached-age possession.maxAge',
    'unreached-age possession.maxIdle',
  ]);
  const shorter =
    '{ factors: 2, knowledge: { maxAge: PT1H, maxIdle: PT20M }, possession: { maxAge: P2D, maxIdle: PT1H } }';
  expect(await found(shorter)).toEqual([
    'unreached-age knowledge.maxIdle',
    'unreached-age possession.maxAge',
    'unreached-age possession.maxIdle',
  ]);
  // Its rule is compiled into alternatives, each with this age.
  expect(await found('{ factors: 1 }', 'primary: any, secondFactor: { every: P1D }')).toEqual([
    'unreached-age secondFactor.every',
  ]);
});

test('a limit of an app says nothing about the pages of the own account', async () => {
  const limits = 'secondFactor: { every: PT2H }, idle: PT1H, absolute: P1D';
  const session = `rules:\n  - { name: All, then: { allow: { primary: any, ${limits} } } }\n`;
  const short = policy(rest('{ allow: { factors: 1 }, session: { absolute: PT1H } }'));
  expect(await findings({ 'policies/session.yaml': session, [signOn]: short })).toEqual([]);
  const daily = session.replace('PT2H', 'P1D');
  expect((await findings({ 'policies/session.yaml': daily, [signOn]: short })).map(({ path }) => path)).toEqual([
    'rules[0].then.allow.secondFactor.every',
  ]);
});

test('undecided combinations of one app hide no finding about another one', async () => {
  const risky = policy(`{ name: Risk, when: { risk: { atLeast: high } }, then: ${two} }`, rest(two));
  const found = await findings({
    'apps/risky.yaml':
      'clientId: risky\nname: Risky\nsignOnPolicy: risky\nclient: { redirect_uris: [https://a.example/cb] }\n',
    'policies/sign-on/risky.yaml': risky.replace('name: notes', 'name: risky'),
    [signOn]: policy(rest('{ allow: { factors: 1, reauthenticate: P3D } }')),
  });
  expect(found.map(({ code, file }) => `${code} ${file}`)).toContain(`unreached-age ${signOn}`);
});

describe('a pointless alternative', () => {
  const rule = (...alternatives: readonly string[]) =>
    policy(rest(`{ allow: { anyOf: [${alternatives.join(', ')}] } }`));

  test.each([
    ['{ factors: 2 }', '{ factors: 1 }', 0],
    ['{ factors: 1 }', '{ factors: 1 }', 1],
    ['{ factors: 2 }', '{ possession: { userVerification: true } }', 1],
    ['{ knowledge: {} }', '{ knowledge: { maxAge: PT1H } }', 1],
    ['{ possession: {} }', '{ possession: { authenticators: [totp] } }', 1],
    ['{ possession: { phishingResistant: true } }', '{ possession: {} }', 0],
  ])('%s beside %s', async (first, second, at) => {
    expect((await findings({ [signOn]: rule(first, second) })).map(({ code, path }) => `${code} ${path}`)).toEqual([
      `pointless-alternative rules[0].then.allow.anyOf[${at}]`,
    ]);
  });

  test.each([
    ['{ knowledge: {} }', '{ possession: {} }'],
    ['{ factors: 2, knowledge: { maxAge: PT1H } }', '{ knowledge: { maxAge: PT10M } }'],
    ['{ factors: 2, possession: { maxAge: PT1H } }', '{ factors: 2, knowledge: { maxAge: PT1H } }'],
  ])('and none in %s beside %s', async (first, second) => {
    expect((await findings({ [signOn]: rule(first, second) })).map(({ code }) => code)).toEqual([]);
  });
});

test('an attribute that users write themselves lets no user in', async () => {
  const attributes = 'attributes: { team: { write: user }, unit: { write: admin } }\n';
  const rule = (name: string) =>
    policy(`{ name: A, when: { attributes: { ${name}: { equals: a } } }, then: ${one} }`, rest('deny'));
  const found = async (name: string) =>
    (await findings({ 'stepgate.yaml': settings(attributes), [signOn]: rule(name) })).map(
      ({ code, path }) => `${code} ${path}`,
    );
  expect(await found('team')).toEqual(['user-written rules[0].when.attributes.team']);
  expect(await found('unit')).toEqual([]);
});

test('a grace that is over', async () => {
  const enrollment = (until: string) =>
    `rules:\n  - { name: All, then: { required: [{ anyOf: [totp], grace: { until: ${until} } }] } }\n`;
  const found = async (until: string) =>
    (await findings({ 'policies/enrollment.yaml': enrollment(until) })).map(
      ({ code, path, message }) => `${code} ${path} ${message}`,
    );
  expect(await found('"2026-11-25"')).toEqual([
    'past rules[0].then.required[0] its grace ended on 2026-11-25: no user can skip it any more',
  ]);
  expect(await found('"2026-11-26"')).toEqual([]);
});

test.each([
  ['network.zones.exists(z, z.startsWith("off"))', ['groups.guests', 'groups.staff']],
  ['size(network.zones) > 1', ['groups.guests', 'groups.staff']],
  ['user.groups.exists(g, g.endsWith("ests"))', ['zones.office', 'zones.home']],
  ['network.zones.exists(z, z == "office") && "guests" in user.groups', ['zones.home', 'groups.staff']],
  ['"office" in network.zones', ['zones.home', 'groups.guests', 'groups.staff']],
])('no zone and no group is unused where an expression may read any: %s', async (expression, expected) => {
  const loaded = await load({
    'stepgate.yaml':
      'brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] }, home: { cidrs: [198.51.100.0/24] } }\ngroups: { guests: {}, staff: {} }\n',
    'policies/sign-on/notes.yaml': `name: notes\nrules:\n  - { name: A, when: { expression: '${expression}' }, then: deny }\n  - { name: B, then: { allow: { factors: 1 } } }\n`,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  expect(found.flatMap(({ code, path }) => (code === 'unused' ? [path] : []))).toEqual(expected);
});

test('an unused zone, group or policy is a note', async () => {
  const loaded = await load({
    'stepgate.yaml': settings('groups: { staff: {}, guests: {} }\n'),
    'policies/sign-on/other.yaml': policy(
      `{ name: A, when: { groups: { any: [staff] } }, then: deny }`,
      rest('deny'),
    ).replace('notes', 'other'),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  expect(
    found.map(({ severity, code, file, path, message }) => `${severity} ${code} ${file} ${path}: ${message}`),
  ).toEqual([
    'note unused policies/sign-on/other.yaml name: no app uses this policy',
    'note unused stepgate.yaml zones.office: no rule names this zone',
    'note unused stepgate.yaml groups.guests: no rule names this group',
  ]);
  expect(found.slice(1).map(({ advice }) => advice)).toEqual(['remove it', 'remove it, unless it is for apps only']);
});

test.each([
  [
    'a rule that only reports',
    { [signOn]: 'reportOnly: true, when: { network: { any: [office] }, groups: { all: [staff] } }' },
  ],
  [
    'a rule that is switched off',
    { [signOn]: 'enabled: false, when: { any: [{ network: { none: [office] } }, { groups: { any: [staff] } }] }' },
  ],
  [
    'an invariant',
    { 'invariants.yaml': 'when: { network: { any: [office] }, groups: { any: [staff] } }, never: allow' },
  ],
])('a zone or a group is used where %s names it', async (_, written) => {
  const files = Object.entries(written).map(([file, rule]) => [
    file,
    file === signOn ? policy(`{ name: A, ${rule}, then: deny }`, rest(one)) : `invariants:\n  - { name: I, ${rule} }\n`,
  ]);
  const groups = settings('groups: { staff: {}, guests: {} }\n');
  const loaded = await load({ 'stepgate.yaml': groups, ...Object.fromEntries(files) });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  expect(found.filter(({ code }) => code === 'unused').map(({ path }) => path)).toEqual(['groups.guests']);
});

test('a zone or a group is used where an expression names it', async () => {
  const when = `{ expression: '!("office" in network.zones) && user.groups.exists(g, g == "staff")' }`;
  const loaded = await load({
    'stepgate.yaml': settings('groups: { staff: {}, guests: {} }\n'),
    [signOn]: policy(`{ name: A, when: ${when}, then: deny }`, rest(one)),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  expect(found.flatMap(({ code, path }) => (code === 'unused' ? [path] : []))).toEqual(['groups.guests']);
});
