/** Files that say where addresses are: what is read from them, what is refused, and when they are read again. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type NetworkFileKind, NetworkFiles } from '../../src/network-data.ts';
import { sampleAddresses } from '../../src/policy/analysis/analysed/sample-addresses.ts';
import { networkFault, zoneData } from '../../src/policy/revision/network-files.ts';
import { compileZones } from '../../src/policy/schema/settings/zones.ts';
import { noteFound } from '../support/values/found-codes.ts';
import { mmdb } from '../support/values/mmdb-writer.ts';
import { findingLines, load } from './policy/support/configuration-dir.ts';

const city = {
  '192.0.2.0/24': { country: { iso_code: 'AT' }, location: { latitude: 48.2, longitude: 16.4 } },
  '198.51.100.0/25': { registered_country: { iso_code: 'DE' } },
  '2001:db8::/32': { country: { iso_code: 'CH' } },
};
const asn = { '192.0.2.0/24': { autonomous_system_number: 64_496, autonomous_system_organization: 'Example' } };
const anonymous = {
  '203.0.113.7/32': { is_anonymous: true, is_tor_exit_node: true },
  '192.0.2.0/25': { is_anycast: true },
};

const missingAdvice = 'put the MaxMind DB file there and let the server read it, or name another one in `networkData`';

let dir: string;
const path = (name: string) => join(dir, `${name}.mmdb`);
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-network-'));
  const cityFile = mmdb('GeoLite2-City', city);
  const files: Readonly<Record<string, Buffer>> = {
    city: cityFile,
    asn: mmdb('GeoLite2-ASN', asn),
    anonymous: mmdb('GeoIP2-Anonymous-IP', anonymous),
    'cut-end': cityFile.subarray(0, cityFile.length - 40),
    'cut-front': cityFile.subarray(60),
    text: Buffer.from('this is no database'),
    empty: Buffer.alloc(0),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(path(name), content);
  await symlink(path('loop'), path('loop'));
  execFileSync('mkfifo', [path('pipe')]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test.each<[NetworkFileKind, string, string, object | undefined]>([
  ['country', 'city', '192.0.2.200', { country: 'AT', coordinates: { latitude: 48.2, longitude: 16.4 } }],
  ['country', 'city', '198.51.100.1', { country: 'DE' }],
  ['country', 'city', '198.51.100.200', undefined],
  ['country', 'city', '2001:db8::7', { country: 'CH' }],
  ['country', 'city', '::1', undefined],
  ['asn', 'asn', '192.0.2.1', { asn: 64_496 }],
  ['anonymiser', 'anonymous', '203.0.113.7', { anonymiser: true }],
  ['anonymiser', 'anonymous', '203.0.113.8', undefined],
  ['anonymiser', 'anonymous', '192.0.2.1', {}],
])('%s of %s: %s', (kind, name, ip, expected) => {
  expect(new NetworkFiles().lookup(kind, path(name), ip)).toEqual(expected);
});

test.each([
  ['country', 'none', 'network_file_missing', missingAdvice],
  ['country', 'loop', 'network_file_missing', missingAdvice],
  ['country', 'pipe', 'network_file_missing', missingAdvice],
  ['country', 'cut-end', 'network_file_damaged', 'fetch it again'],
  ['country', 'cut-front', 'network_file_damaged', 'fetch it again'],
  ['country', 'text', 'network_file_damaged', 'fetch it again'],
  ['country', 'empty', 'network_file_damaged', 'fetch it again'],
  ['country', 'asn', 'network_file_foreign', 'a Country or City database is needed'],
  ['asn', 'city', 'network_file_foreign', 'an ASN or ISP database is needed'],
  ['anonymiser', 'city', 'network_file_foreign', 'an Anonymous IP database is needed'],
] as const)('a file for %s that cannot be used: %s', (kind, name, code, advice) => {
  const files = new NetworkFiles();
  const fault = files.fault(kind, path(name));
  noteFound(fault ? [fault] : []);
  expect(fault).toMatchObject({ code, advice, message: expect.stringMatching(`^${path(name)} `) });
  expect(files.lookup(kind, path(name), '192.0.2.1')).toBeUndefined();
});

test('a good file that becomes bad is reported once, and its old version stays in use', async () => {
  const file = path('cut-later');
  const told: string[] = [];
  const clock = jest.spyOn(Date, 'now');
  let now = 1_000_000;
  clock.mockImplementation(() => now);
  try {
    const files = new NetworkFiles((text) => told.push(text));
    const countryIn = () => files.lookup('country', file, '192.0.2.1')?.country;
    const later = () => {
      now += 2000;
      return countryIn();
    };
    await writeFile(file, mmdb('GeoLite2-City', city));
    expect(countryIn()).toBe('AT');
    await writeFile(file, mmdb('GeoLite2-City', city).subarray(0, 200));
    while (told.length === 0) {
      later();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([later(), later()]).toEqual(['AT', 'AT']);
    expect(told).toEqual([
      `network_file_damaged: ${file} is no complete MaxMind DB file: fetch it again; the previous version stays in use`,
    ]);
  } finally {
    clock.mockRestore();
  }
});

test('a file that is bad when it is first read is reported, and again when it is bad in another way', async () => {
  const file = path('bad-at-first');
  const told: string[] = [];
  const clock = jest.spyOn(Date, 'now');
  let now = 1_000_000;
  clock.mockImplementation(() => now);
  try {
    const files = new NetworkFiles((text) => told.push(text));
    for (const code of ['network_file_missing', 'network_file_damaged', 'network_file_damaged'] as const) {
      now += 2000;
      while (files.fault('country', file)?.code !== code) await new Promise((resolve) => setImmediate(resolve));
      await writeFile(file, 'half written');
    }
    expect(told).toEqual([
      expect.stringMatching(/^network_file_missing: /),
      expect.stringMatching(/^network_file_damaged: /),
    ]);
  } finally {
    clock.mockRestore();
  }
});

test.each([0, 100])('a tree with zeros from byte %i on, which a broken download leaves, is damaged', async (from) => {
  const good = mmdb('GeoLite2-City', city);
  await writeFile(path('zeros'), Buffer.from(good).fill(0, from, from + 100));
  expect(new NetworkFiles().fault('country', path('zeros'))?.code).toBe('network_file_damaged');
});

test('a file that lacks something in its middle is found by looking all over it', async () => {
  const all = Object.fromEntries(
    Array.from({ length: 128 }, (_, at) => [`${at}.0.0.0/8`, { country: { iso_code: 'AT' }, note: `${at}` }]),
  );
  const good = mmdb('GeoLite2-Country', all);
  // Within the data, which the tree and its separator come before: 14 bytes for each network and a little more.
  const end = good.indexOf('\xab\xcd\xefMaxMind.com', 0, 'latin1');
  await writeFile(path('dense'), good);
  await writeFile(path('cut-middle'), Buffer.concat([good.subarray(0, end - 900), good.subarray(end - 890)]));
  expect(new NetworkFiles().examine('country', path('dense'))).toBeUndefined();
  expect(new NetworkFiles().fault('country', path('cut-middle'))).toBeUndefined();
  expect(new NetworkFiles().examine('country', path('cut-middle'))?.code).toBe('network_file_damaged');
  expect(new NetworkFiles().examine('country', path('cut-end'))?.code).toBe('network_file_damaged');
});

test('a good file that can no longer be reached stays in use, and is reported', async () => {
  const file = path('unreachable');
  const told: string[] = [];
  const clock = jest.spyOn(Date, 'now');
  let now = 1_000_000;
  clock.mockImplementation(() => now);
  try {
    const files = new NetworkFiles((text) => told.push(text));
    await writeFile(file, mmdb('GeoLite2-City', city));
    expect(files.lookup('country', file, '192.0.2.1')?.country).toBe('AT');
    await rm(file);
    await symlink(file, file);
    now += 2000;
    expect(files.lookup('country', file, '192.0.2.1')?.country).toBe('AT');
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([
      `network_file_missing: ${file} is not there, or this process may not read it: ${missingAdvice}; the previous version stays in use`,
    ]);
  } finally {
    clock.mockRestore();
  }
});

test('a file that is replaced is read again, and a bad one does not replace a good one', async () => {
  const file = path('replaced');
  const clock = jest.spyOn(Date, 'now');
  let now = 1_000_000;
  clock.mockImplementation(() => now);
  try {
    const files = new NetworkFiles();
    const countryIn = () => files.lookup('country', file, '192.0.2.1')?.country;
    const replace = async (content: Buffer | string, at: number) => {
      await writeFile(file, content);
      await utimes(file, at, at);
      now += 10_000;
      countryIn();
    };
    const settled = async (expected: string | undefined) => {
      while (countryIn() !== expected) await new Promise((resolve) => setImmediate(resolve));
    };
    expect(files.fault('country', file)?.code).toBe('network_file_missing');
    await replace(mmdb('GeoLite2-Country', { '192.0.2.0/24': { country: { iso_code: 'AT' } } }), 1000);
    await settled('AT');
    expect(files.fault('country', file)).toBeUndefined();
    await replace('half written', 2000);
    expect(countryIn()).toBe('AT');
    await replace(mmdb('GeoLite2-Country', { '192.0.2.0/24': { country: { iso_code: 'DE' } } }), 3000);
    await settled('DE');
  } finally {
    clock.mockRestore();
  }
});

describe('zones', () => {
  const zones = {
    office: { cidrs: ['192.0.2.0/28'] },
    neighbours: { cidrs: ['203.0.113.0/24'], countries: ['DE', 'CH'] },
    cloud: { cidrs: [], asns: [64_496] },
    hidden: { cidrs: [], anonymisers: true as const },
  };
  const zonesBy = (networkData: object) =>
    compileZones(zones, zoneData({ networkData } as Parameters<typeof zoneData>[0], new NetworkFiles()));

  test.each([
    ['192.0.2.1', ['office', 'cloud']],
    ['192.0.2.200', ['cloud']],
    ['198.51.100.1', ['neighbours']],
    ['203.0.113.7', ['neighbours', 'hidden']],
    ['2001:db8::1', ['neighbours']],
    ['::ffff:198.51.100.1', ['neighbours']],
    ['10.0.0.1', []],
    ['', []],
  ])('of %s', (ip, expected) => {
    const all = { country: path('city'), asn: path('asn'), anonymiser: path('anonymous') };
    expect(zonesBy(all)(ip)).toEqual({ zones: expected });
  });

  test('are unknown where a file that they need cannot be used, unless a network says so', () => {
    const zonesOf = zonesBy({ country: path('none'), asn: path('asn'), anonymiser: path('text') });
    expect(zonesOf('192.0.2.1')).toEqual({ zones: ['office', 'cloud'], unknownZones: ['neighbours', 'hidden'] });
    expect(zonesOf('203.0.113.9')).toEqual({ zones: ['neighbours'], unknownZones: ['hidden'] });
  });

  test('make a node unready whose files they cannot be read from', () => {
    const faultOf = (networkData: object, of: object = zones) =>
      networkFault({ zones: of, networkData } as Parameters<typeof networkFault>[0], new NetworkFiles());
    const good = { country: path('city'), asn: path('asn'), anonymiser: path('anonymous') };
    expect(faultOf(good)).toBeUndefined();
    expect(faultOf({ ...good, asn: path('none') })).toMatch(/^network_file_missing: /);
    expect(faultOf({ ...good, asn: path('none') }, { office: zones.office })).toBeUndefined();
  });
});

test('an analysis counts with one country, one system and a hidden address at a time', () => {
  const places = sampleAddresses({
    office: { cidrs: ['192.0.2.0/24'] },
    home: { cidrs: [], countries: ['AT', 'DE'] },
    abroad: { cidrs: [], countries: ['CH', 'DE'] },
    cloud: { cidrs: [], asns: [1] },
    hidden: { cidrs: [], anonymisers: true },
  });
  const sets = places.map(({ zones }) => zones.filter((zone) => zone !== 'office' && zone !== 'cloud').join('+'));
  const both = ['', 'home', 'home+abroad', 'abroad'].flatMap((zones) => [
    zones,
    zones === '' ? 'hidden' : `${zones}+hidden`,
  ]);
  expect([...new Set(sets)].sort()).toEqual(both.sort());
  expect(places).toHaveLength(4 * 2 * 2 * 2);
  expect(places[0]?.zones).toEqual([]);
});

describe('the check', () => {
  const settings = (more: string) => ({ 'stepgate.yaml': `brand:\n  name: Test\n${more}` });

  test('asks for the file that a zone needs', async () => {
    const written = settings(
      'zones: { office: { countries: [AT], asns: [1], anonymisers: true }, none: { label: X } }\n',
    );
    expect(await findingLines(written)).toEqual([
      'stepgate.yaml:3:31 zones.office.countries needs a MaxMind DB file: name one in `networkData.country` [setting_missing]',
      'stepgate.yaml:3:43 zones.office.asns needs a MaxMind DB file: name one in `networkData.asn` [setting_missing]',
      'stepgate.yaml:3:61 zones.office.anonymisers needs a MaxMind DB file: name one in `networkData.anonymiser` [setting_missing]',
      'stepgate.yaml:3:75 zones.none holds no address: give cidrs, countries, asns or anonymisers [invalid_value]',
    ]);
  });

  test('warns of a file that this machine cannot use', async () => {
    const loaded = await load(settings(`networkData: { country: ${path('asn')}, asn: ${path('asn')} }\n`));
    const warnings = loaded.ok ? loaded.warnings : [];
    expect(warnings.map(({ line, column, message, code }) => [line, column, message, code])).toEqual([
      [3, 25, expect.stringMatching(/^on this machine, .* is of the type GeoLite2-ASN$/), 'network_file_foreign'],
    ]);
  });
});
