/** The one list of schemas, by kind of document. */
import type { z } from 'zod';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { WrittenKind } from '../model/documents.ts';
import { accountPolicySchema } from './account-policy.ts';
import { appSchema } from './app.ts';
import { enrollmentPolicySchema } from './enrollment-policy.ts';
import { invariantsSchema } from './invariants.ts';
import { passwordPolicySchema } from './password-policy.ts';
import { profilePolicySchema } from './profile-policy.ts';
import { recoveryPolicySchema } from './recovery-policy.ts';
import { servicePolicySchema } from './service-policy.ts';
import { sessionPolicySchema } from './session-policy.ts';
import { settingsSchema } from './settings.ts';
import { signOnPolicySchema } from './sign-on-policy.ts';

/** Those that do not depend on which authenticators there are. */
export const schemas = {
  app: appSchema,
  session: sessionPolicySchema,
  enrollment: enrollmentPolicySchema,
  password: passwordPolicySchema,
  recovery: recoveryPolicySchema,
  account: accountPolicySchema,
  'sign-on': signOnPolicySchema,
  profile: profilePolicySchema,
  service: servicePolicySchema,
  invariants: invariantsSchema,
} as const satisfies Record<Exclude<WrittenKind, 'settings'>, z.ZodType>;

const made = new WeakMap<readonly AuthenticatorKind[], ReturnType<typeof settingsSchema>>();

/** The schema of `stepgate.yaml`, made once for a list of authenticators. */
export function settingsSchemaFor(authenticators: readonly AuthenticatorKind[]): ReturnType<typeof settingsSchema> {
  const present = made.get(authenticators);
  if (present !== undefined) return present;
  const schema = settingsSchema(authenticators);
  made.set(authenticators, schema);
  return schema;
}

/** Of any kind. */
export function schemaFor(kind: WrittenKind, authenticators: readonly AuthenticatorKind[]): z.ZodType {
  return kind === 'settings' ? settingsSchemaFor(authenticators) : schemas[kind];
}
