/** Reads the fields of a record as a user. Field names are those of the profile. */

import type { AttributeSchema } from '../../core/model/attribute.ts';
import { composedName, composedNames } from '../../core/model/composed-name.ts';
import type { UserStatus } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { ProfileValue } from '../../core/profile/attribute-value.ts';
import { canonicalIdentifier } from '../../identifier.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';
import { identifyingTexts } from '../identifiers/identifier-kinds.ts';
import { readProfileValue, textFault } from '../ports/profile-rules.ts';
import type { Profile } from '../record/user.ts';

/** When a user is updated, absent fields stay as they are. */
export interface ImportedUser {
  /** Canonical, without duplicates; at least one. */
  readonly identifiers: readonly string[];
  readonly profile: Profile;
  readonly groups?: readonly string[];
  readonly status?: UserStatus;
  readonly userType?: string;
  readonly secret?: { readonly password: string } | { readonly hash: string };
}

export type ReadUser =
  | { readonly ok: true; readonly user: ImportedUser }
  | { readonly ok: false; readonly reason: string };

type RecordFields = Readonly<Record<string, unknown>>;

/** Stops reading one record. Caught in this file. */
class Unreadable extends Error {}

/** For a list attribute, a text is split at ";", as in CSV. */
export function readUser(fields: RecordFields, schema: AttributeSchema): ReadUser {
  try {
    return { ok: true, user: read(fields, schema) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, reason: error.message };
    throw error;
  }
}

function read(fields: RecordFields, schema: AttributeSchema): ImportedUser {
  const groups = fields.groups === undefined ? undefined : composedNames(list(fields, 'groups'));
  const joined = groups?.find((group) => /[,|]/.test(group));
  if (joined !== undefined) throw new Unreadable(`groups: ${quoted(joined)} looks like several: separate names by ";"`);
  const status = text(fields, 'status');
  if (status !== undefined && !isStatus(status))
    throw new Unreadable(`status: ${quoted(status)} is none of active, suspended, deactivated`);
  const type = text(fields, 'userType');
  const userType = type === undefined ? undefined : composedName(type);
  const secret = readPasswordOrHash(fields);
  const profile = readProfile(fields, schema);
  return {
    identifiers: [
      ...new Set([...readIdentifiers(fields, schema), ...identifyingTexts(schema, profile).map(readIdentifier)]),
    ],
    profile,
    ...omitUndefined({ groups, status }),
    ...omitUndefined({ userType, secret }),
  };
}

function isStatus(value: string): value is UserStatus {
  return value === 'active' || value === 'suspended' || value === 'deactivated';
}

function readIdentifiers(fields: RecordFields, { attributes }: AttributeSchema): readonly string[] {
  const given = fields.identifiers === undefined ? [] : list(fields, 'identifiers');
  const all = [...given, text(fields, 'username'), text(fields, 'email')].filter(
    (identifier) => identifier !== undefined,
  );
  const isIdentified = Object.entries(attributes).some(([name, { identifies }]) => identifies && name in fields);
  if (all.length === 0 && !isIdentified) throw new Unreadable('it has none of identifiers, username, email');
  return [...new Set(all.map(readIdentifier))];
}

function readIdentifier(identifier: string): string {
  const result = canonicalIdentifier(identifier);
  if (!result.ok)
    throw new Unreadable(`${quoted(identifier)} cannot be an identifier: ${result.fault.replaceAll('_', ' ')}`);
  return result.value;
}

function readPasswordOrHash(fields: RecordFields): ImportedUser['secret'] {
  const { password, passwordHash } = fields;
  if (password !== undefined && passwordHash !== undefined)
    throw new Unreadable('it has both password and passwordHash');
  if (password !== undefined) {
    // The message does not contain the value.
    if (typeof password !== 'string') throw new Unreadable('password: it is not a text');
    return { password };
  }
  if (passwordHash === undefined) return undefined;
  if (typeof passwordHash !== 'string') throw new Unreadable('passwordHash: it is not a text');
  return { hash: passwordHash };
}

const notProfile = new Set(['identifiers', 'username', 'groups', 'status', 'userType', 'password', 'passwordHash']);

/**
 * Finds fields of an import file that no record can have: a misspelled field would silently become an attribute of that
 * name, and a claim. `declared`: names that the administrator declares as attributes. Undefined if all are known.
 */
export function unknownFields(
  names: readonly string[],
  { attributes, closed }: AttributeSchema,
  declared: readonly string[] = [],
): string | undefined {
  const known = [...notProfile, ...Object.keys(attributes), ...(closed ? [] : declared)];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return undefined;
  const faults = unknown.map((name) => unknownName('field', printableName(name), known)).join('; ');
  return closed
    ? `${faults} (see \`attributes\` in stepgate.yaml)`
    : `${faults}; --attribute NAME makes it an attribute`;
}

function printableName(name: string): string {
  return quoted(name).slice(1, -1);
}

function readProfile(fields: RecordFields, schema: AttributeSchema): Profile {
  const profile: Record<string, ProfileValue> = {};
  for (const [name, given] of Object.entries(fields)) {
    if (notProfile.has(name)) continue;
    const outcome = readProfileValue(schema, name, given);
    if (!outcome.ok) throw new Unreadable(`${/^\w+$/.test(name) ? name : quoted(name)}: ${outcome.reason}`);
    profile[name] = name === 'email' ? readIdentifier(String(outcome.value)) : outcome.value;
  }
  return profile;
}

function text(fields: RecordFields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  const fault = textFault(value);
  if (fault !== undefined) throw new Unreadable(`${name}: ${fault}`);
  return String(value);
}

function list(fields: RecordFields, name: string): readonly string[] {
  const value = fields[name];
  const members: unknown = typeof value === 'string' ? value.split(';').flatMap((part) => part.trim() || []) : value;
  if (!Array.isArray(members)) throw new Unreadable(`${name}: it is not a list of texts`);
  const fault = members.map(textFault).find((found) => found !== undefined);
  if (fault !== undefined) throw new Unreadable(`${name}: ${fault}`);
  return [...new Set(members as string[])];
}

/** For a message: shortened, and without control characters for the terminal. */
function quoted(value: string): string {
  const clean = value.toWellFormed().replace(/\p{C}/gu, '?');
  return JSON.stringify(clean.length > 60 ? `${clean.slice(0, 60)}...` : clean);
}
