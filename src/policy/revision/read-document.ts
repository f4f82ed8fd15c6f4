/** Turns documents into the settings, apps and policies that the rest of the program works with. */

import type { z } from 'zod';
import type { AccountPolicy } from '../../core/model/account-policy.ts';
import type { EnrollmentPolicy } from '../../core/model/enrollment-policy.ts';
import type { PasswordPolicy } from '../../core/model/password-policy.ts';
import type { Policy, Rule, SourceLocation } from '../../core/model/policy.ts';
import type { ProfilePolicy } from '../../core/model/profile-policy.ts';
import type { ServicePolicy } from '../../core/model/service-policy.ts';
import { StepgateError } from '../../errors.ts';
import type { App } from '../model/app.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { BrandFile } from '../model/brand.ts';
import { type Document, usualRuleColumn } from '../model/documents.ts';
import type { Settings } from '../model/settings.ts';
import { withoutLaterChecks } from '../schema/fields/later-check.ts';
import { schemas, settingsSchemaFor } from '../schema/schemas.ts';
import { parsedContent } from '../source/parsed-content.ts';
import type { LabelledPolicy } from './sign-on-policies.ts';

/**
 * `authenticators`: all, enabled or not. Throws `StepgateError('not_configured')` when the document was written by a
 * version with another configuration language (Law 4). What that version applied is read without checks that it did not
 * make.
 */
export function readSettings(document: Document, authenticators: readonly AuthenticatorKind[]): Settings {
  return read(settingsSchemaFor(authenticators), document);
}

/** Throws like `readSettings`. */
export function readApp(document: Document): App {
  return read(schemas.app, document);
}

/** `undefined`: it is another document. An address of a file names none. */
export function readBrandFile({ kind, content }: Document): BrandFile | undefined {
  return kind === 'file' ? (content as BrandFile) : undefined;
}

/** The session, the recovery or a sign-on policy, each rule with its location. Throws like `readSettings`. */
export function readPolicy(document: Document): Policy {
  const kind = document.kind === 'recovery' || document.kind === 'account' ? document.kind : 'sign-on';
  const written: readonly (readonly Rule[])[] =
    document.kind === 'session'
      ? read(schemas.session, document)
      : read(schemas[kind], document).rules.map((rule) => [rule]);
  return {
    name: document.name,
    rules: written.flatMap((rules, index) => rules.map((rule) => ({ ...rule, location: locationOf(document, index) }))),
  };
}

/** A sign-on policy with the labels of its apps. Throws like `readSettings`. */
export function readLabelledPolicy(document: Document): LabelledPolicy {
  const { labels } = read(schemas['sign-on'], document);
  return { name: document.name, labels };
}

/** The account policy, each rule with its location. Throws like `readSettings`. */
export function readAccountPolicy(document: Document): AccountPolicy {
  const { rules } = read(schemas.account, document);
  return {
    name: document.name,
    rules: rules.map((rule, index) => ({ ...rule, location: locationOf(document, index) })),
  };
}

/** The enrollment policy, each rule with its location. Throws like `readSettings`. */
export function readEnrollmentPolicy(document: Document): EnrollmentPolicy {
  const { rules } = read(schemas.enrollment, document);
  return {
    name: document.name,
    rules: rules.map((rule, index) => ({ ...rule, location: locationOf(document, index) })),
  };
}

/** The password policy, each rule with its location. Throws like `readSettings`. */
export function readPasswordPolicy(document: Document): PasswordPolicy {
  const { rules } = read(schemas.password, document);
  return {
    name: document.name,
    rules: rules.map((rule, index) => ({ ...rule, location: locationOf(document, index) })),
  };
}

/** A profile policy, each rule with its location. Throws like `readSettings`. */
export function readProfilePolicy(document: Document): ProfilePolicy {
  const { rules } = read(schemas.profile, document);
  return {
    name: document.name,
    rules: rules.map((rule, index) => ({ ...rule, location: locationOf(document, index) })),
  };
}

/** A service policy, each rule with its location. Throws like `readSettings`. */
export function readServicePolicy(document: Document): ServicePolicy {
  const { rules } = read(schemas.service, document);
  return {
    name: document.name,
    rules: rules.map((rule, index) => ({ ...rule, location: locationOf(document, index) })),
  };
}

function locationOf({ file, ruleLines, ruleColumns }: Document, index: number): SourceLocation {
  return { file, line: ruleLines[index] ?? 1, column: ruleColumns?.[index] ?? usualRuleColumn };
}

function read<Schema extends z.ZodType>(schema: Schema, { file, content }: Document): z.output<Schema> {
  const strict = parsedContent(schema, content);
  const result = strict.success ? strict : withoutLaterChecks(() => schema.safeParse(content));
  if (result.success) return result.data;
  throw new StepgateError('not_configured', `${file} in the store is not understood: apply the configuration again`, {
    cause: result.error,
  });
}
