/** `attributes` in `stepgate.yaml`: what a profile may hold. Comes out as `AttributeSchema` of the core. */

import { z } from 'zod';
import type { Attribute, AttributeSchema } from '../../../core/model/attribute.ts';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import { defaultMaxLength, greatestMaxLength } from '../../../core/profile/attribute-value.ts';
import { standardAttributes } from '../../model/standard-attributes.ts';
import { closed, listOf, text } from './fields.ts';
import { laterCheck } from './later-check.ts';

/** BCP 47. */
export const languageTag = z.string().regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, { error: 'is no language tag' });

/** A text for users: one for all languages, or one for each. */
export function localizedText(what: string) {
  return z
    .union([text, z.record(languageTag, text).refine((texts) => Object.keys(texts).length > 0)], {
      error: 'must be a text, or a text for each language such as `{ en: Department, de: Abteilung }`',
    })
    .transform((input) => (typeof input === 'string' ? { en: input } : input))
    .optional()
    .describe(what);
}

const length = z.int().min(1).max(greatestMaxLength).optional();

/** Claims that the protocol sets itself (RFC 7519, RFC 9068, OpenID Connect Core); a profile never speaks for them. */
const reservedClaims = new Set(
  (
    'iss sub aud exp nbf iat jti azp nonce acr amr auth_time at_hash c_hash s_hash sid events cnf client_id scope ' +
    'address groups preferred_username updated_at email_verified phone_number_verified __proto__ constructor prototype'
  ).split(' '),
);

/** Names that mean something in the record of a user or in an import. */
const reservedNames = new Set(
  (
    'id sub status groups identifiers username userType password passwordHash validAfter createdAt updatedAt ' +
    'credentials enrollments terms roles scope __proto__ constructor prototype'
  ).split(' '),
);

const attribute = closed({
  type: z
    .enum(['text', 'number', 'boolean', 'date', 'url', 'email', 'phone', 'locale', 'time_zone', 'list'])
    .optional()
    .describe('Kind of value. Default text. A `list` of texts comes from administrators only.'),
  label: localizedText('What users call it.'),
  help: localizedText('A sentence below the label.'),
  minLength: length.describe('Fewest characters of a text.'),
  maxLength: length.describe('Most characters of a text, at most 2048. Default 200.'),
  min: z.number().optional().describe('Least number.'),
  max: z.number().optional().describe('Greatest number.'),
  matches: text.optional().describe('`*` matches any run of characters, every other character only itself.'),
  options: listOf(closed({ value: text.describe('As it is stored.'), label: localizedText('What users read.') }))
    .optional()
    .describe('The only values; a form offers them as a list.'),
  read: z.enum(['user', 'admin']).optional().describe('Who reads it besides administrators. Default `user`.'),
  write: z
    .enum(['user', 'admin'])
    .optional()
    .describe('Who writes it besides administrators. Default `admin`: a rule may rest on it.'),
  claim: z
    .string()
    .regex(/^[A-Za-z][\w:/.-]{0,99}$/, { error: 'is not the name of a claim' })
    .refine((claim) => !reservedClaims.has(claim), { error: 'is a claim that the provider sets' })
    .optional()
    .describe('Claim that carries it. Without one it is in no token.'),
  scope: z.string().min(1).optional().describe('Scope that releases the claim. Default `profile`.'),
  unique: z.boolean().optional().describe('No two accounts have the same value.'),
  identifies: z
    .boolean()
    .optional()
    .describe('Users sign in with it. Takes `unique: true`, and only administrators write it.'),
}).transform((input) => input as ExactOptional<typeof input>);

type AttributeInput = z.output<typeof attribute>;

const name = z
  .string()
  .regex(/^[A-Za-z]\w{0,63}$/, { error: 'is not the name of an attribute' })
  .refine((key) => !reservedNames.has(key), { error: 'is a name that the record of a user has for itself' });

/** What contradicts itself within one attribute, by member. */
function attributeContradictions(
  own: AttributeInput,
  standard: Attribute | undefined,
): readonly (readonly [string, string])[] {
  const whole = completeAttribute(own, standard);
  const isText = !['number', 'boolean', 'list'].includes(whole.type);
  // A phone number identifies once it is proved, so that users write it.
  const isOwnIdentifier = whole.identifies === true && !(whole.type === 'phone' && whole.verifiedBy !== undefined);
  const fixed = (['type', 'claim', 'scope'] as const).filter((member) => standard && own[member] !== undefined);
  const found: (readonly [string, string] | false)[] = [
    ...fixed.map((member) => [member, 'is fixed for an attribute of OpenID Connect'] as const),
    whole.options !== undefined && whole.type !== 'text' && ['options', 'goes with type `text` only'],
    whole.matches !== undefined && !isText && ['matches', 'goes with texts only'],
    (whole.min !== undefined || whole.max !== undefined) &&
      whole.type !== 'number' && ['type', 'must be `number` for `min` and `max`'],
    !areLengthsInOrder(whole) && ['minLength', 'is above `maxLength`'],
    !isWithinDefault(whole) && ['minLength', `is above ${defaultMaxLength}, the \`maxLength\` where none is written`],
    (whole.min ?? 0) > (whole.max ?? whole.min ?? 0) && ['min', 'is above `max`'],
    whole.read === 'admin' && whole.write === 'user' && ['write', 'cannot be `user`: users write what they read'],
    whole.read === 'admin' && whole.claim !== undefined && ['claim', 'would show it: only administrators read it'],
    whole.write === 'user' && whole.type === 'list' && ['write', 'cannot be `user`: no form asks for a list'],
    isOwnIdentifier && whole.write === 'user' && ['identifies', 'needs `write: admin`'],
    isOwnIdentifier && whole.type !== 'text' && ['identifies', 'goes with type `text`, and with `phone`'],
    whole.unique === true && !isText && ['unique', 'goes with texts only'],
  ];
  return found.filter((fault) => fault !== false);
}

function areLengthsInOrder({ minLength = 0, maxLength = greatestMaxLength }: Attribute): boolean {
  return minLength <= maxLength;
}

const isWithinDefault = laterCheck(
  ({ minLength = 0, maxLength }: Attribute) => maxLength !== undefined || minLength <= defaultMaxLength,
);

function completeAttribute(own: AttributeInput, standard: Attribute | undefined): Attribute {
  const { unique, identifies, claim, scope = 'profile', ...rest } = own;
  const base = standard ?? { type: 'text', read: 'user', write: 'admin', ...(claim !== undefined && { claim, scope }) };
  return { ...base, ...rest, ...(unique && { unique }), ...(identifies && { identifies }) };
}

function standardOf(key: string): Attribute | undefined {
  return Object.hasOwn(standardAttributes, key) ? standardAttributes[key] : undefined;
}

export const profileAttributes = z
  .record(name, attribute)
  .superRefine((input, context) => {
    for (const [key, own] of Object.entries(input)) {
      for (const [member, message] of attributeContradictions(own, standardOf(key)))
        context.addIssue({
          code: 'custom',
          path: own[member as keyof AttributeInput] === undefined ? [key] : [key, member],
          message,
        });
    }
  })
  .optional()
  .describe(
    'Attributes of the profile besides those of OpenID Connect, or more about these. With this key a profile holds no other attributes.',
  );

/** With the attributes of OpenID Connect. `by`: the kinds of identifiers that count. */
export function attributeSchemaOf(
  input: z.output<typeof profileAttributes>,
  by: readonly string[] = [],
): AttributeSchema {
  const own = Object.entries(input ?? {}).map(
    ([key, written]) => [key, completeAttribute(written, standardOf(key))] as const,
  );
  const attributes: Record<string, Attribute> = { ...standardAttributes, ...Object.fromEntries(own) };
  const { phone } = attributes;
  if (phone && by.includes('phone')) attributes.phone = { ...phone, identifies: true };
  return { attributes, closed: input !== undefined };
}
