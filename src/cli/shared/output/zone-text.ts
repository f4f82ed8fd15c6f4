/** In which zones a sign-in was. */
import type { Facts } from '../../../core/model/facts.ts';

/** For example `in office`, followed by the zones that could not be checked. */
export function zoneText({ zones, unknownZones = [] }: Pick<Facts['network'], 'zones' | 'unknownZones'>): string {
  const unknown = unknownZones.length === 0 ? [] : [`not known whether in ${unknownZones.join(', ')}`];
  const known = zones.length === 0 ? 'in no zone' : `in ${zones.join(', ')}`;
  return [...(zones.length === 0 && unknown.length > 0 ? [] : [known]), ...unknown].join('; ');
}
