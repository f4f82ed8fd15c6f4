/** Whether a MaxMind DB file is whole: what the check finds, and what a file that passes it can be relied on for. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Reader, type Response } from 'mmdb-lib';
import { checkNetworkFile } from '../../src/network-file-check.ts';
import { seeded } from '../core/support/seeded.ts';
import { mmdb } from '../support/values/mmdb-writer.ts';

/** Runs the check to its end. The message of what it found. */
function found(content: Buffer, form: Parameters<typeof checkNetworkFile>[1]): string {
  try {
    for (const _ of checkNetworkFile(content, form));
    return 'good';
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as RangeError).message;
  }
}

const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/** A tree with branches of 24 bits, and data. `nodes`: left and right; `data+3` is byte 3 of the data. */
function fileOf(nodes: readonly (readonly [string | number, string | number])[], data: readonly number[]): Buffer {
  const branch = (to: string | number) =>
    typeof to === 'number' ? to : nodes.length + 16 + Number(to.replace('data', '') || 0);
  const tree = nodes.flat().map((to) => {
    const bytes = Buffer.alloc(3);
    bytes.writeUIntBE(branch(to), 0, 3);
    return bytes;
  });
  return Buffer.concat([...tree, Buffer.alloc(16), Buffer.from(data), marker]);
}

const formOf = (nodeCount: number, treeDepth = 32) => ({
  nodeCount,
  recordSize: 24,
  treeDepth,
  searchTreeSize: nodeCount * 6,
});

const text = (of: string) => [0x40 | of.length, ...Buffer.from(of)];
const aMap = [0xe0];
const mapOf = (...value: readonly number[]) => [0xe1, ...text('a'), ...value];

describe('the data', () => {
  test.each<[string, readonly number[]]>([
    ['an empty map', aMap],
    ['a text', mapOf(0x4b, ...Buffer.from('Österreich'))],
    ['a double', mapOf(0x68, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['a float', mapOf(0x04, 8, 0, 0, 0, 0)],
    ['a boolean', mapOf(0x01, 7)],
    [
      'integers',
      mapOf(
        0x06,
        4,
        0xa2,
        0,
        1,
        0xc4,
        0,
        0,
        0,
        1,
        0x04,
        1,
        0,
        0,
        0,
        1,
        0x08,
        2,
        ...new Array(8).fill(1),
        0xc0,
        0xc0,
        0xc0,
      ),
    ],
    ['bytes', mapOf(0x82, 0xff, 0xff)],
    ['a pointer to a name and to a text', [0xe2, ...text('a'), ...text('b'), 0x20, 3, 0x20, 3]],
    ['a text of 300 bytes', mapOf(0x5e, 0, 15, ...new Array(300).fill(0x61))],
  ])('may have %s', (_, data) => {
    expect(found(fileOf([['data', 'data']], data), formOf(1))).toBe('good');
  });

  test.each<[string, readonly number[], string]>([
    ['a record that is a text', text('a'), 'a record that is no map'],
    ['a map without its values', [0xe1, ...text('a')], 'the data end'],
    ['a text that goes on beyond the end', mapOf(0x45, 0x61), 'no value'],
    ['bytes that are no UTF-8', mapOf(0x42, 0xc3, 0x28), 'no text'],
    ['a name that is a number', [0xe1, 0xa1, 1, 0xa1, 1], 'no name'],
    ['a pointer to a name that is a number', [0xe2, ...text('a'), 0xa1, 1, 0x20, 3, 0xa1, 1], 'no name'],
    ['a pointer beyond the end', mapOf(0x20, 200), 'outside the data, or in a circle'],
    ['a map within itself', mapOf(0x20, 0), 'outside the data, or in a circle'],
    ['an integer of five bytes', mapOf(0xc5, 0, 0, 0, 0, 0), 'no value'],
    ['a double of four bytes', mapOf(0x64, 0, 0, 0, 0), 'no value'],
    ['a boolean of two', mapOf(0x02, 7), 'no value'],
    ['a type that does not exist', mapOf(0x00, 9), 'no value'],
    ['a type of the first eight in a second byte', mapOf(0x00, 0), 'no type'],
    ['an end marker', mapOf(0x00, 6), 'no value'],
    ['more levels than any record has', [...new Array(101).fill(mapOf()).flat(), ...aMap], 'too many values'],
    ['more values than any record has', mapOf(0x1f, 4, 0, 0, 0, ...new Array(66_000).fill(0xa0)), 'too many values'],
  ])('may not have %s', (_, data, message) => {
    expect(found(fileOf([['data', 'data']], data), formOf(1))).toBe(message);
  });
});

describe('the tree', () => {
  test.each<[string, Parameters<typeof fileOf>[0]]>([
    ['nothing in it', [[1, 1]]],
    [
      'one node below both branches',
      [
        [1, 1],
        ['data', 'data'],
      ],
    ],
    [
      'one node below nodes of two levels',
      [
        [1, 2],
        [2, 3],
        ['data', 3],
      ],
    ],
  ])('may have %s', (_, nodes) => {
    expect(found(fileOf(nodes, aMap), formOf(nodes.length))).toBe('good');
  });

  test.each<[string, Parameters<typeof fileOf>[0], string]>([
    ['a branch into the separator', [['data-1', 'data']], 'no record'],
    ['a branch beyond the data', [['data', 'data1']], 'no record'],
    [
      'a node that leads back to the first',
      [
        [1, 'data'],
        [0, 'data'],
      ],
      'too deep, or in a circle',
    ],
    [
      'a node that leads to itself',
      [
        [1, 'data'],
        [1, 'data'],
      ],
      'too deep, or in a circle',
    ],
    [
      'a node that nothing leads to',
      [
        ['data', 'data'],
        ['data', 'data'],
      ],
      'nodes that no address leads to',
    ],
  ])('may not have %s', (_, nodes, message) => {
    expect(found(fileOf(nodes, aMap), formOf(nodes.length))).toBe(message);
  });

  test.each([
    [32, 'good'],
    [33, 'too deep, or in a circle'],
  ])('%i nodes below one another, for addresses of 32 bits', (count, expected) => {
    const down = Array.from({ length: count }, (_, at) => [at + 1, 'data'] as const);
    expect(found(fileOf(down, aMap), formOf(count))).toBe(expected);
    // The second way to the last nodes is the longer one.
    const other = [[2, 1] as const, [2, 'data'] as const, ...down.slice(2)];
    expect(found(fileOf(other, aMap), formOf(count))).toBe(expected);
  });

  test('is followed by zeros, by data and by metadata', () => {
    const good = fileOf([['data', 'data']], aMap);
    expect(found(good.subarray(0, -1), formOf(1))).toBe('no tree');
    expect(found(good.subarray(1), formOf(1))).toBe('no tree');
    expect(found(good, formOf(2))).toBe('no tree');
    expect(found(good, formOf(0))).toBe('no tree');
    expect(found(good, formOf(1, 4))).toBe('no tree');
  });
});

const entries = Object.fromEntries(
  Array.from({ length: 40 }, (_, at) => [
    at % 4 === 0 ? `2001:db8:${at}::/48` : `${at * 5}.${at}.0.0/16`,
    { country: { iso_code: 'AT', names: { en: `Austria ${at}` } }, location: { latitude: at, longitude: 16.4 } },
  ]),
);
const addresses = Object.keys(entries).map((network) => network.replace(/\/.*/, '').replace(/::$/, '::1'));

test.each([24, 28, 32] as const)(
  'whatever is damaged of a file with %i bits: all can be looked up in what passes',
  (recordSize) => {
    const good = mmdb('GeoLite2-City', entries, recordSize);
    expect(found(good, new Reader<Response>(good).metadata)).toBe('good');
    expect(addresses.map((ip) => new Reader<Response>(good).get(ip))).not.toContain(null);
    const end = good.lastIndexOf(marker);
    const place = fc.integer({ min: 0, max: end - 1 });
    fc.assert(
      fc.property(place, fc.uint8Array({ minLength: 1, maxLength: 40 }), (from, bytes) => {
        const content = Buffer.from(good);
        content.set(bytes.subarray(0, end - from), from);
        const reader = new Reader<Response>(content);
        if (found(content, reader.metadata) !== 'good') return;
        for (const ip of addresses) expect(typeof reader.get(ip)).toBe('object');
      }),
      seeded(2_000),
    );
  },
);

test('damage of more than a few bytes is nearly always found in the tree', () => {
  const good = mmdb('GeoLite2-City', entries, 28);
  const { metadata } = new Reader<Response>(good);
  const missed = fc
    .sample(
      fc.tuple(
        fc.integer({ min: 0, max: metadata.searchTreeSize - 21 }),
        fc.uint8Array({ minLength: 21, maxLength: 21 }),
      ),
      {
        numRuns: 500,
        seed: 7,
      },
    )
    .filter(([from, bytes]) => {
      const content = Buffer.from(good);
      content.set(bytes, from);
      return found(content, metadata) === 'good' && !content.equals(good);
    });
  expect(missed.length).toBe(0);
});
