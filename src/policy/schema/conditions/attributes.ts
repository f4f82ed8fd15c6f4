/** The condition `attributes` as it is written in a file. */
import { z } from 'zod';
import { composedName } from '../../../core/model/composed-name.ts';
import type { AttributeTest, AttributeValue, DateBound, ValueTest } from '../../../core/model/conditions.ts';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import { dateSpan } from '../../../core/policy/values/date-bound.ts';
import { durationSeconds } from '../fields/durations.ts';
import { closedNotEmpty, listOf, whenSound } from '../fields/fields.ts';

const attributeValue = z.union([z.string(), z.number(), z.boolean()], {
  error: 'must be a text, a number, true or false',
});

/** As a profile has it. */
function storedForm(value: AttributeValue): AttributeValue {
  return typeof value === 'string' ? composedName(value) : value;
}

const dateFault =
  'must be a date such as 2027-01-31, a time such as 2027-01-31T18:00:00+01:00, `now`, or `now` and a duration such as now-P30D';

/** `undefined`: it is none. */
function boundOf(written: string): DateBound | undefined {
  const span = dateSpan(written);
  if (span !== undefined) return { written, ...span };
  const [, sign, length] = /^now(?:([+-])(P\w+))?$/.exec(written) ?? [];
  if (!written.startsWith('now') || (written !== 'now' && sign === undefined)) return undefined;
  const seconds = length === undefined ? 0 : durationSeconds(length);
  return seconds === undefined ? undefined : { written, fromNow: sign === '-' ? -seconds : seconds };
}

const date = z.string({ error: dateFault }).transform((written, context): DateBound => {
  const bound = boundOf(written);
  if (bound !== undefined) return bound;
  context.addIssue({ code: 'custom', message: dateFault });
  return z.NEVER;
});

const number = (what: string) => z.number({ error: 'must be a number' }).optional().describe(what);

const valueTests = {
  equals: attributeValue.transform(storedForm).optional().describe('The attribute has this value.'),
  in: listOf(attributeValue)
    .transform((values) => [...new Set(values.map(storedForm))])
    .optional()
    .describe('The attribute has one of these values.'),
  matches: z
    .string()
    .min(1)
    .transform((pattern) => pattern.normalize('NFC'))
    .optional()
    .describe('`*` matches any run of characters, every other character only itself.'),
  atLeast: number('A number that is this one or greater.'),
  above: number('A number that is greater than this one.'),
  atMost: number('A number that is this one or less.'),
  below: number('A number that is less than this one.'),
  before: date.optional().describe('A date that is over when this one begins; `now` means at the time of the sign-in.'),
  after: date.optional().describe('A date that begins when this one is over; `now` means at the time of the sign-in.'),
};

const attributeTest = closedNotEmpty({
  ...valueTests,
  present: z.boolean().optional().describe('Whether there is a value at all.'),
  not: closedNotEmpty(valueTests)
    .transform((test): ValueTest => test as ExactOptional<typeof test>)
    .optional()
    .describe('Holds unless the value meets all of this. Without a value it holds, too.'),
})
  .refine((test) => test.present !== false || Object.keys(test).length === 1, {
    error: 'asks for the value of an attribute that has none: leave out everything except `present: false`',
    when: whenSound,
  })
  .transform((test): AttributeTest => test as ExactOptional<typeof test>);

export const attributesSchema = z
  .record(z.string().regex(/^[A-Za-z]\w{0,63}$/, { error: 'is not the name of an attribute' }), attributeTest)
  .refine((tests) => Object.keys(tests).length > 0, { error: 'says nothing: name an attribute' })
  .optional()
  .describe('Attributes of the profile; all of them must hold.');
