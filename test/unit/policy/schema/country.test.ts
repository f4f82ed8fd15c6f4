/** Codes of countries in the files: which there are, what is said of others, and where. */
import { describe, expect, test } from '@jest/globals';
import { country, phoneCountry } from '../../../../src/policy/schema/fields/fields.ts';
import { findingLines } from '../support/configuration-dir.ts';

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const pairs = letters.flatMap((first) => letters.map((second) => `${first}${second}`));
const taken = (schema: typeof country) => pairs.filter((code) => schema.safeParse(code).success);
const faultOf = (code: string) => country.safeParse(code).error?.issues.map(({ message }) => message);

test('all codes of ISO 3166-1 are countries, and so is Kosovo, as in GeoIP2', () => {
  const codes = taken(country);
  // 249 are assigned (ISO 3166-1:2020).
  expect(codes).toHaveLength(249 + 1);
  expect(codes).toEqual(expect.arrayContaining(['AQ', 'AT', 'AX', 'BL', 'BQ', 'GB', 'NO', 'PS', 'SS', 'TW', 'XK']));
});

test('a phone may also be of two islands that are no countries', () => {
  expect(taken(phoneCountry).filter((code) => !taken(country).includes(code))).toEqual(['AC', 'TA']);
});

describe('no country', () => {
  test.each([
    ['UK', 'must be written as GB'],
    ['uk', 'must be written as GB'],
    ['at', 'must be written as AT'],
    ['At', 'must be written as AT'],
    ['ZR', 'must be written as CD'],
  ])('%s is an error that says what is meant', (code, fault) => {
    expect(faultOf(code)).toEqual([fault]);
  });

  test.each(['EU', 'EZ', 'UN', 'XX', 'XA', 'ZZ', 'QO', 'AC', 'eu', 'AUT', 'A', '', '40', 'Ää', 'AT '])(
    '%j is an error',
    (code) => {
      expect(faultOf(code)).toEqual(['must be the code of a country in two capital letters, such as DE (ISO 3166-1)']);
    },
  );
});

test('they are found in zones and in the settings, each where it is', async () => {
  const lines = await findingLines({
    'stepgate.yaml': `brand: { name: Test }
networkData: { country: /var/lib/geoip/GeoLite2-City.mmdb }
zones: { britain: { countries: [AT, UK] }, europe: { countries: [EU] }, kosovo: { countries: [XK] } }
identify: { defaultCountry: UK }
`,
  });
  const form = 'must be the code of a country in two capital letters, such as DE (ISO 3166-1)';
  expect(lines).toEqual([
    'stepgate.yaml:3:37 zones.britain.countries[1] must be written as GB [invalid_value]',
    `stepgate.yaml:3:66 zones.europe.countries[0] ${form} [invalid_value]`,
    'stepgate.yaml:4:29 identify.defaultCountry must be written as GB [invalid_value]',
  ]);
});
