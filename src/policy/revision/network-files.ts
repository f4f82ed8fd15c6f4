/** The MaxMind DB files of a revision on this node: what its zones read from them, and whether they can. */
import type { NetworkFileFault, NetworkFileKind, NetworkFiles, NetworkRecord } from '../../network-data.ts';
import { canonicalAddress } from '../model/canonical-address.ts';
import type { Settings } from '../model/settings.ts';
import { filesOf, type ZoneData } from '../schema/settings/zones.ts';

/** Looks addresses up in the files that a zone needs. */
export function zoneData({ zones, networkData = {} }: Settings, files: NetworkFiles): ZoneData {
  const needed = new Set(Object.values(zones).flatMap(filesOf));
  return {
    knows(kind) {
      const path = networkData[kind];
      return path !== undefined && files.fault(kind, path) === undefined;
    },
    lookup: (ip) => {
      const records = [...needed].map((kind) => {
        const path = networkData[kind];
        return path === undefined ? {} : files.lookup(kind, path, ip);
      });
      return Object.assign({}, ...records) as NetworkRecord;
    },
  };
}

/** The prefix length of the block around this IP address about which each file that a zone needs says one thing. */
export function prefixOf({ zones, networkData = {} }: Settings, files: NetworkFiles, ip: string): number {
  const kinds = new Set(Object.values(zones).flatMap(filesOf));
  const prefixes = [...kinds].map((kind) => {
    const path = networkData[kind];
    return path === undefined ? 0 : files.prefix(kind, path, ip);
  });
  return Math.max(0, ...prefixes);
}

/** Where an address is, as far as the file says. `isUnknown`: the file is there by the settings and cannot be used. */
export interface PlaceOfAddress extends Pick<NetworkRecord, 'country' | 'coordinates'> {
  readonly isUnknown?: true;
}

/** Without a file in the settings every address is nowhere. */
export function placeOf({ networkData }: Settings, files: NetworkFiles, ip: string): PlaceOfAddress {
  const path = networkData?.country;
  if (path === undefined) return {};
  if (files.fault('country', path) !== undefined) return { isUnknown: true };
  const address = canonicalAddress(ip);
  return address === undefined ? {} : (files.lookup('country', path, address) ?? {});
}

/** What is unusual is asked of places (`recordsPlaces`). */
interface Recording {
  readonly recordsPlaces?: true;
}

/** The files that a zone or a condition needs, by kind and path. */
function neededFiles(
  { zones, networkData = {} }: Settings,
  { recordsPlaces }: Recording,
): readonly (readonly [NetworkFileKind, string])[] {
  const needed = new Set([...Object.values(zones).flatMap(filesOf), ...(recordsPlaces ? (['country'] as const) : [])]);
  return [...needed].flatMap((kind) => {
    const path = networkData[kind];
    return path === undefined ? [] : [[kind, path] as const];
  });
}

/** Reads them, so that no request has to. What cannot be read is a `networkFault`. */
export async function openNetworkFiles(settings: Settings, files: NetworkFiles, recording: Recording): Promise<void> {
  for (const [kind, path] of neededFiles(settings, recording)) await files.open(kind, path);
}

/** The first fault of a file that is needed. */
export function networkFault(
  settings: Settings,
  files: NetworkFiles,
  recording: Recording = {},
): NetworkFileFault | undefined {
  const [fault] = neededFiles(settings, recording).flatMap(([kind, path]) => files.fault(kind, path) ?? []);
  return fault;
}

/** Why one of them is not as it is on disk: what is there cannot be used. */
export function networkWarning(
  settings: Settings,
  files: NetworkFiles,
  recording: Recording,
): NetworkFileFault | undefined {
  const [refused] = neededFiles(settings, recording).flatMap(([kind, path]) => files.refused(kind, path) ?? []);
  return refused;
}
