/** The one list of schemas, by kind of document. */
import type { z } from 'zod';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { WrittenKind } from '../model/documents.ts';
import { appSchema } from './apps/app.ts';
import { accountPolicySchema } from './policies/account-policy.ts';
import { enrollmentPolicySchema } from './policies/enrollment-policy.ts';
import { invariantsSchema } from './policies/invariants.ts';
import { passwordPolicySchema } from './policies/password-policy.ts';
import { profilePolicySchema } from './policies/profile-policy.ts';
import { recoveryPolicySchema } from './policies/recovery-policy.ts';
import { servicePolicySchema } from './policies/service-policy.ts';
import { sessionPolicySchema } from './policies/session-policy.ts';
import { signOnPolicySchema } from './policies/sign-on-policy.ts';
import { settingsSchema } from './settings/settings.ts';

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

/** Cached by the list of authenticators, which a process has one of: building the schema takes milliseconds. */
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
