/** Files that say where addresses are: what is read from them, what is refused, and when they are read again. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Reader, type Response } from 'mmdb-lib';
import { examineNetworkFile, type NetworkFileKind, NetworkFiles } from '../../src/network-data.ts';
import { sampleAddresses } from '../../src/policy/analysis/analysed/sample-addresses.ts';
import type { Settings } from '../../src/policy/model/settings.ts';
import { networkFault, placeOf, zoneData } from '../../src/policy/revision/network-files.ts';
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

/** Files that changed are read again, as often as is asked, without a clock. */
function watched() {
  const told: string[] = [];
  const files = new NetworkFiles((text) => told.push(text));
  const countryIn = (file: string) => files.lookup('country', file, '192.0.2.1')?.country;
  const put = async (file: string, content: Buffer | string) => {
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
    await files.refresh();
  };
  return { told, files, countryIn, put };
}

const whole = mmdb('GeoLite2-City', city);
/** Where its data begin: after the tree and the separator. */
const dataAt = new Reader<Response>(whole).metadata.searchTreeSize + 16;
/** The same length, as a copy that broke off and went on. */
const filled = (byte: number, from: number, to: number) => Buffer.from(whole).fill(byte, from, to);
const damagedLine = (file: string) => `network_file_damaged: ${file} is no complete MaxMind DB file: fetch it again`;

test.each([
  ['cut at the end', whole.subarray(0, 200)],
  ['whose tree leads beyond the data', filled(0xff, 0, 300)],
  ['whose tree has zeros', filled(0, 600, 700)],
  ['whose tree is cut off in a branch that the addresses in use do not reach', brokenAt(whole)],
  ['whose data are overwritten', filled(0xff, dataAt, dataAt + 30)],
  ['whose data have zeros', filled(0, dataAt, dataAt + 30)],
  ['that is empty', Buffer.alloc(0)],
])('a file %s does not replace a good one, and is reported once', async (_, bad) => {
  const file = path('becomes-bad');
  const { told, files, countryIn, put } = watched();
  await put(file, whole);
  expect([countryIn(file), files.refused('country', file)]).toEqual(['AT', undefined]);
  await put(file, bad);
  await files.refresh();
  expect([countryIn(file), files.fault('country', file)]).toEqual(['AT', undefined]);
  expect(files.refused('country', file)?.code).toBe('network_file_damaged');
  expect(told).toEqual([`${damagedLine(file)}; the previous version stays in use`]);
  expect(new NetworkFiles().fault('country', file)?.code).toBe('network_file_damaged');
  expect(examineNetworkFile('country', file)?.code).toBe('network_file_damaged');
  await put(file, mmdb('GeoLite2-Country', { '192.0.2.0/24': { country: { iso_code: 'DE' } } }));
  expect([countryIn(file), files.refused('country', file)]).toEqual(['DE', undefined]);
});

/** One branch of the last node leads a little beyond the data. */
function brokenAt(good: Buffer): Buffer {
  const { nodeCount, searchTreeSize } = new Reader<Response>(good).metadata;
  const end = good.indexOf('\xab\xcd\xefMaxMind.com', 0, 'latin1');
  const broken = Buffer.from(good);
  broken.writeUIntBE(nodeCount + end - searchTreeSize, searchTreeSize - 3, 3);
  return broken;
}

test('a file of another kind, or none, does not replace a good one either', async () => {
  const file = path('becomes-foreign');
  const { told, files, countryIn, put } = watched();
  await put(file, whole);
  expect(countryIn(file)).toBe('AT');
  await put(file, mmdb('GeoLite2-ASN', asn));
  expect([countryIn(file), files.refused('country', file)?.code]).toEqual(['AT', 'network_file_foreign']);
  await rm(file);
  await symlink(file, file);
  await files.refresh();
  expect([countryIn(file), files.refused('country', file)?.code]).toEqual(['AT', 'network_file_missing']);
  expect(told.map((line) => line.split(':')[0])).toEqual(['network_file_foreign', 'network_file_missing']);
  expect(told[1]).toBe(
    `network_file_missing: ${file} is not there, or this process may not read it: ${missingAdvice}; the previous version stays in use`,
  );
});

test('a file that is bad when it is first read is reported, and again when it is bad in another way, until it is good', async () => {
  const file = path('bad-at-first');
  const { told, files, countryIn, put } = watched();
  expect(files.fault('country', file)?.code).toBe('network_file_missing');
  await put(file, 'half written');
  await put(file, 'half written, too');
  expect([files.fault('country', file)?.code, files.refused('country', file)]).toEqual([
    'network_file_damaged',
    undefined,
  ]);
  expect(told).toEqual([expect.stringMatching(/^network_file_missing: /), damagedLine(file)]);
  await put(file, whole);
  expect([countryIn(file), files.fault('country', file)]).toEqual(['AT', undefined]);
});

test('a node without requests follows a change, until it stops', async () => {
  const file = path('idle');
  const told: string[] = [];
  const files = new NetworkFiles((text) => told.push(text));
  await writeFile(file, whole);
  await files.open('country', file);
  files.start(1);
  await rm(file);
  while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([expect.stringMatching(/^network_file_missing: .*; the previous version stays in use$/)]);
  await files.stop();
  expect(files.lookup('country', file, '192.0.2.1')?.country).toBe('AT');
});

test('a file that was opened ahead is not read at a lookup', async () => {
  const file = path('ahead');
  const { told, files, countryIn } = watched();
  await writeFile(file, whole);
  await files.open('country', file);
  await files.open('country', path('none'));
  await rm(file);
  expect([countryIn(file), files.fault('country', path('none'))?.code]).toEqual(['AT', 'network_file_missing']);
  expect(told).toEqual([expect.stringMatching(/^network_file_missing: .*none/)]);
});

test('a check that is broken off changes nothing', async () => {
  const file = path('broken-off');
  const { told, files, countryIn, put } = watched();
  await put(file, whole);
  expect(countryIn(file)).toBe('AT');
  await files.stop();
  await put(file, filled(0xff, 0, 300));
  expect([countryIn(file), files.refused('country', file), told]).toEqual(['AT', undefined, []]);
});

test.each([
  ['192.0.2.1', 'AT'],
  ['::ffff:192.0.2.1', 'AT'],
  ['2001:db8::7%eth0', 'CH'],
  ['nonsense', undefined],
])('the place of %s', (ip, country) => {
  const settings = { networkData: { country: path('city') } } as unknown as Settings;
  expect(placeOf(settings, new NetworkFiles(), ip).country).toBe(country);
});

describe('zones', () => {
  const zones = {
    office: { cidrs: ['192.0.2.0/28'] },
    neighbours: { cidrs: ['203.0.113.0/24'], countries: ['DE', 'CH'] },
    cloud: { cidrs: [], asns: [64_496] },
    hidden: { cidrs: [], anonymisers: true as const },
  };
  const zonesBy = (networkData: object) =>
    compileZones(zones, zoneData({ zones, networkData } as unknown as Settings, new NetworkFiles()));

  test.each([
    ['192.0.2.1', ['office', 'cloud']],
    ['192.0.2.200', ['cloud']],
    ['198.51.100.1', ['neighbours']],
    ['203.0.113.7', ['neighbours', 'hidden']],
    ['2001:db8::1', ['neighbours']],
    ['::ffff:198.51.100.1', ['neighbours']],
    ['10.0.0.1', []],
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
    expect(faultOf({ ...good, asn: path('none') })).toMatchObject({ code: 'network_file_missing' });
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
