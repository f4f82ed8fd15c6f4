/** The MaxMind DB files of a revision on this node: what its zones read from them, and whether they can. */
import { isIP } from 'node:net';
import { faultText, type NetworkFileKind, type NetworkFiles, type NetworkRecord } from '../../network-data.ts';
import type { Settings } from '../model/settings.ts';
import { filesOf, type ZoneData } from '../schema/settings/zones.ts';

const kinds = ['country', 'asn', 'anonymiser'] as const satisfies readonly NetworkFileKind[];

/** Looks addresses up in the files that the settings name. Files are read only if a zone needs one. */
export function zoneData({ networkData = {} }: Settings, files: NetworkFiles): ZoneData {
  return {
    knows(kind) {
      const path = networkData[kind];
      return path !== undefined && files.fault(kind, path) === undefined;
    },
    lookup: (ip) => {
      const records = kinds.map((kind) => {
        const path = networkData[kind];
        return path === undefined ? {} : files.lookup(kind, path, ip);
      });
      return Object.assign({}, ...records) as NetworkRecord;
    },
  };
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
  return isIP(ip) === 0 ? {} : (files.lookup('country', path, ip) ?? {});
}

/** The first fault of a file that a zone needs, or what is unusual (`recordsPlaces`). */
export function networkFault(
  { zones, networkData = {} }: Settings,
  files: NetworkFiles,
  { recordsPlaces }: { readonly recordsPlaces?: true } = {},
): string | undefined {
  const needed = new Set([...Object.values(zones).flatMap(filesOf), ...(recordsPlaces ? (['country'] as const) : [])]);
  for (const kind of needed) {
    const path = networkData[kind];
    const fault = path === undefined ? undefined : files.fault(kind, path);
    if (fault !== undefined) return faultText(fault);
  }
  return undefined;
}
