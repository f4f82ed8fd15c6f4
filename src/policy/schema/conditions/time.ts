/** The condition `time` as it is written in a file. Comes out with days as numbers and times as minutes. */
import { z } from 'zod';
import { localTimeIn } from '../../../core/policy/values/local-time.ts';
import { closedNotEmpty, listOf, whenSound } from '../fields/fields.ts';

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const minutes = z
  .string({ error: 'must be a time of day in quotes, such as "08:00"' })
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, { error: 'must be a time of day between "00:00" and "24:00"' })
  .transform((clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)));

const zone = z.string().refine(isTimeZone, { error: 'is not a time zone of the IANA database, such as Europe/Vienna' });

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return localTimeIn(name) !== undefined;
  } catch {
    return false;
  }
}

export const timeSchema = closedNotEmpty({
  days: listOf(z.enum(weekdays).transform((day) => weekdays.indexOf(day)))
    .optional()
    .describe('Days of the week: mon, tue, wed, thu, fri, sat, sun.'),
  from: minutes.optional().describe('Start, "HH:MM". When it is after `to`, the span goes over midnight.'),
  to: minutes.optional().describe('End, "HH:MM"; this minute itself is outside.'),
  zone: zone.describe('IANA time zone of the days and times, such as Europe/Vienna.'),
})
  .refine(({ from, to }) => (from === undefined) === (to === undefined), {
    error: '`from` and `to` go together',
    when: whenSound,
  })
  .refine(({ from, to }) => from === undefined || from !== to, {
    error: '`from` and `to` are the same: the span is empty',
    when: whenSound,
  })
  .refine(({ days, from }) => days !== undefined || from !== undefined, {
    error: 'says nothing: give `days`, or `from` and `to`',
    when: whenSound,
  })
  .optional()
  .describe('Time of day and day of the week.');
