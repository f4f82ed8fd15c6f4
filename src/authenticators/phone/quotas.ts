/**
 * How much may be sent to phones, over all accounts. Messages cost money, and toll fraud earns it: fraudsters have
 * codes sent to rows of numbers whose operator shares the fee with them. So messages are counted by number, by block of
 * numbers, by requesting network and by country.
 */
import type { Quota } from '../authenticator.ts';
import type { PhoneNumber } from '../shared/phone-number.ts';
import { networkQuota, perHour } from '../shared/sending-quotas.ts';

/** Messages in an hour: `authenticators.phone.limits` of the settings. */
export interface PhoneLimits {
  readonly number: number;
  readonly prefix: number;
  readonly network: number;
  readonly country: number;
}

/** Last digits of a number that vary within one block: operators get blocks of ten thousand numbers. */
const blockDigits = 4;

/**
 * The country comes last, so that a message which another limit refuses does not count for it. Decoys are counted by
 * network, too; number, block and country are replaced by the identifier that was entered (`unknown`), so that guessing
 * identifiers exhausts no user's messages.
 */
export function phoneQuotas(
  to: PhoneNumber | undefined,
  limits: PhoneLimits,
  { ip, unknown }: { readonly ip: string; readonly unknown: string },
): readonly Quota[] {
  const decoy = `decoy ${unknown}`;
  return [
    networkQuota(ip, limits.network),
    { ...perHour('number', to?.number ?? decoy, limits.number), separateForKnownBrowsers: true },
    perHour('prefix', to?.number.slice(0, -blockDigits) ?? decoy, limits.prefix),
    perHour('country', to?.country ?? decoy, limits.country),
  ];
}
