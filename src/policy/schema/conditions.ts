/** `when`: the conditions of a rule. Comes out as `Conditions` of the core. */

import { z } from 'zod';
import type { Conditions } from '../../core/model/conditions.ts';
import type { ExactOptional } from '../../core/model/omit-undefined.ts';
import { closedNotEmpty, listOf, text } from './fields.ts';

const anyAllNone = (what: string) =>
  closedNotEmpty({
    any: listOf(text).optional().describe(`Holds when at least one of these ${what} is there.`),
    all: listOf(text).optional().describe(`Holds when all of these ${what} are there.`),
    none: listOf(text).optional().describe(`Holds when none of these ${what} is there.`),
  });

const anyNone = (what: string) =>
  closedNotEmpty({
    any: listOf(text).optional().describe(`Holds for these ${what}.`),
    none: listOf(text).optional().describe(`Holds for all but these ${what}.`),
  });

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const minutes = z
  .string({ error: 'must be a time of day in quotes, such as "08:00"' })
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, { error: 'must be a time of day between "00:00" and "24:00"' })
  .transform((clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)));

const zone = z.string().refine(isTimeZone, { error: 'is not a time zone of the IANA database, such as Europe/Vienna' });

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const time = closedNotEmpty({
  days: listOf(z.enum(weekdays).transform((day) => weekdays.indexOf(day)))
    .optional()
    .describe('Days of the week: mon, tue, wed, thu, fri, sat, sun.'),
  from: minutes.optional().describe('Start, "HH:MM". When it is after `to`, the span goes over midnight.'),
  to: minutes.optional().describe('End, "HH:MM"; this minute itself is outside.'),
  zone: zone.describe('IANA time zone in which days and times are meant, such as Europe/Vienna.'),
})
  .refine(({ from, to }) => (from === undefined) === (to === undefined), { error: '`from` and `to` go together' })
  .refine(({ from, to }) => from === undefined || from !== to, {
    error: '`from` and `to` are the same: the span is empty',
  })
  .refine(({ days, from }) => days !== undefined || from !== undefined, {
    error: 'says nothing: give `days`, or `from` and `to`',
  });

const attributeValue = z.union([z.string(), z.number(), z.boolean()], {
  error: 'must be a text, a number, true or false',
});

const attributeTest = closedNotEmpty({
  equals: attributeValue.optional().describe('The attribute has this very value.'),
  in: listOf(attributeValue).optional().describe('The attribute has one of these values.'),
  matches: z.string().min(1).optional().describe('`*` stands for any run of characters, everything else for itself.'),
});

export const conditionsSchema = closedNotEmpty({
  users: anyNone('people (user ids or identifiers)').optional().describe('Who it is.'),
  groups: anyAllNone('groups').optional().describe('Groups of the person.'),
  userType: anyNone('user types').optional().describe('User type of the person.'),
  network: anyAllNone('zones').optional().describe('Network zones of the address that the request comes from.'),
  device: closedNotEmpty({
    known: z.boolean().optional().describe('Somebody signed in with this browser before.'),
    platform: listOf(z.enum(['desktop', 'mobile', 'other']))
      .optional()
      .describe('Kind of device.'),
    os: listOf(z.enum(['windows', 'macos', 'linux', 'chromeos', 'ios', 'android', 'other']))
      .optional()
      .describe('Operating system.'),
  })
    .optional()
    .describe('The device, as its browser describes itself. A hint, not a proof.'),
  apps: anyNone('apps (client ids)').optional().describe('App that the person signs in to.'),
  scopes: anyAllNone('scopes').optional().describe('OAuth scopes of the request.'),
  time: time.optional().describe('Time of day and day of the week.'),
  attributes: z
    .record(z.string().regex(/^[A-Za-z]\w{0,63}$/, { error: 'is not the name of an attribute' }), attributeTest)
    .refine((tests) => Object.keys(tests).length > 0, { error: 'says nothing: name an attribute' })
    .optional()
    .describe('Attributes of the profile; all of them must hold.'),
})
  .describe('All of these must hold. Without `when` the rule always applies.')
  .transform((when): Conditions => when as ExactOptional<typeof when>);
