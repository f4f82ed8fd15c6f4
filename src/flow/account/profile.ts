/**
 * What users see and change of their own profile. Identifying addresses, numbers and names are changed elsewhere,
 * because they need a proof. The caller has checked the form.
 */

import type { Attribute } from '../../core/model/attribute.ts';
import { oneHour } from '../../core/model/durations.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Notice, ProfileField } from '../../core/step/step.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { attemptCounter, credentialsKey, userKey } from '../../stores/keys.ts';
import type { Limit } from '../../stores/store.ts';
import { type IdentifierKind, type Profile, serializeUser } from '../../users/record/user.ts';
import { moveUniqueValues, uniqueValueChange } from '../../users/reservations/attribute-reservations.ts';
import { changedProfile } from '../actions/profile/profile.ts';
import {
  inputName,
  profileFields,
  readTyped,
  type TypedProfile,
  withSummary,
} from '../actions/profile/profile-fields.ts';
import { audit } from '../audit.ts';
import { askedIdentifier, canChangeIdentifier, presentIdentifier } from './identifiers.ts';
import type { OpenAccount } from './open-account.ts';

/** Profile forms per account. They are limited because each could reveal whether a unique value is taken. */
const answersPerUser: readonly Limit[] = [{ limit: 60, window: oneHour }];

/** One of the user's identifiers or addresses. */
export interface ProfileIdentifier {
  readonly kind: IdentifierKind;
  /** Absent if the user has none. */
  readonly value?: string;
  readonly verified: boolean;
  /** Whether the user may change it here. */
  readonly canChange: boolean;
  /** The value that waits for its code. */
  readonly asked?: string;
}

/** A value that only administrators may write. */
export interface FixedValue {
  readonly name: string;
  readonly attribute: Attribute;
  readonly value: string | number | boolean | readonly string[];
}

export interface OwnProfile {
  readonly identifiers: readonly ProfileIdentifier[];
  /** Attributes with a form field. */
  readonly fields: readonly ProfileField[];
  /** Attributes that the user may only read. */
  readonly fixed: readonly FixedValue[];
  /** The user may download all stored data. */
  readonly canDownload: boolean;
  /** The user may delete the account, or has requested that. */
  readonly canDelete: boolean;
}

const kinds: readonly IdentifierKind[] = ['email', 'phone', 'username'];

export function ownProfile(context: OpenAccount): OwnProfile {
  const { profile } = context.account.user;
  const { attributes } = context.snapshot.settings.attributes;
  const flags = new Set(Object.values(attributes).map(({ verifiedBy }) => verifiedBy));
  const readable = Object.entries(attributes).filter(
    ([name, { read, verifiedBy }]) => read === 'user' && verifiedBy === undefined && !flags.has(name),
  );
  const fixed = readable.flatMap(([name, attribute]) => {
    const value = Object.hasOwn(profile, name) ? profile[name] : undefined;
    return attribute.write === 'admin' && value !== undefined ? [{ name, attribute, value }] : [];
  });
  const { download: canDownload, deletion } = context.snapshot.settings.account;
  const canDelete = deletion.allowed || context.account.user.deletion !== undefined;
  return {
    identifiers: kinds.flatMap((kind) => identifierOf(context, kind)),
    fields: fieldsOf(context),
    fixed,
    canDownload,
    canDelete,
  };
}

/** Empty if the user has no value and cannot add one. */
function identifierOf(context: OpenAccount, kind: IdentifierKind): readonly ProfileIdentifier[] {
  const present = presentIdentifier(context, kind);
  const canChange = canChangeIdentifier(context, kind);
  if (present === undefined && !canChange) return [];
  const asked = askedIdentifier(context, kind)?.value;
  const { value, verified = false } = present ?? {};
  return [{ kind, verified, canChange, ...omitUndefined({ value }), ...(asked && { asked }) }];
}

function fieldsOf({ snapshot, account }: OpenAccount): readonly ProfileField[] {
  const schema = snapshot.settings.attributes;
  const own = Object.entries(schema.attributes).filter(([, attribute]) => attribute.verifiedBy === undefined);
  return profileFields(schema, account.user.profile, { required: [], optional: own.map(([name]) => name) });
}

/**
 * Saves what was typed, or returns what is wrong with it. If two users enter the same unique value at once, one of them
 * succeeds.
 */
export async function saveProfile(
  context: OpenAccount,
  fields: Readonly<Record<string, string>>,
): Promise<readonly Notice[]> {
  const { services, account, unit, snapshot } = context;
  const { attributes: schema, identify } = snapshot.settings;
  const typed = readTyped(fields, { fields: fieldsOf(context), terms: [], country: identify.defaultCountry });
  if (typed.notices.length > 0) return typed.notices;
  const { granted, retryAfter } = await services.store.reserve(
    attemptCounter(account.user.id, 'profile'),
    answersPerUser,
  );
  if (!granted) {
    const params = { seconds: Math.max(1, retryAfter) };
    return [{ code: 'profile.exceeded', level: 'error', params }];
  }
  const { profile } = account.user;
  const changed = changedProfile(profile, withoutUntouched(typed, profile), schema.attributes);
  const names = changedNames(profile, changed);
  if (names.length === 0) return [];
  const unique = uniqueValueChange(schema, profile, changed);
  const now = services.now();
  const taken = await moveUniqueValues(unit, unique, { user: account.user.id, now });
  if (taken !== undefined)
    return withSummary([{ code: 'profile.taken', level: 'error', field: inputName(taken.attribute) }]);
  const user = { ...account.user, profile: changed, updatedAt: now };
  unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
  auditProfile(context, names);
  return [];
}

/** An unticked box counts as no answer until it has been ticked once. */
function withoutUntouched(typed: TypedProfile, profile: Profile): TypedProfile {
  const values = Object.entries(typed.values).filter(
    ([name, value]) => value !== false || Object.hasOwn(profile, name),
  );
  return { ...typed, values: Object.fromEntries(values) };
}

function changedNames(before: Profile, after: Profile): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((name) => before[name] !== after[name]);
}

/** Names only, because no log may contain what the user typed. */
function auditProfile(
  { services, unit, account, visitor, snapshot }: OpenAccount,
  attributes: readonly string[],
): void {
  audit(unit, services.audit, {
    event: 'account.profile_changed',
    outcome: 'success',
    subject: account.user.id,
    client: accountClientId,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    attributes,
  });
}
