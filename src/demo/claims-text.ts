/** The meaning of an `acr` value. The values are those of the provider's `acr_values_supported`. */
const acrTexts: ReadonlyMap<string, string> = new Map([
  ['urn:okta:loa:1fa:any', 'One proof of who you are.'],
  ['urn:okta:loa:1fa:pwd', 'One proof of who you are: your password.'],
  ['urn:okta:loa:2fa:any', 'Two different kinds of proof of who you are.'],
  ['urn:okta:loa:2fa:any:ifpossible', 'Two different kinds of proof if you have two, else one.'],
  ['phr', 'A proof that a fake sign-in page cannot steal.'],
  ['phrh', 'A proof that a fake sign-in page cannot steal, from a key kept in hardware.'],
]);

/** The meaning of an `amr` value (RFC 8176 section 2; `email` is the provider's own). */
const amrTexts: ReadonlyMap<string, string> = new Map([
  ['email', 'You entered a code, or opened a link, that was mailed to you.'],
  ['face', 'Your face was recognized.'],
  ['fpt', 'Your fingerprint was recognized.'],
  ['hwk', 'A key kept in hardware signed for you.'],
  ['kba', 'You answered a question that only you should be able to answer.'],
  ['mca', 'You used more than one way to reach you.'],
  ['mfa', 'Two different kinds of proof were combined.'],
  ['otp', 'You entered a one-time code.'],
  ['pin', 'You entered a PIN, or the pattern that unlocks your device.'],
  ['pop', 'Your device proved that it holds your key.'],
  ['pwd', 'You entered your password.'],
  ['sms', 'You entered a code that was sent to your phone as a text message.'],
  ['swk', 'A key kept in software signed for you.'],
  ['tel', 'You entered a code that you were told in a phone call.'],
  ['user', 'You showed that you were there, for example by touching your key.'],
]);

/** The `acr` for two distinct factor types. */
export const twoFactorAcr = 'urn:okta:loa:2fa:any';

export function acrText(acr: string | undefined): string {
  if (acr === undefined) return 'The provider did not say.';
  return acrTexts.get(acr) ?? 'This demo does not know that level.';
}

export function amrText(value: string): string {
  return amrTexts.get(value) ?? 'This demo does not know that method.';
}

const units = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/**
 * "3 minutes ago", in the largest unit that fits.
 *
 * @param then seconds since the epoch; the near future counts as now, because clocks differ
 * @param now seconds since the epoch
 */
export function agoText(then: number, now: number): string {
  const age = Math.floor(now - then);
  const fitting = units.find(({ seconds }) => age >= seconds);
  return fitting === undefined ? 'just now' : relative.format(-Math.floor(age / fitting.seconds), fitting.unit);
}

const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'medium', timeZone: 'UTC' });

/** "24 November 2026 at 15:31:02 UTC" for a time in seconds since the epoch. */
export function dateText(seconds: number): string {
  return `${dateTime.format(new Date(seconds * 1000))} UTC`;
}
