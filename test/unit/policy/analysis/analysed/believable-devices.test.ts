/** What can be believed of devices together: compared with what is read from every request that makes a difference. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { authenticatorKinds } from '../../../../../src/authenticators/index.ts';
import type { BelievedDevice } from '../../../../../src/core/policy/theories/theory.ts';
import { believableDevices } from '../../../../../src/policy/analysis/analysed/believable-devices.ts';
import { believablePairs } from '../../../../../src/policy/analysis/analysed/believable-pairs.ts';
import { analysis } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { type Brought, compileDeviceSignals } from '../../../../../src/policy/revision/device-signals.ts';
import { settingsSchemaFor } from '../../../../../src/policy/schema/schemas.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { certificate } from '../../../../support/servers/certificates.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';
import { replayed } from '../../support/replayed-example.ts';

const now = 1_800_000_000;
const issuer = 'https://id.example.org';
const authority = certificate('authority', { ca: true, at: now });
const laptop = certificate('laptop', { ca: false, at: now, issuer: authority });
const lines = authority.der.toString('base64').replaceAll(/.{64}/g, '$&\n');
const pem = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
const agentKey = generateKeyPairSync('ed25519');
const publicKey = { ...agentKey.publicKey.export({ format: 'jwk' }), kid: 'one' };

const schema = settingsSchemaFor(authenticatorKinds);

const inside = ['10.0.0.0/24'];
const elsewhere = ['10.0.1.0/24'];
const peers = ['10.0.0.7', '10.0.1.7', '203.0.113.7'];

const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const proxies = fc.constantFrom(inside, elsewhere, [...inside, ...elsewhere]);
const says = fc.subarray(['registered', 'managed', 'x', 'y'], { minLength: 1 });
const versions = fc.record(
  { ios: fc.constantFrom('17', '18.1'), android: fc.constantFrom('14', '15') },
  { requiredKeys: [] },
);
const assurance = fc
  .record({ signals: fc.subarray(['x', 'y', 'registered', 'managed']), osVersion: versions })
  .map(({ signals, osVersion }) => ({
    ...(signals.length > 0 && { signals }),
    ...(Object.keys(osVersion).length > 0 && { osVersion }),
  }))
  .filter((wanted) => Object.keys(wanted).length > 0);
const drawn = fc
  .record({
    proxy: some(fc.record({ proxies })),
    certificate: some(fc.record({ proxies, says })),
    agent: some(fc.constant({ keys: [publicKey] })),
    assurances: fc.record({ a: assurance, b: assurance, c: assurance }),
    names: fc.subarray(['a', 'b', 'c']),
  })
  .filter((sources) => (sources.proxy ?? sources.certificate ?? sources.agent) !== undefined);

function settingsOf({
  proxy,
  certificate: shown,
  agent,
  assurances,
}: typeof drawn extends fc.Arbitrary<infer One> ? One : never) {
  const deviceSignals = {
    ...(proxy && { proxy }),
    ...(shown && { certificate: { ...shown, authorities: [pem] } }),
    ...(agent && { agent }),
    assurances,
  };
  const read = schema.safeParse({ brand: { name: 'A' }, deviceSignals });
  if (!read.success) throw new Error(read.error.message);
  return read.data.deviceSignals;
}

type Said = Readonly<Record<string, string | true>>;

/** Everything that a source may say, as far as it makes a difference. */
const sayings: readonly Said[] = ['x', 'y', 'registered', 'managed']
  .reduce<readonly Said[]>((all, name) => all.concat(all.map((said) => ({ ...said, [name]: true as const }))), [{}])
  .flatMap((said): readonly Said[] => [
    said,
    ...['17', '18.1'].map((osVersion) => ({ ...said, os: 'ios', osVersion })),
    ...['14', '15'].map((osVersion) => ({ ...said, os: 'android', osVersion })),
  ]);

function inHeader(said: Said): string {
  return Object.entries(said)
    .map(([name, of]) => (of === true ? name : `${name}=${of}`))
    .join(', ');
}

function statement(signals: object, key: KeyObject = agentKey.privateKey): string {
  const parts = [
    { alg: 'EdDSA', kid: 'one' },
    { aud: issuer, iat: now, exp: now + 300, signals },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...parts, sign(null, Buffer.from(parts.join('.')), key).toString('base64url')].join('.');
}

const another = statement({ x: true, os: 'android', osVersion: '15' });
const shownCertificate = `:${laptop.der.toString('base64')}:`;

/** Not each with each: everything of one source, beside a part of the others. */
const requests: readonly Brought[] = [
  ...sayings.map((said): Brought => ({ peer: '203.0.113.7', headers: { 'x-device-agent': statement(said) } })),
  ...peers.flatMap((peer) =>
    [undefined, another].flatMap((agent) =>
      sayings.flatMap((said, at): readonly Brought[] => {
        const headers = { 'x-device-signals': inHeader(said), ...(agent && { 'x-device-agent': agent }) };
        // A certificate takes long to read.
        const certified = at % 9 === 0 ? [{ peer, headers: { ...headers, 'client-cert': shownCertificate } }] : [];
        return [{ peer, headers }, ...certified];
      }),
    ),
  ),
];

function keyOf({ registered, managed, assurances = [] }: BelievedDevice, names: readonly string[]) {
  return JSON.stringify([
    registered === true,
    managed === true,
    assurances.filter((name) => names.includes(name)).toSorted(),
  ]);
}

test('the server believes what it reads from a request, and nothing else with one source', () => {
  let bounded = 0;
  fc.assert(
    fc.property(drawn, (configuration) => {
      const settings = settingsOf(configuration);
      const read = compileDeviceSignals(settings, issuer);
      const seen = new Set(requests.map((request) => keyOf(read(request, now), configuration.names)));
      const believable = believableDevices(settings, configuration.names) ?? [];
      const found = new Set(believable.map((device) => keyOf(device, configuration.names)));
      expect(believable).toHaveLength(found.size);
      expect(believable[0]).toEqual({});
      expect([...seen].filter((key) => !found.has(key))).toEqual([]);
      // Of several sources, the requests above are only some.
      if ([configuration.proxy, configuration.certificate, configuration.agent].filter(Boolean).length > 1) return;
      expect([...found].filter((key) => !seen.has(key))).toEqual([]);
      bounded += 1;
    }),
    { ...seeded(20), endOnFailure: true },
  );
  expect(bounded).toBeGreaterThan(enough(1));
});

test('two configurations together believe of one device what each of them believes', () => {
  let compared = 0;
  fc.assert(
    fc.property(drawn, drawn, fc.boolean(), (first, second, isSameSources) => {
      const other = isSameSources ? { ...first, assurances: second.assurances } : second;
      const sides = { active: settingsOf(first), next: settingsOf(other) };
      const pairs = believablePairs(sides, first.names);
      expect(pairs[0]).toEqual({ active: {}, next: {} });
      for (const side of ['active', 'next'] as const) {
        const alone = (believableDevices(sides[side], first.names) ?? []).map((device) => keyOf(device, first.names));
        expect(new Set(pairs.map((pair) => keyOf(pair[side], first.names)))).toEqual(new Set(alone));
      }
      if (!isSameSources) return;
      const keys = new Set(pairs.map(({ active, next }) => keyOf(active, first.names) + keyOf(next, first.names)));
      const [before, after] = [sides.active, sides.next].map((each) => compileDeviceSignals(each, issuer));
      const seen = requests.map((request) =>
        [before, after].map((read) => keyOf(read?.(request, now) ?? {}, first.names)).join(''),
      );
      expect(seen.filter((key) => !keys.has(key))).toEqual([]);
      compared += 1;
    }),
    { ...seeded(20), endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(enough(1));
});

const nameds = (count: number) => Array.from({ length: count }, (_, at) => `a${at}`);
/** Each asks for a signal of its own. */
const apart = (count: number) => Object.fromEntries(nameds(count).map((name) => [name, { signals: [name] }]));
/** Each asks for all that the one before asks for, and more. */
const nested = (count: number) =>
  Object.fromEntries(nameds(count).map((name, at) => [name, { signals: nameds(at + 1) }]));
const versioned = (count: number) =>
  Object.fromEntries(nameds(count).map((name, at) => [name, { osVersion: { ios: `${at + 1}` } }]));
const byAgent = (assurances: object) =>
  ({ agent: { header: 'x', keys: [] }, assurances }) as NonNullable<Parameters<typeof believableDevices>[0]>;

test.each([
  ['20 that each ask for more', nested(20), 20, 3 * 21],
  ['30 versions of a system', versioned(30), 30, 3 * 31],
  ['8 that have nothing in common', apart(8), 8, 3 * 256],
  ['9 that have nothing in common', apart(9), 9, undefined],
  ['40 that have nothing in common', apart(40), 40, undefined],
  ['none that is there', apart(0), 40, 3],
])('of assurances, %s, what can be met together is found, or that it is too much', (_, assurances, count, expected) => {
  const names = nameds(count);
  const found = believableDevices(byAgent(assurances), names);
  expect(found?.length).toBe(expected);
  const same = believablePairs({ active: byAgent(assurances), next: byAgent(assurances) }, names);
  if (found) expect(same).toEqual(found.map((device) => ({ active: device, next: device })));
  else expect(same).toHaveLength(3 * (names.length + 2));
});

test('if there are too many combinations, only single assurances, none and all are examined, as far as a source can state them', () => {
  const names = nameds(9);
  const pairs = believablePairs({ active: undefined, next: byAgent(apart(9)) }, names);
  expect(pairs).toHaveLength(3 * (names.length + 2));
  expect(pairs[0]).toEqual({ active: {}, next: {} });
  expect(pairs.at(-1)).toEqual({ active: {}, next: { registered: true, managed: true, assurances: names } });
});

test('without sources nothing is believed', () => {
  expect(believableDevices(undefined, ['a'])).toEqual([{}]);
});

const signOn = 'policies/sign-on/notes.yaml';

async function findings(deviceSignals: object, ...whens: readonly object[]) {
  const rules = [
    ...whens.map((when, at) => ({ name: `Rule ${at}`, when, then: at === 0 ? 'deny' : { allow: { factors: 2 } } })),
    { name: 'Rest', then: { allow: { factors: 1 } } },
  ];
  const settings = { brand: { name: 'A' }, authenticators: { totp: { enabled: true } }, deviceSignals };
  const files = { 'stepgate.yaml': JSON.stringify(settings), [signOn]: yaml(rules) };
  const loaded = await load(files);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analysis({ ...loaded, warnings: [] }, { authenticators, now });
  return {
    words: found.findings.map(({ code, line, message }) => `${code} ${line} ${message}`),
    examples: await Promise.all(
      found.findings.flatMap(({ example }) => (example ? [replayed(example, { ...loaded, authenticators, now })] : [])),
    ),
  };
}

function yaml(rules: readonly object[]): string {
  return `name: notes\nrules:\n${rules.map((rule) => `  - ${JSON.stringify(rule)}\n`).join('')}`;
}

describe('the analysis makes up no device that no source can speak of', () => {
  const assurances = { locked: { signals: ['screenLock'] }, safe: { signals: ['screenLock', 'diskEncryption'] } };
  const proxy = { proxies: inside };

  test('a device with an assurance also has each one that asks for less', async () => {
    const { words } = await findings(
      { proxy, assurances },
      { device: { assurance: { any: ['locked'] } } },
      { device: { assurance: { any: ['safe'] } } },
    );
    expect(words).toEqual([`shadowed 4 never decides: the rule "Rule 0" in line 3 takes all its cases`]);
    const [first] = (
      await findings(
        { proxy, assurances },
        { device: { assurance: { all: ['safe'], none: ['locked'] } } },
        { device: { registered: true } },
      )
    ).words;
    expect(first).toContain('contradictory 3');
  });

  test('two agents may each meet what no single device meets', async () => {
    const systems = { ios: { osVersion: { ios: '17' } }, android: { osVersion: { android: '14' } } };
    const both = { device: { assurance: { all: ['ios', 'android'] } } };
    const alone = await findings({ proxy, assurances: systems }, both);
    expect(alone.words[0]).toContain('contradictory 3');
    const agent = { keys: [publicKey] };
    expect((await findings({ proxy, agent, assurances: systems }, both)).words).toEqual([]);
  });

  test('a certificate proves only what it states', async () => {
    const shown = { certificate: { proxies: inside, authorities: [pem] } };
    const { words } = await findings(shown, { device: { managed: true } });
    expect(words[0]).toContain('contradictory 3');
    const managing = { certificate: { ...shown.certificate, says: ['managed'] } };
    const below = await findings(managing, { device: { registered: true } }, { device: { managed: true } });
    expect(below.words[0]).toContain('shadowed 4');
  });
});
