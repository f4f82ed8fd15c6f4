/**
 * Limits for messages to phones, over all accounts. Messages cost money, which attracts toll fraud: fraudsters request
 * codes for series of numbers whose operator shares the fees with them. Messages are therefore counted by number, by
 * block of numbers, by requesting network and by country.
 */
import type { Quota } from '../authenticator.ts';
import type { PhoneNumber } from '../shared/phone-number.ts';
import { networkQuota, perHour } from '../shared/sending-quotas.ts';

/** Messages per hour: `authenticators.phone.limits` of the settings. */
export interface PhoneLimits {
  readonly number: number;
  readonly prefix: number;
  readonly network: number;
  readonly country: number;
}

/** How many of the last digits vary within a block: operators get blocks of ten thousand numbers. */
const blockDigits = 4;

/**
 * The country comes last, so that a message refused by another limit does not count for it. Decoys are counted by
 * network as well. Number, block and country are replaced by the entered identifier (`unknown`), so that guessing
 * identifiers uses up no real user's messages.
 */
export function phoneQuotas(
  to: PhoneNumber | undefined,
  limits: PhoneLimits,
  { ip, unknown }: { readonly ip: string; readonly unknown: string },
): readonly Quota[] {
  const decoy = `decoy ${unknown}`;
  return [
    networkQuota(ip, limits.network),
    { ...perHour('number', to?.number ?? decoy, limits.number), separateForUsedBrowsers: true },
    perHour('prefix', to?.number.slice(0, -blockDigits) ?? decoy, limits.prefix),
    perHour('country', to?.country ?? decoy, limits.country),
  ];
}
