/** The time zone of a profile: the attribute and claim `zoneinfo` (OpenID Connect Core section 5.1). */

/** IANA, as the schema lets it be written. `undefined`: the profile has none. */
export function timeZoneOf({ zoneinfo }: { readonly [attribute: string]: unknown }): string | undefined {
  return typeof zoneinfo === 'string' && zoneinfo !== '' ? zoneinfo : undefined;
}
