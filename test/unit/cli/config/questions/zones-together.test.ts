/** `config matrix` and `config who`: places in several zones at once. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { reportCommand } from '../../../../../src/cli/config/report/report.ts';
import { mmdb } from '../../../../support/values/mmdb-writer.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { askWithoutStore, cells } from '../../support/asked-questions.ts';
import { configContext, openTerminal, run, type Terminal } from '../../support/harness.ts';

let terminal: Terminal;
let folder = '';
beforeAll(async () => {
  terminal = openTerminal();
  folder = await mkdtemp(join(tmpdir(), 'stepgate-places-'));
  await writeFile(
    join(folder, 'country.mmdb'),
    mmdb('GeoLite2-Country', { '192.0.2.0/25': { country: { iso_code: 'AT' } } }),
  );
  await writeFile(
    join(folder, 'asn.mmdb'),
    mmdb('GeoLite2-ASN', { '192.0.2.0/25': { autonomous_system_number: 64500 } }),
  );
  await writeFile(
    join(folder, 'anonymous.mmdb'),
    mmdb('GeoIP2-Anonymous-IP', { '198.51.100.0/24': { is_anonymous: true } }),
  );
});
afterAll(async () => {
  await terminal.store.close();
  await rm(folder, { recursive: true, force: true });
});

const withoutStore = (...asking: Parameters<typeof askWithoutStore>[1]) => askWithoutStore(terminal, asking);

const settings = (zones: string) =>
  `brand: { name: Test }\n${zones}\nnetworkData: { country: ${folder}/country.mmdb, asn: ${folder}/asn.mmdb, anonymiser: ${folder}/anonymous.mmdb }\n`;

function withRules(rules: readonly object[], use: (dir: string) => Promise<void>, settingsFile: string): Promise<void> {
  const policy = JSON.stringify({ name: 'notes', rules });
  return withConfiguration(
    { ...validFiles, 'stepgate.yaml': settingsFile, 'policies/sign-on/notes.yaml': policy },
    use,
  );
}

const overlapping = 'zones: { home: { countries: [AT] }, cloud: { asns: [64500] }, hidden: { anonymisers: true } }';
const inBoth = { name: 'Both', when: { network: { all: ['home', 'cloud'] } }, then: { allow: { factors: 1 } } };
const denied = { name: 'Rest', then: 'deny' };

test('several zones at once, where the answer is none of those of each zone', async () => {
  await withRules(
    [inBoth, denied],
    async (dir) => {
      const text = await withoutStore('matrix', dir);
      expect(cells(text).map((row) => row.slice(-2))).toEqual([
        ['from', 'asked'],
        ['elsewhere, home, cloud, hidden', 'denied'],
        ['home + cloud', 'password or totp'],
      ]);
      expect(text).not.toContain('more places');
      const { zones, rows } = JSON.parse(await withoutStore('matrix', dir, '--json'));
      expect(zones).toEqual(['elsewhere', 'home', 'cloud', 'hidden', 'home + cloud']);
      expect(rows[0].outcomes.map(({ zone, getsIn }: { zone: string; getsIn: boolean }) => [zone, getsIn])).toEqual(
        zones.map((zone: string) => [zone, zone === 'home + cloud']),
      );
      expect(cells(await withoutStore('who', dir, 'notes')).slice(1, 3)).toMatchObject([
        ['(no group)', 'elsewhere, home, cloud, hidden', expect.stringContaining('denied'), expect.anything()],
        ['home + cloud', 'password or totp', expect.anything()],
      ]);
    },
    settings(overlapping),
  );
});

test('several zones at once are left out where no rule asks about them, and where they answer as one of them', async () => {
  const inHome = { ...inBoth, when: { network: { any: ['home'] } } };
  const where = async (dir: string) => cells(await withoutStore('matrix', dir)).map((row) => row.at(-2));
  const use = async (dir: string) => expect(await where(dir)).toEqual(['from', 'elsewhere, cloud, hidden', 'home']);
  await withRules([inHome, denied], use, settings(overlapping));
  const notHidden = { ...inHome, when: { network: { any: ['home'], none: ['hidden'] } } };
  await withRules([notHidden, denied], use, settings(overlapping));
});

test('of very many places in several zones, those in the fewest are examined', async () => {
  const names = Array.from({ length: 8 }, (_, at) => `zone-${at}`);
  const countries = ['AT', 'CH', 'DE', 'FR', 'IT', 'LI', 'SI', 'SK'];
  const zones = names.flatMap((name, at) => [
    `${name}: { countries: [${countries[at]}] }`,
    `as-${at}: { asns: [${64500 + at}] }`,
  ]);
  const together = names.map((name, at) => ({ ...inBoth, when: { network: { all: [name, `as-${at}`] } } }));
  const rules = together.map((rule, at) => ({ ...rule, name: `Both ${at}` }));
  await withRules(
    [...rules, denied],
    async (dir) => expect(await withoutStore('matrix', dir)).toContain('24 more places in several zones at once'),
    settings(`zones: { ${zones.join(', ')} }`),
  );
});

test('networks that overlap, and networks of which the files say in which country they lie', async () => {
  const zones =
    'zones: { office: { cidrs: [192.0.2.0/25] }, lab: { cidrs: [192.0.2.64/26, 203.0.113.0/24] }, abroad: { countries: [US] } }';
  const rule = (name: string, all: readonly string[]) => ({ ...inBoth, name, when: { network: { all } } });
  await withRules(
    [rule('Shared', ['office', 'lab']), rule('Impossible', ['office', 'abroad']), denied],
    async (dir) =>
      expect(cells(await withoutStore('matrix', dir)).map((row) => row.at(-2))).toEqual([
        'from',
        'elsewhere, office, lab, abroad',
        'office + lab',
      ]),
    settings(zones),
  );
});

test('a network of which the files say that it lies in another zone, and an address in this network alone', async () => {
  const zones = 'zones: { home: { countries: [AT] }, office: { cidrs: [192.0.2.0/24] } }';
  const inOffice = (none: readonly string[]) => ({
    ...{ name: 'Alone', when: { network: { any: ['office'], none } }, then: { allow: { factors: 1 } } },
  });
  const both = { ...inBoth, when: { network: { all: ['home', 'office'] } } };
  const where = async (dir: string) => cells(await withoutStore('matrix', dir)).map((row) => row.slice(-2));
  await withRules(
    [inOffice(['home']), denied],
    async (dir) => {
      expect(await where(dir)).toEqual([
        ['from', 'asked'],
        ['elsewhere, home', 'denied'],
        ['office', 'password or totp'],
      ]);
      expect(JSON.parse(await withoutStore('matrix', dir, '--json')).zones).toEqual(['elsewhere', 'home', 'office']);
    },
    settings(zones),
  );
  await withRules(
    [both, denied],
    async (dir) =>
      expect(await where(dir)).toEqual([
        ['from', 'asked'],
        ['elsewhere, home, office', 'denied'],
        ['home + office', 'password or totp'],
      ]),
    settings(zones),
  );
});

const policy = (name: string, ...rules: readonly object[]) => ({
  [`policies/sign-on/${name}.yaml`]: JSON.stringify({ name, rules }),
  [`apps/${name}.yaml`]: JSON.stringify({
    ...{ clientId: name, name, signOnPolicy: name },
    client: { redirect_uris: ['https://a.example.org/cb'] },
  }),
});

test('an address in a network alone, where the files put every address of it in another zone', async () => {
  const zones = 'zones: { office: { cidrs: [192.0.2.0/26] }, home: { countries: [AT, DE] } }';
  const inZone = (zone: string, factors: number) => ({
    ...{ name: `In ${zone}`, when: { network: { any: [zone] } }, then: { allow: { factors } } },
  });
  const files = {
    ...policy('wiki', inZone('home', 1), denied),
    ...policy('payroll', inZone('office', 2), denied),
    ...policy('both', inZone('home', 1), inZone('office', 2), denied),
  };
  await withConfiguration({ ...validFiles, 'stepgate.yaml': settings(zones), ...files }, async (dir) => {
    const { rows } = JSON.parse(await withoutStore('matrix', dir, '--json'));
    const asked = Object.fromEntries(
      rows.map(({ app, outcomes }: { app: string; outcomes: readonly { zone: string; getsIn: boolean }[] }) => [
        app,
        outcomes.filter(({ getsIn }) => getsIn).map(({ zone }) => zone),
      ]),
    );
    expect(asked).toMatchObject({ wiki: ['office', 'home'], payroll: ['office'], both: ['office', 'home'] });
    for (const app of ['wiki', 'both']) {
      const who = cells(await withoutStore('who', dir, app));
      expect(who.slice(1, 3)).toMatchObject([
        ['(no group)', 'elsewhere', expect.stringContaining('denied'), expect.anything()],
        ['office, home', 'password or totp', expect.anything()],
      ]);
    }
  });
});

test('one of the networks of a zone, of which the files say that it lies in another zone', async () => {
  const zones = 'zones: { hidden: { anonymisers: true }, office: { cidrs: [198.51.99.0/24, 198.51.100.128/25] } }';
  const both = { ...inBoth, when: { network: { all: ['hidden', 'office'] } } };
  await withRules(
    [both, denied],
    async (dir) =>
      expect(cells(await withoutStore('matrix', dir)).map((row) => row.slice(-2))).toEqual([
        ['from', 'asked'],
        ['elsewhere, hidden, office', 'denied'],
        ['hidden + office', 'password or totp'],
      ]),
    settings(zones),
  );
});

test('in the report, only the tables of apps at which they matter have them', async () => {
  const inHome = { ...inBoth, when: { network: { any: ['home'] } } };
  const files = { ...policy('both', inBoth, denied), ...policy('home', inHome, denied) };
  const out = join(folder, 'report.html');
  await withConfiguration({ ...validFiles, 'stepgate.yaml': settings(overlapping), ...files }, async (dir) => {
    const context = configContext(terminal, { configDir: dir });
    await run(reportCommand(context), dir, '--out', out);
  });
  const heads = [...(await readFile(out, 'utf8')).matchAll(/<th scope="col">([^<]*home[^<]*)</g)].map(
    ([, head]) => head,
  );
  expect(heads.filter((head) => head?.includes('home + cloud'))).toEqual(['home + cloud']);
  expect(heads).toContain('home');
});
