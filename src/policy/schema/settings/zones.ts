/** Network zones: which of them contain an address. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { NetworkFileKind, NetworkRecord } from '../../../network-data.ts';
import { canonicalAddress, mappedIPv4 } from '../../model/canonical-address.ts';
import type { Settings, Zone } from '../../model/settings.ts';

/** Why this is not a network in CIDR notation (RFC 4632, RFC 4291 section 2.3) or an address; `undefined`: it is. */
export function cidrFault(text: string): string | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || rest.length > 0) return 'is not a network such as 192.0.2.0/24 or 2001:db8::/48';
  if (family === 6 && mappedIPv4(address) !== undefined) return 'is an IPv4-mapped address: write it as IPv4';
  if (prefix === undefined) return undefined;
  const bits = family === 4 ? 32 : 128;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? undefined : `must have a prefix of 0 to ${bits}`;
}

/** What the zones of one address depend on besides their networks. */
export interface ZoneData {
  /** Of a file that cannot be used: false. */
  readonly knows: (kind: NetworkFileKind) => boolean;
  /** By all files of the settings. */
  readonly lookup: (ip: string) => NetworkRecord;
}

/**
 * The zones that hold an address, and those of which that is not known, since a file cannot be used or the text is no
 * address.
 */
export interface ZonesOfAddress {
  readonly zones: readonly string[];
  /** Absent: none. */
  readonly unknownZones?: readonly string[];
  /** The text is no address. */
  readonly isUnknown?: true;
}

const noData: ZoneData = { knows: () => false, lookup: () => ({}) };

/**
 * A matcher over all zones, made once. Of a text that is no address, no zone is known (Law 4). An address that no file
 * knows is in none of the zones that need a file.
 */
export function compileZones(zones: Settings['zones'], data: ZoneData = noData): (ip: string) => ZonesOfAddress {
  const ofAddress = zonesOfAddresses(zones, data);
  const names = Object.keys(zones);
  const notKnown: ZonesOfAddress = { isUnknown: true, zones: [], ...(names.length > 0 && { unknownZones: names }) };
  return (ip) => {
    const address = canonicalAddress(ip);
    return address === undefined ? notKnown : ofAddress(address);
  };
}

function zonesOfAddresses(zones: Settings['zones'], data: ZoneData): (address: string) => ZonesOfAddress {
  const within = compileNetworks(zones);
  const others = Object.entries(zones).filter(
    ([, { countries, asns, anonymisers }]) => countries || asns || anonymisers,
  );
  if (others.length === 0) return (address) => ({ zones: within(address) });
  return (address) => {
    const networks = within(address);
    const record = data.lookup(address);
    const rest = others.filter(([name]) => !networks.includes(name));
    const inside = rest.filter(([, zone]) => isInside(zone, record)).map(([name]) => name);
    const unknown = rest
      .filter(([name, zone]) => !inside.includes(name) && !knowsAll(zone, data))
      .map(([name]) => name);
    return { zones: [...networks, ...inside], ...(unknown.length > 0 && { unknownZones: unknown }) };
  };
}

function isInside({ countries, asns, anonymisers }: Zone, { country, asn, anonymiser }: NetworkRecord): boolean {
  const isThere = country !== undefined && countries?.includes(country) === true;
  return (
    isThere || (asn !== undefined && asns?.includes(asn) === true) || (anonymisers === true && anonymiser === true)
  );
}

/** The files that the zone needs. */
export function filesOf({ countries, asns, anonymisers }: Zone): readonly NetworkFileKind[] {
  return [
    ...(countries ? (['country'] as const) : []),
    ...(asns ? (['asn'] as const) : []),
    ...(anonymisers ? (['anonymiser'] as const) : []),
  ];
}

function knowsAll(zone: Zone, { knows }: ZoneData): boolean {
  return filesOf(zone).every(knows);
}

function compileNetworks(zones: Settings['zones']): (address: string) => readonly string[] {
  const lists = Object.entries(zones).map(([name, { cidrs }]) => ({
    name,
    ipv4: blockList(cidrs, 'ipv4'),
    ipv6: blockList(cidrs, 'ipv6'),
  }));
  const zonesOf = (address: string): readonly string[] => {
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    return lists.filter((zone) => zone[family].check(address, family)).map(({ name }) => name);
  };
  // A request asks about its own address again and again.
  let last: { readonly address: string; readonly zones: readonly string[] } | undefined;
  return (address) => {
    if (last?.address !== address) last = { address, zones: zonesOf(address) };
    return last.zones;
  };
}

/** An address as it is shown to users: with the labels of the zones that contain it. Not for decisions. */
export function addressPlaceText(
  { settings, zonesOf }: { readonly settings: Pick<Settings, 'zones'>; zonesOf(ip: string): ZonesOfAddress },
  ip: string,
): string {
  const labels = zonesOf(ip).zones.flatMap((name) => settings.zones[name]?.label ?? []);
  return labels.length > 0 ? `${ip} (${labels.join(', ')})` : ip;
}

/** One list per family: in a common one an IPv4 address would match `::/0` as a mapped address. */
function blockList(cidrs: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    if (isIPv4(address) !== (family === 'ipv4')) continue;
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
