/** The one list of schemas, by kind of document. */
import type { z } from 'zod';
import type { DocumentKind } from './documents.ts';
import { appSchema } from './schema/app.ts';
import { enrollmentPolicySchema } from './schema/enrollment-policy.ts';
import { sessionPolicySchema } from './schema/session-policy.ts';
import { settingsSchema } from './schema/settings.ts';
import { signOnPolicySchema } from './schema/sign-on-policy.ts';

export const schemas = {
  settings: settingsSchema,
  app: appSchema,
  session: sessionPolicySchema,
  enrollment: enrollmentPolicySchema,
  'sign-on': signOnPolicySchema,
} as const satisfies Record<DocumentKind, z.ZodType>;
