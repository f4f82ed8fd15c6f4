/** The user of a policy test, as it is written. */
import { z } from 'zod';
import { userId } from '../../core/policy/conditions/users.ts';
import { userName } from './conditions/users.ts';
import { composedText, someNames } from './fields/composed-names.ts';
import { closed, duration, whenSound } from './fields/fields.ts';

const userIdText = z.string().regex(userId, {
  error: 'must be the id of a user, 22 letters, digits, - and _, as `users show` has it',
});

/** `keys`: of the authenticators. `enrolled`: the schema of what a user may have. */
export function testedUserSchema<Enrolled extends z.ZodType<string[]>>(keys: readonly string[], enrolled: Enrolled) {
  return closed({
    id: userIdText
      .optional()
      .describe('Id of the user. Default: one that no rule names; in `always`, `never` and `depends`: any.'),
    identifiers: z
      .array(userName)
      .optional()
      .describe('All identifiers of the user. Default: none; in `always`, `never` and `depends`: any.'),
    groups: someNames
      .optional()
      .describe(
        'All groups of the user. Default: none; in `always`, `never` and `depends`: any. With `*`: any others, too.',
      ),
    userType: composedText.optional().describe('Type of the user.'),
    attributes: z
      .record(z.string().regex(/^[A-Za-z]\w*$/, { error: 'is no name of an attribute' }), attributeValue)
      .optional()
      .describe('Attributes with their values; a list for one that holds several, such as `sites: [north, south]`.'),
    enrolled: enrolled
      .optional()
      .describe(
        'What the user has set up; phone.voice is a number that takes calls and no text messages. Default: the password.',
      ),
    accountAge: duration().optional().describe('Age of the account, such as P30D.'),
    lastSignIn: lastSignIn.optional(),
    recovered: duration().optional().describe('How long ago the account was recovered.'),
    recoveredBy: z
      .array(
        z.string().regex(new RegExp(`^(?:${keys.join('|')})(?:#[1-9]\\d{0,3})?$`), {
          error: `must be one of ${keys.join(', ')}; email#2 is the second one that is enrolled`,
        }),
      )
      .optional()
      .describe(
        'What proved the recovery, such as email, and is no second factor with the password. `[]`: the password was changed since, after a proof of another factor. Default: every mailbox and number that is enrolled.',
      ),
    skipped: z
      .partialRecord(z.enum(keys), z.int().min(1).max(9_999))
      .optional()
      .describe(
        'How often the user has skipped to set up what, as `webauthn: 1`. What was only offered is not offered again.',
      ),
  })
    .refine(({ recovered, recoveredBy }) => recovered !== undefined || recoveredBy === undefined, {
      error: 'is about a recovery: add `recovered`, how long ago it was',
      path: ['recoveredBy'],
      when: whenSound,
    })
    .refine(({ enrolled: owned, recoveredBy = [] }) => recoveredBy.every((name) => isAmong(name, owned ?? [])), {
      error: 'names what is not in `enrolled`',
      path: ['recoveredBy'],
      when: whenSound,
    });
}

/** `email#2`: there are two. */
function isAmong(name: string, enrolled: readonly string[]): boolean {
  const [key = '', position = '1'] = name.split('#');
  return enrolled.filter((own) => own.split(/[@[.]/, 1)[0] === key).length >= Number(position);
}

const unrecorded = closed({
  recordedSince: duration({ min: 0 }).describe(
    'The account is older than the record of sign-ins. How long ago the record began, which counts as the last sign-in.',
  ),
});

const lastSignIn = z
  .union([duration(), z.literal('never'), unrecorded], {
    error: 'must be a duration such as P30D, never, or `recordedSince` with a duration',
  })
  .describe(
    'How long ago the user last signed in, or `never`. Default: never; in `always`, `never` and `depends`: any.',
  );

/** As many digits as `explain` takes for a number. */
const plainNumber = z.number().refine((value) => /^-?\d{1,15}(\.\d{1,15})?$/.test(String(value)), {
  error: 'must have at most 15 digits before and after the point',
});

const attributeValue = z.union([z.string(), plainNumber, z.boolean(), z.array(z.string())], {
  error: 'must be a text, a number, true, false, or a list of texts',
});
