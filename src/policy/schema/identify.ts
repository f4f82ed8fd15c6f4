/** `identify` in `stepgate.yaml` and in the file of an app: how the first page asks who the user is. */

import { z } from 'zod';
import type { ExactOptional } from '../../core/model/omit-undefined.ts';
import type { IdentifyPage } from '../model/settings.ts';
import { localizedText } from './attributes.ts';
import { closed } from './fields.ts';

export const identifyPage = closed({
  identifierFirst: z
    .boolean()
    .optional()
    .describe(
      'The page asks for the identifier alone. `false`, the default: for the password, too, where every user needs it.',
    ),
  label: localizedText('What users call the identifier. Default: username or email.'),
  hint: localizedText('A sentence below the label.'),
}).transform((input): IdentifyPage => input as ExactOptional<typeof input>);
