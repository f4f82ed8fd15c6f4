/** `identify` in `stepgate.yaml` and in the file of an app: how the first page asks who the user is. */

import { z } from 'zod';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import type { IdentifyPage, IdentifySettings } from '../../model/settings.ts';
import { localizedText } from '../fields/attributes.ts';
import { closed, listOf, phoneCountry } from '../fields/fields.ts';

const page = {
  identifierFirst: z
    .boolean()
    .optional()
    .describe(
      'The page asks for the identifier alone. `false`, the default: for the password, too, where every user needs it.',
    ),
  label: localizedText('What users call the identifier. Default: username or email.'),
  hint: localizedText('A sentence below the label.'),
  by: listOf(z.string())
    .optional()
    .describe(
      'Which identifiers count: `email`, `username`, `phone`, and attributes that identify. Others are unknown here. Default: all but `phone`, which counts where it is named.',
    ),
  passkey: z
    .enum(['button', 'autofill', 'none'])
    .optional()
    .describe(
      'How passkeys are offered: with a `button`, only among what the browser fills in (`autofill`), or not on this page (`none`). Default `button`.',
    ),
};

/** In the file of an app. */
export const identifyPage = closed(page).transform((input): IdentifyPage => input as ExactOptional<typeof input>);

/** In the settings. */
export const identifySettings = closed({
  ...page,
  defaultCountry: phoneCountry
    .optional()
    .describe('Country of phone numbers that are typed without country code, such as DE (ISO 3166-1 alpha-2).'),
}).transform((input): IdentifySettings => input as ExactOptional<typeof input>);
