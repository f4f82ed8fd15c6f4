/** What a revision says of the address and the device of a request. */
import type { NetworkFileFault, NetworkFiles } from '../../network-data.ts';
import { signalHeaders } from '../model/device-signals.ts';
import type { Settings } from '../model/settings.ts';
import { compileZones, type ZonesOfAddress } from '../schema/settings/zones.ts';
import { compileDeviceSignals, type DeviceReader } from './device-signals.ts';
import type { Manifest } from './document-store.ts';
import { networkFault, networkWarning, type PlaceOfAddress, placeOf, prefixOf, zoneData } from './network-files.ts';

export interface RequestReader {
  /** The zones that hold this address; none when it is not an IP address. */
  zonesOf(ip: string): ZonesOfAddress;
  /** The prefix length of the block around this IP address in which the zones by files are the same. */
  prefixOf(ip: string): number;
  /** Where this address is; nowhere when the file does not say. */
  placeOf(ip: string): PlaceOfAddress;
  /** What is believed about the device of a request. */
  readonly deviceSignals: DeviceReader;
  /** Headers that may hold signals of it, in lower case. */
  readonly signalHeaders: readonly string[];
  /** Why a file that a zone or a condition needs cannot be used on this node. `undefined`: all can. */
  networkFault(): NetworkFileFault | undefined;
  /** Why such a file is used as it was before. `undefined`: all are as they are on disk. */
  networkWarning(): NetworkFileFault | undefined;
}

/** Made once for a revision. `recording`: what its policies ask about the past. */
export function requestReader(
  settings: Settings,
  files: NetworkFiles,
  recording: Pick<Manifest, 'recordsPlaces'>,
): RequestReader {
  return {
    zonesOf: compileZones(settings.zones, zoneData(settings, files)),
    prefixOf: (ip) => prefixOf(settings, files, ip),
    placeOf: (ip) => placeOf(settings, files, ip),
    signalHeaders: signalHeaders(settings.deviceSignals),
    deviceSignals: compileDeviceSignals(settings.deviceSignals, settings.issuer),
    networkFault: () => networkFault(settings, files, recording),
    networkWarning: () => networkWarning(settings, files, recording),
  };
}
