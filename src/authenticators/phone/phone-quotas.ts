/**
 * How much may be sent to phones, whoever asks. Messages cost money, and there are people who earn by it: they have codes sent to rows of
 * numbers whose operator shares the fee with them. So what is counted is the number, the block that it is in, the network that asks, and
 * the country.
 */
import type { Quota } from '../authenticator.ts';
import { networkQuota, perHour } from '../shared/sending-quotas.ts';
import type { PhoneNumber } from './phone-number.ts';

/** Messages in an hour; `authenticators.phone.limits` of the settings. */
export interface PhoneLimits {
  readonly number: number;
  readonly prefix: number;
  readonly network: number;
  readonly country: number;
}

/** Blocks of ten thousand numbers are what operators are given. */
const blockDigits = 4;

/**
 * The country comes last: what another limit refuses does not use it up. Somebody who does not exist is counted by network too; in place
 * of number, block and country stands the name that was typed (`stranger`), so that guessing at names uses up nobody's messages.
 */
export function phoneQuotas(
  to: PhoneNumber | undefined,
  limits: PhoneLimits,
  { ip, stranger }: { readonly ip: string; readonly stranger: string },
): readonly Quota[] {
  const nobody = `nobody ${stranger}`;
  return [
    networkQuota(ip, limits.network),
    { ...perHour('number', to?.number ?? nobody, limits.number), personal: true },
    perHour('prefix', to?.number.slice(0, -blockDigits) ?? nobody, limits.prefix),
    perHour('country', to?.country ?? nobody, limits.country),
  ];
}
