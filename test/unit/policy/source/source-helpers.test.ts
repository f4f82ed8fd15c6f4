/** The helpers of the configuration: durations, variables, zones, paths, names, the cache. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';
import { LruCache } from '../../../../src/policy/revision/lru-cache.ts';
import { durationSeconds } from '../../../../src/policy/schema/fields/durations.ts';
import { compileZones } from '../../../../src/policy/schema/settings/zones.ts';
import { nearestName } from '../../../../src/policy/source/nearest-name.ts';
import { substituteVariables } from '../../../../src/policy/source/substitute-variables.ts';
import { valuesAt } from '../../../../src/policy/source/values-at.ts';
import { seeded } from '../../../core/support/seeded.ts';
import { anyText } from '../../../support/pages/any-text.ts';
import { authenticators, validFiles, withConfiguration } from '../support/configuration-dir.ts';

test.each([
  ['PT12H', 43_200],
  ['P30D', 2_592_000],
  ['P1DT12H', 129_600],
  ['PT1H30M5S', 5_405],
  ['P2W', 1_209_600],
  ['PT0S', 0],
  ['P', undefined],
  ['PT', undefined],
  ['P1DT', undefined],
  ['P1M', undefined],
  ['P1Y', undefined],
  ['P1W1D', undefined],
  ['PT1.5H', undefined],
  ['-PT1H', undefined],
  ['pt1h', undefined],
  ['PT1H ', undefined],
  ['P99999999999999999999D', undefined],
])('the duration %s', (text, expected) => {
  expect(durationSeconds(text)).toBe(expected);
});

const variables = { HOST: 'id.test', EMPTY: '', TRICKY: `\${HOST}: [x]` };

test.each<[string, string, number]>([
  ['plain', 'plain', 0],
  [`https://\${HOST}/\${HOST}`, 'https://id.test/id.test', 0],
  [`\${NONE:-3001}`, '3001', 0],
  [`\${EMPTY:-x}`, 'x', 0],
  [`\${NONE:-}`, '', 0],
  [`\${HOST:-x}`, 'id.test', 0],
  [`$\${HOST}`, `\${HOST}`, 0],
  ['$HOST $ {HOST} $', '$HOST $ {HOST} $', 0],
  [`\${TRICKY}`, `\${HOST}: [x]`, 0],
  [`\${NONE}`, `\${NONE}`, 1],
  [`\${EMPTY}`, `\${EMPTY}`, 1],
  [`\${} \${a b} \${1}`, `\${} \${a b} \${1}`, 3],
  [`\${constructor}`, `\${constructor}`, 1],
])('variables in %j', (text, expected, faults) => {
  const result = substituteVariables(text, variables);
  expect([result.text, result.faults.length]).toEqual([expected, faults]);
});

const zonesOf = compileZones({
  office: { cidrs: ['192.0.2.0/24', '2001:db8:1::/48'] },
  host: { cidrs: ['198.51.100.7', '2001:db8::7'] },
  allIPv4: { cidrs: ['0.0.0.0/0'] },
  allIPv6: { cidrs: ['::/0'] },
});

test.each<[string, readonly string[]]>([
  ['192.0.2.0', ['office', 'allIPv4']],
  ['192.0.2.255', ['office', 'allIPv4']],
  ['192.0.3.0', ['allIPv4']],
  ['198.51.100.7', ['host', 'allIPv4']],
  ['198.51.100.8', ['allIPv4']],
  ['::ffff:192.0.2.9', ['office', 'allIPv4']],
  ['::FFFF:c000:0209', ['office', 'allIPv4']],
  ['0:0:0:0:0:ffff:192.0.2.9', ['office', 'allIPv4']],
  ['2001:db8:1:ffff::1', ['office', 'allIPv6']],
  ['2001:DB8:1::1', ['office', 'allIPv6']],
  ['2001:db8:2::1', ['allIPv6']],
  ['2001:db8::7', ['host', 'allIPv6']],
  ['fe80::1%eth0', ['allIPv6']],
])('the zones of %j', (ip, expected) => {
  expect(zonesOf(ip)).toEqual({ zones: expected });
});

test.each(['', 'unknown', '192.0.2', '192.0.2.9:443', '0xc0000209', '192.0.2.09'])(
  'of %j, which is no address, the zones are not known',
  (text) => {
    expect(zonesOf(text)).toEqual({
      isUnknown: true,
      zones: [],
      unknownZones: ['office', 'host', 'allIPv4', 'allIPv6'],
    });
    expect(compileZones({})(text)).toEqual({ isUnknown: true, zones: [] });
    const lookup = () => ({ country: 'AT' });
    const byCountry = compileZones({ home: { cidrs: [], countries: ['AT'] } }, { knows: () => true, lookup });
    expect(byCountry(text)).toEqual({ isUnknown: true, zones: [], unknownZones: ['home'] });
  },
);

test.each<[string, string, readonly unknown[]]>([
  ['a.b', 'names', [1]],
  ['list.*.n', 'every item', [1, 2]],
  ['a|list.*', 'either', [1, { n: 1 }, { n: 2 }, 'x']],
  ['**.n', 'any depth', [1, 2]],
  ['list.1.n', 'an index', [2]],
  ['a.b.c', 'too deep', []],
  ['none.*', 'nothing there', []],
])('values at %s: %s', (pattern, _, expected) => {
  const found = valuesAt({ a: { b: 1 }, list: [{ n: 1 }, { n: 2 }, 'x'] }, pattern);
  expect(found.map(({ value }) => value)).toEqual(expected);
});

test.each([
  ['reauthenticte', ['authenticators', 'reauthenticate', 'any'], 'reauthenticate'],
  ['Factors', ['factors'], 'factors'],
  ['risk', ['users', 'groups', 'network'], undefined],
  ['x'.repeat(10_000), ['users'], undefined],
])('the name nearest to %s', (name, known, expected) => {
  expect(nearestName(name, known)).toBe(expected);
});

test('the LRU cache keeps the entries used last and drops failures, and parallel calls share the work', async () => {
  const made: string[] = [];
  const make = (key: string) => async () => {
    made.push(key);
    if (key === 'bad') throw new Error('no');
    return key.toUpperCase();
  };
  const recent = new LruCache<string>(2);
  expect(
    await Promise.all([recent.get('a', make('a')), recent.get('a', make('a')), recent.get('b', make('b'))]),
  ).toEqual(['A', 'A', 'B']);
  await recent.get('a', make('a'));
  await recent.get('c', make('c'));
  await recent.get('a', make('a'));
  await recent.get('b', make('b'));
  await expect(recent.get('bad', make('bad'))).rejects.toThrow('no');
  await expect(recent.get('bad', make('bad'))).rejects.toThrow('no');
  expect(made).toEqual(['a', 'b', 'c', 'b', 'bad', 'bad']);
});

/** YAML-like text: random text, valid files with parts cut out, doubled or replaced, and random values. */
const noise = fc.oneof(
  anyText({ maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        '- ',
        'name: ',
        'rules:\n',
        '  ',
        '\n',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '!t ',
        '"',
        "'",
        '|',
        '>',
        '#',
        '?',
        ':',
        '---\n',
        '${',
        '}',
        'allow',
        'then: ',
        'null',
        '0x1',
        '~',
        '__proto__: ',
        '<<: ',
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join('')),
  fc.json({ maxDepth: 6 }),
  fc
    .tuple(fc.constantFrom(...Object.values(validFiles)), fc.nat(200), fc.nat(40), anyText({ maxLength: 8 }))
    .map(([text, from, length, insert]) => text.slice(0, from) + insert + text.slice(from + length)),
);

test('no content makes a check throw, and every finding has a place', async () => {
  await withConfiguration(validFiles, async (dir) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(validFiles)), noise, async (file, text) => {
        await writeFile(join(dir, file), text);
        const loaded = await loadConfiguration(dir, { authenticators, variables: {} });
        await writeFile(join(dir, file), validFiles[file] ?? '');
        if (loaded.ok) return;
        expect(loaded.findings.length).toBeGreaterThan(0);
        for (const problem of loaded.findings) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.column).toBeGreaterThanOrEqual(1);
          expect(findingLine(problem)).toMatch(/^\S+:\d+:\d+ \P{Cc}+$/u);
        }
      }),
      seeded(500),
    );
  });
});
