/** `networkData` and `zones` in `stepgate.yaml`: files that say where addresses are, and names for networks. */
import { z } from 'zod';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import type { Zone } from '../../model/settings.ts';
import { closedNotEmpty, country, key, listOf, text, whenSound } from '../fields/fields.ts';
import { cidrFault } from './zones.ts';

export const cidr = z.string().refine((value) => cidrFault(value) === undefined, {
  error: (issue) => cidrFault(String(issue.input)) ?? 'is not a CIDR',
});

const zoneName = key.describe('Name of the zone; conditions refer to it.');

const networkFile = (what: string) =>
  z
    .string()
    .regex(/^\/.*\.mmdb$/, { error: 'must be an absolute path that ends in .mmdb' })
    .optional()
    .describe(what);

export const networkData = closedNotEmpty({
  country: networkFile('GeoLite2 or GeoIP2 Country or City: for `countries`. City also knows distances.'),
  asn: networkFile('GeoLite2 ASN or GeoIP2 ISP: for `asns`.'),
  anonymiser: networkFile('GeoIP2 Anonymous IP: for `anonymisers`.'),
}).transform((paths) => paths as ExactOptional<typeof paths>);

/** By member of a zone: the file that it needs. */
const fileOfMember = { countries: 'country', asns: 'asn', anonymisers: 'anonymiser' } as const;

export const zones = z
  .record(
    zoneName,
    closedNotEmpty({
      cidrs: listOf(cidr).optional().describe('IPv4 and IPv6 networks, such as 192.0.2.0/24.'),
      countries: listOf(country)
        .optional()
        .describe('Countries (ISO 3166-1 alpha-2, and XK for Kosovo), by `networkData.country`.'),
      asns: listOf(z.int().min(1).max(4_294_967_295))
        .optional()
        .describe('Numbers of autonomous systems, by `networkData.asn`.'),
      anonymisers: z
        .literal(true, { error: 'can only be true: leave it out when they are not meant' })
        .optional()
        .describe('VPNs, proxies, Tor and hosting, by `networkData.anonymiser`.'),
      label: text
        .optional()
        .describe(
          'What users call it, such as "Office in Vienna". Shown with the address in messages and on the page of a link. Without it no user sees the zone.',
        ),
    })
      .refine(({ label: _, ...zone }) => Object.keys(zone).length > 0, {
        error: 'holds no address: give cidrs, countries, asns or anonymisers',
        when: whenSound,
      })
      .transform(({ cidrs = [], ...zone }): Zone => ({ cidrs, ...(zone as ExactOptional<typeof zone>) })),
  )
  .default({})
  .describe('Network zones by name. An address is in a zone if one of its members says so.');

/** What `checkZoneFiles` reads of the settings. */
interface WithZones {
  readonly zones: Readonly<Record<string, Zone>>;
  readonly networkData?: z.output<typeof networkData> | undefined;
}

/** A zone that needs a file has one. */
export function checkZoneFiles(input: WithZones, context: z.core.$RefinementCtx<WithZones>): void {
  for (const [name, zone] of Object.entries(input.zones)) {
    for (const [member, file] of Object.entries(fileOfMember)) {
      if (!(member in zone) || input.networkData?.[file] !== undefined) continue;
      const message = `needs a MaxMind DB file: name one in \`networkData.${file}\``;
      context.addIssue({ code: 'custom', path: ['zones', name, member], message, params: { isSetting: true } });
    }
  }
}
