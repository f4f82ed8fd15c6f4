/** Addresses in the blocks of networks: the work is bounded for all networks together. */
import { expect, test } from '@jest/globals';
import { addressesInBlocks } from '../../../../../src/policy/analysis/analysed/sample-addresses.ts';

const networks = (count: number, prefix: number) => ({
  office: { cidrs: Array.from({ length: count }, (_, index) => `10.${2 * index}.0.0/${prefix}`) },
});

function looked(zones: ReturnType<typeof networks>, most: number) {
  let asked = 0;
  const prefixOf = () => {
    asked += 1;
    return 24;
  };
  return { ...addressesInBlocks(zones, prefixOf, most), asked };
}

test('an address in each block of each network', () => {
  const { addresses, isComplete, asked } = looked(networks(2, 23), 100);
  expect(addresses.toSorted()).toEqual(['10.0.0.1', '10.0.1.1', '10.2.0.1', '10.2.1.1']);
  expect({ isComplete, asked }).toEqual({ isComplete: true, asked: 4 });
  expect(looked(networks(2, 23), 4).isComplete).toBe(true);
});

test('one limit for all networks together, of which each has its share', () => {
  const { addresses, isComplete, asked } = looked(networks(100, 16), 300);
  expect({ isComplete, asked, found: addresses.length }).toEqual({ isComplete: false, asked: 300, found: 300 });
  expect(new Set(addresses.map((ip) => ip.split('.')[1])).size).toBe(100);
  expect(looked(networks(100, 16), 50)).toMatchObject({ isComplete: false, asked: 50 });
});

test('a large network leaves some to a small one, and takes what the small one does not need', () => {
  const zones = { office: { cidrs: ['10.0.0.0/16', '10.2.0.0/24'] } };
  const { addresses, isComplete } = looked(zones, 257);
  expect({ isComplete, found: addresses.length }).toEqual({ isComplete: true, found: 257 });
  expect(looked(zones, 256)).toMatchObject({ isComplete: false, asked: 256 });
  expect(looked(zones, 256).addresses).toContain('10.2.0.1');
});
