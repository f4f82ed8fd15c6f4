/**
 * Building blocks of the schemas. The messages are written for the administrator, who reads them behind a file and
 * line.
 */

import { z } from 'zod';
import { oneDay, oneHour, oneMinute } from '../../../core/model/durations.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import { durationPattern, durationSeconds, longestDuration } from './durations.ts';
import { laterCheck } from './later-check.ts';

/**
 * An object that takes only these keys. For an unknown key the message of the issue is the list of the known ones
 * (separated by spaces): what prints it makes a sentence of it.
 */
export function closed<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = takenKeys(shape).join(' ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) });
}

/**
 * For `when` of a check that compares parts with each other. Zod checks a whole although parts of it are at fault, and
 * such a part is still as it was written, before its `transform`. The check would throw, or find a second fault.
 */
export function whenSound({ issues }: z.core.ParsePayload): boolean {
  return issues.length === 0;
}

/** Like `closed`, and at least one of the keys must be there: an empty condition or demand would say nothing. */
export function closedNotEmpty<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return closed(shape).refine((value) => Object.keys(value).length > 0, {
    error: `says nothing: give at least one of ${takenKeys(shape).join(', ')}`,
    when: whenSound,
  });
}

/** Without keys that are there to be refused in words of their own (`z.never`). */
function takenKeys(shape: z.core.$ZodLooseShape): readonly string[] {
  const isRefused = (schema: unknown) =>
    schema instanceof z.ZodOptional && (schema as z.ZodOptional).unwrap() instanceof z.ZodNever;
  return Object.keys(shape).filter((member) => !isRefused(shape[member]));
}

/** ISO 8601 duration; comes out in seconds. */
export function duration({ min = 1, max = longestDuration }: { min?: Seconds; max?: Seconds } = {}) {
  return z
    .string({ error: 'must be an ISO 8601 duration such as PT12H or P30D' })
    .regex(durationPattern, {
      error:
        'must be an ISO 8601 duration of weeks, or days, hours, minutes and seconds, such as PT12H, P30D or P1DT12H',
    })
    .transform((written) => durationSeconds(written) ?? Number.POSITIVE_INFINITY)
    .refine((seconds) => seconds >= min, { error: `must be at least ${isoDuration(min)}` })
    .refine((seconds) => seconds <= max, { error: `must be at most ${isoDuration(max)}` });
}

/** A limit as it would be written in a file. */
function isoDuration(seconds: number): string {
  const units = [
    [oneDay, 'P', 'D'],
    [oneHour, 'PT', 'H'],
    [oneMinute, 'PT', 'M'],
  ] as const;
  const [size, before, after] = units.find(([length]) => seconds >= length && seconds % length === 0) ?? [1, 'PT', 'S'];
  return `${before}${seconds / size}${after}`;
}

/** Text that users read: not empty, one line. */
export const text = z
  .string()
  .min(1, { error: 'must not be empty' })
  .max(200, { error: 'must have at most 200 characters' })
  .regex(/^\P{Cc}*$/u, { error: 'must not hold control characters or line breaks' });

/** A name that other files may refer to. */
export const key = z.string().regex(/^[A-Za-z0-9](?:[\w.-]{0,98}[A-Za-z0-9])?$/, {
  error:
    'must be made of letters, digits, ".", "_" and "-", begin and end with a letter or digit, and have at most 100 characters',
});

/** An authenticator, or one method of it. The JSON Schemas list all that there are, for editors to complete. */
export const proofName = key.meta({
  id: 'authenticatorName',
  description: 'An authenticator, such as phone; or one method of it, such as phone.voice.',
});

/** An authenticator. The JSON Schemas list all that there are, for editors to complete. */
export const authenticatorKey = key.meta({ id: 'authenticatorKey', description: 'An authenticator, such as phone.' });

/** What an account policy is about: authenticators and identifiers, which the JSON Schemas list, too. */
export const changedName = key.meta({
  id: 'changedName',
  description: 'An authenticator, or an identifier: email, phone, username.',
});

/** Without repeats, not empty. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1, { error: 'must not be empty' }).refine(isDistinct, namedTwice);
}

/** The same, and it may be empty. */
export function listOrNone<Item extends z.ZodType>(item: Item) {
  return z.array(item).refine(isDistinct, namedTwice);
}

const namedTwice = { error: (issue: { readonly input?: unknown }) => twiceText(issue.input as readonly unknown[]) };

function isDistinct(items: readonly unknown[]): boolean {
  return firstRepeat(items) === undefined;
}

/** The positions of the first two entries that are equal. */
function firstRepeat(items: readonly unknown[]): readonly [number, number] | undefined {
  const written = items.map((entry) => JSON.stringify(entry));
  const again = written.findIndex((entry, index) => written.indexOf(entry) < index);
  return again < 0 ? undefined : [written.indexOf(written[again] as string), again];
}

function twiceText(items: readonly unknown[]): string {
  const [first = 0, again = 0] = firstRepeat(items) ?? [];
  const entry = items[again];
  return typeof entry === 'string' ? `names \`${entry}\` twice` : `says the same in [${first}] and [${again}]`;
}

/** The name of an environment variable. */
export const environmentVariable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be the name of an environment variable' });

/** Absolute https URL, or http on loopback; without user, password and fragment. */
export const secureUrl = z.string().refine((value) => secureUrlFault(value) === undefined, {
  error: (issue) => secureUrlFault(String(issue.input)) ?? 'is not a URL',
});

/** Why this URL is not accepted; `undefined`: it is. */
export function secureUrlFault(value: string): string | undefined {
  if (value.includes('*')) return 'must be one exact URL: wildcards are not supported';
  if (!URL.canParse(value) || /[\s\\]/.test(value)) return 'must be an absolute URL';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (value.includes('#')) return 'must not have a fragment';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'must be https, or http on loopback';
  return isLoopback(url.hostname) ? undefined : 'must be https: http is for loopback addresses only';
}

/** Hosts that never leave the machine. */
export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

const countryNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
/** Codes with a name in Unicode CLDR that are no countries in ISO 3166-1: reserved, of unions, or of its own. */
const noCountries = 'AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' ');
/** Islands of these that have numbers of their own (ITU-T E.164: +247, +290 8). */
const phoneIslands = ['AC', 'TA'];

/** Why this is no country code (ISO 3166-1 alpha-2, and XK); `undefined`: it is one. */
function countryFault(code: string, also: readonly string[]): string | undefined {
  const isCode = /^[a-z]{2}$/i.test(code);
  const written = isCode ? (new Intl.Locale(`und-${code}`).region ?? '') : '';
  const exists = isCode && countryNames.of(written) !== undefined && !noCountries.includes(written);
  if (!exists && !also.includes(written)) return countryForm;
  return written === code ? undefined : `must be written as ${written}`;
}

const countryForm = 'must be the code of a country in two capital letters, such as DE (ISO 3166-1)';

function countryAnd(also: readonly string[]) {
  const error = (issue: { readonly input?: unknown }) => countryFault(String(issue.input), also) ?? countryForm;
  return z
    .string()
    .regex(/^[A-Z]{2}$/, { error, abort: true })
    .refine(
      laterCheck((code: string) => countryFault(code, also) === undefined),
      { error },
    );
}

/** ISO 3166-1 alpha-2, and XK for Kosovo: the codes of GeoIP2 and GeoLite2. */
export const country = countryAnd([]);
/** A country that phone numbers can be of. */
export const phoneCountry = countryAnd(phoneIslands);

/** What `within` and `notWithin` come out as: the one that was given. Both or none is an issue. */
export function eitherBound(
  { within, notWithin }: { readonly within?: number | undefined; readonly notWithin?: number | undefined },
  context: z.core.$RefinementCtx,
) {
  if (within !== undefined && notWithin === undefined) return { within };
  if (notWithin !== undefined && within === undefined) return { notWithin };
  context.addIssue({ code: 'custom', message: 'give either `within` or `notWithin`' });
  return z.NEVER;
}
