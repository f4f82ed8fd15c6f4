/** How many lists of zones an expression is evaluated with, where the zones of a request are not known. */
import { expect, test } from '@jest/globals';
import { parseExpression } from '../../../../src/policy/schema/expressions/expression.ts';
import {
  mostPossibleZones,
  possibleZones,
  zonesReadBy,
} from '../../../../src/policy/schema/expressions/possible-zones.ts';

function readBy(expression: string) {
  const parsed = parseExpression(expression);
  if (parsed === undefined) throw new Error(`this is no expression: ${expression}`);
  return zonesReadBy(parsed.ast);
}

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

test.each([
  ['no zone', 'request.clientId == "notes"', 1],
  ['a zone', '"a" in network.zones', 2],
  ['one that makes it rise, and one that makes it fall', '"a" in network.zones && !("b" in network.zones)', 2],
  ['one that is compared with another', '("a" in network.zones) == ("b" in network.zones)', 4],
  ['a zone that is not there', '"z" in network.zones', 1],
  ['one that is compared, and one that is not', '("a" in network.zones) == true && "b" in network.zones', 4],
  ['all that have a form', 'network.zones.exists(z, z.startsWith("a"))', 2],
  ['all, and one of them in another way', 'network.zones.exists(z, z > "a") && ("a" in network.zones) == true', 4],
  ['how many', 'size(network.zones) > 2', 64],
])('of %s', (_, expression, times) => {
  const read = readBy(expression);
  expect(mostPossibleZones(names, read)).toBe(times);
  const lists = possibleZones({ zones: [], unknownZones: names }, read);
  expect(lists === undefined || lists.length === times).toBe(true);
});

test('the zones are gone through once for all expressions', () => {
  let looks = 0;
  const zones = new Proxy(names, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
      return Reflect.get(target, key);
    },
  });
  for (const zone of names) {
    mostPossibleZones(zones, readBy(`"${zone}" in network.zones`));
    mostPossibleZones(zones, readBy(`"${zone}" in network.zones && size(network.zones) > 1`));
  }
  expect(looks).toBe(names.length);
});
