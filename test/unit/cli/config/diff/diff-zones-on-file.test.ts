/** `config diff` compares sign-ins at places that the files of places on this machine allow. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { mmdb } from '../../../../support/values/mmdb-writer.ts';
import { all, type Diffs, type Files, factors, openDiffs, settings, signOn } from '../../support/diff-harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-places-'));
  const country = mmdb('GeoLite2-Country', { '192.0.2.0/24': { country: { iso_code: 'AT' } } });
  await writeFile(join(folder, 'country.mmdb'), country);
});
afterAll(() => rm(folder, { recursive: true }));

const near = '192.0.2.0/24';
const placed = (office: string): Files => {
  const zones = `office: { cidrs: [${office}] }, dach: { countries: [AT] }, abroad: { countries: [US] }`;
  const others = settings.replace(/zones:\n( .*\n)*/, '');
  const data = `{ country: ${join(folder, 'country.mmdb')} }`;
  return { 'stepgate.yaml': `${others}zones: { ${zones} }\nnetworkData: ${data}\n` };
};
const rule = (network: object) => ({ name: 'Placed', when: { network }, then: factors(1) });

test.each<[string, string, object, readonly string[]]>([
  ['in the office, which is at home', near, { all: ['office', 'dach'] }, ['from dach and office']],
  ['abroad', near, { all: ['abroad'] }, ['from abroad']],
  ['in the office, as if it were abroad', near, { all: ['office', 'abroad'] }, []],
  ['in the office, as if it were not at home', near, { all: ['office'], none: ['dach'] }, []],
  ['in an office that moved, as if it were abroad', '198.51.100.0/24', { all: ['office', 'abroad'] }, []],
])('%s', async (_, before, network, expected) => {
  await diffs.addUsers(2, []);
  const next = { ...placed(near), ...signOn(rule(network), all(2)) };
  const sentences = await diffs.sentences(next, { ...placed(before), ...signOn(all(2)) });
  expect(sentences.flatMap((sentence) => /from [a-z ]+/.exec(sentence) ?? [])).toEqual(expected);
});
