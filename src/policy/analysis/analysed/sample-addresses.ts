/**
 * One address for each set of network zones that some address is in: the borders of all networks cut the addresses into
 * intervals, and within an interval nothing changes.
 */
import { isIPv4 } from 'node:net';
import type { Universe } from '../../../core/policy/theories/theory.ts';
import type { Settings } from '../../model/settings.ts';
import { compileZones } from '../../schema/settings/zones.ts';

/** Addresses that read well in an example (RFC 5737, RFC 3849). */
const readable = ['203.0.113.7', '198.51.100.7', '192.0.2.7', '2001:db8::7'];

/** The first is in the fewest zones. */
export function sampleAddresses(zones: Settings['zones']): Universe['places'] {
  const zonesOf = compileZones(zones);
  const cidrs = Object.values(zones).flatMap((zone) => zone.cidrs);
  const bySet = new Map<string, Universe['places'][number]>();
  for (const ip of [...readable, ...addressesOf(cidrs, 4), ...addressesOf(cidrs, 6)]) {
    const networks = zonesOf(ip).zones;
    for (const more of zonesByData(zones)) {
      const names = Object.keys(zones).filter((name) => networks.includes(name) || more.includes(name));
      const key = JSON.stringify(names);
      if (!bySet.has(key)) bySet.set(key, { ip, zones: names });
    }
  }
  return [...bySet.values()].sort((a, b) => a.zones.length - b.zones.length);
}

/**
 * The sets of zones that MaxMind DB files can put an address into: it is in one country at most, in one autonomous
 * system at most, and an anonymiser or not. The files say which addresses those are.
 */
function zonesByData(zones: Settings['zones']): readonly (readonly string[])[] {
  const all = Object.entries(zones);
  const countries = new Set(all.flatMap(([, zone]) => zone.countries ?? []));
  const asns = new Set(all.flatMap(([, zone]) => zone.asns ?? []));
  const anonymisers = all.filter(([, zone]) => zone.anonymisers).map(([name]) => name);
  const inCountry = [...countries].map((country) => all.filter(([, zone]) => zone.countries?.includes(country)));
  const inSystem = [...asns].map((asn) => all.filter(([, zone]) => zone.asns?.includes(asn)));
  const sets = [[], ...inCountry].flatMap((some) =>
    [[], ...inSystem].map((others) => [...some, ...others].map(([name]) => name)),
  );
  return anonymisers.length === 0 ? sets : sets.flatMap((names) => [names, [...names, ...anonymisers]]);
}

export interface BlockAddresses {
  readonly addresses: readonly string[];
  /** False: there are more blocks than were looked at. */
  readonly isComplete: boolean;
}

/**
 * An address in each block of the networks of the zones. `prefixOf`: the prefix length of the block around an address,
 * in which all that files say is the same. `most`: blocks that are looked at, in turns of one for each interval between
 * borders of networks, so that a large network leaves some to the others.
 */
export function addressesInBlocks(
  zones: Settings['zones'],
  prefixOf: (ip: string) => number,
  most: number,
): BlockAddresses {
  const zonesOf = compileZones(zones);
  const cidrs = Object.values(zones).flatMap((zone) => zone.cidrs);
  const intervals = ([4, 6] as const)
    .flatMap((family) => intervalsOf(cidrs, family))
    .filter(({ start, family }) => zonesOf(textOf(start, family)).zones.length > 0);
  const addresses: string[] = [];
  let left: readonly Interval[] = intervals;
  while (left.length > 0 && addresses.length < most) {
    const blocks = left.slice(0, most - addresses.length).map((interval) => firstBlock(interval, prefixOf));
    addresses.push(...blocks.map(({ address }) => address));
    left = [...left.slice(blocks.length), ...blocks.flatMap(({ rest }) => rest ?? [])];
  }
  return { addresses, isComplete: left.length === 0 };
}

interface FirstBlock {
  readonly address: string;
  /** Absent: the block reaches to the end of the interval. */
  readonly rest?: Interval;
}

function firstBlock({ start, end, family }: Interval, prefixOf: (ip: string) => number): FirstBlock {
  const size = 1n << (bitsOf[family] - BigInt(prefixOf(textOf(start, family))));
  const next = (start / size + 1n) * size;
  const isWhole = next >= end;
  return {
    address: textOf(hostIn(start, isWhole ? end : next), family),
    ...(!isWhole && { rest: { start: next, end, family } }),
  };
}

const bitsOf = { 4: 32n, 6: 128n } as const;

/** An address in each interval between borders of networks. */
function addressesOf(cidrs: readonly string[], family: 4 | 6): readonly string[] {
  return intervalsOf(cidrs, family).map(({ start, end }) => textOf(hostIn(start, end), family));
}

interface Interval {
  readonly start: bigint;
  /** The first address after it. */
  readonly end: bigint;
  readonly family: 4 | 6;
}

/** Between borders of networks. */
function intervalsOf(cidrs: readonly string[], family: 4 | 6): readonly Interval[] {
  const all = 1n << bitsOf[family];
  const networks = cidrs.filter((cidr) => isIPv4(cidr.split('/')[0] ?? '') === (family === 4));
  const borders = new Set([0n, ...networks.flatMap((cidr) => bordersOf(cidr, family))]);
  const starts = [...borders].filter((border) => border < all).sort((a, b) => (a < b ? -1 : 1));
  return starts.map((start, index) => ({ start, end: starts[index + 1] ?? all, family }));
}

/** Not the address of the network itself, unless there is no other one. */
function hostIn(start: bigint, end: bigint): bigint {
  return start + 1n < end ? start + 1n : start;
}

/** The first address of the network, and the first one after it. */
function bordersOf(cidr: string, family: 4 | 6): readonly bigint[] {
  const [address = '', prefix = String(bitsOf[family])] = cidr.split('/');
  const size = 1n << (bitsOf[family] - BigInt(prefix));
  const first = (numberOf(address, family) / size) * size;
  return [first, first + size];
}

function numberOf(address: string, family: 4 | 6): bigint {
  if (family === 4) return address.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n);
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = '', after] = groups.split('::');
  const [head, tail] = [before, after ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - (head?.length ?? 0) - (tail?.length ?? 0) }, () => '0');
  return [...(head ?? []), ...zeros, ...(tail ?? [])].reduce(
    (number, part) => number * 65_536n + BigInt(`0x${part}`),
    0n,
  );
}

function textOf(number: bigint, family: 4 | 6): string {
  const [count, size] = family === 4 ? [4, 8n] : [8, 16n];
  const parts = Array.from(
    { length: count },
    (_, index) => (number >> (BigInt(count - 1 - index) * size)) & ((1n << size) - 1n),
  );
  if (family === 4) return parts.join('.');
  return new URL(`http://[${parts.map((part) => part.toString(16)).join(':')}]`).hostname.slice(1, -1);
}
