/** Imports users from a file of any length. Each record is applied as a whole, or reported with its line. */

import type { NewCredential } from '../../authenticators/authenticator.ts';
import type { AttributeSchema } from '../../core/model/attribute.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Op } from '../../stores/store.ts';
import { type Amendment, newUser } from '../directory/changes.ts';
import type { Directory } from '../directory/directory.ts';
import { passwordFault } from '../ports/password-faults.ts';
import type { PasswordRules, PasswordTools } from '../ports/password-tools.ts';
import { issueCredential } from '../record/credentials.ts';
import { type Account, toSubject, type User } from '../record/user.ts';
import { takenValue, uniqueValues } from '../reservations/attribute-reservations.ts';
import { csvRecords } from './csv.ts';
import { FingerprintSet } from './fingerprint-set.ts';
import { jsonLines } from './json-lines.ts';
import { type ImportedUser, readUser, unknownFields } from './read-user.ts';
import { decoded, type FileRecord } from './records.ts';

export interface ImportOptions {
  readonly directory: Directory;
  /** The attribute schema of profiles. */
  readonly attributes: AttributeSchema;
  /** Field names that become attributes although the schema does not declare them. Only for an open schema. */
  readonly ownAttributes?: readonly string[];
  readonly passwords: PasswordTools;
  /** The password policy for new passwords. */
  readonly passwordRules: PasswordRules;
  /** Makes the credential for a verified address. Undefined if no mail can be sent to it. */
  readonly addressCredential: (address: string) => NewCredential | undefined;
  /** Makes the credential for a verified phone number. Undefined if no code can be sent to it. */
  readonly numberCredential: (number: string) => NewCredential | undefined;
  readonly source: AsyncIterable<string | Uint8Array>;
  readonly format: 'jsonl' | 'csv';
  /** Whether to change existing users. If false, their records are refused. */
  readonly update: boolean;
  /** Operations that notify a user whose account changes, for the same commit. */
  notify(before: Account, change: 'email_changed' | 'password_reset'): readonly Op[];
  /** Operations for the audit log, for the commit of each applied record. */
  record(user: User, done: 'created' | 'updated'): readonly Op[];
  /** Called with the groups of each record that is applied, or would be. */
  onGroups?(groups: readonly string[]): void;
  /** Called with each record that was not applied, in the order of the file. */
  onRefused(record: RefusedRecord): void;
  /**
   * Called with the header line, and with each record that was not applied, as they appear in the file, including any
   * passwords.
   */
  onReject?(text: string): void;
  /** Writes nothing, and reports what would be done. */
  readonly dryRun?: boolean;
  /** Called after each batch. */
  onProgress?(summary: ImportSummary): void;
}

export interface RefusedRecord {
  /** The line of the file at which the record starts, counted from 1. */
  readonly line: number;
  readonly reason: string;
}

export interface ImportSummary {
  readonly records: number;
  readonly created: number;
  readonly updated: number;
  readonly refused: number;
}

type Result = { readonly done: 'created' | 'updated' } | { readonly reason: string };

interface Task {
  readonly line: number;
  readonly text: string;
  readonly result: Result | Promise<Result>;
}

/** Records in flight: enough for the store to group their commits, and few enough to need little memory. */
const batchSize = 32;

/**
 * Rejects if the store does not answer. Records up to the last summary are applied, and those of the current batch may
 * be. The same file can be imported again with `update`.
 */
export async function importUsers(options: ImportOptions): Promise<ImportSummary> {
  const text = decoded(options.source);
  const records = options.format === 'csv' ? csvRecords(text) : jsonLines(text);
  const seen = new FingerprintSet();
  let summary: ImportSummary = { records: 0, created: 0, updated: 0, refused: 0 };
  let batch: Task[] = [];
  const settle = async (): Promise<void> => {
    const results = await Promise.all(batch.map(async (task) => ({ ...task, result: await task.result })));
    batch = [];
    for (const { line, text: written, result } of results) {
      if ('reason' in result) {
        options.onRefused({ line, reason: result.reason });
        options.onReject?.(written);
      }
      summary = countedIn(summary, result);
    }
    options.onProgress?.(summary);
  };
  for await (const record of records) {
    if ('header' in record) {
      options.onReject?.(record.header);
      const fault = unknownFields(record.columns, options.attributes, options.ownAttributes);
      if (fault === undefined) continue;
      options.onRefused({ line: record.line, reason: fault });
      return { ...summary, records: 1, refused: 1 };
    }
    batch.push({ line: record.line, text: record.text, result: beginImport(options, seen, record) });
    if (batch.length === batchSize) await settle();
  }
  if (batch.length > 0) await settle();
  return summary;
}

function countedIn(summary: ImportSummary, result: Result): ImportSummary {
  const outcome = 'reason' in result ? 'refused' : result.done;
  return { ...summary, records: summary.records + 1, [outcome]: summary[outcome] + 1 };
}

function beginImport(options: ImportOptions, seen: FingerprintSet, record: FileRecord): Result | Promise<Result> {
  if ('fault' in record) return { reason: record.fault };
  const unknown = unknownFields(Object.keys(record.fields), options.attributes, options.ownAttributes);
  if (unknown !== undefined) return { reason: unknown };
  const read = readUser(record.fields, options.attributes);
  if (!read.ok) return { reason: read.reason };
  const { identifiers } = read.user;
  const repeated = identifiers.find((identifier) => seen.has(identifier));
  if (repeated !== undefined) return { reason: `${repeated} was on an earlier line` };
  const unique = uniqueValues(options.attributes, read.user.profile);
  const repeatedValue = unique.find(({ key }) => seen.has(key));
  if (repeatedValue !== undefined) return { reason: `${repeatedValue.attribute}: the value was on an earlier line` };
  for (const reserved of [...identifiers, ...unique.map(({ key }) => key)]) seen.add(reserved);
  const applied = apply(options, read.user);
  // `settle` awaits the promise. Until then a failure must not count as unhandled.
  applied.catch(() => undefined);
  return applied;
}

/** The identifiers of a record identify its user. The record is written as a whole or not at all. */
async function apply(options: ImportOptions, user: ImportedUser): Promise<Result> {
  const { directory, update, attributes: schema } = options;
  const found = await findAll(directory, user.identifiers);
  if (found.length > 1) return { reason: 'its identifiers belong to different users' };
  const [account] = found;
  if (account !== undefined && !update) return { reason: `${common(account, user)} is there already` };
  const address = verifiedAddress(user, account?.user);
  const mailbox = address === undefined ? undefined : options.addressCredential(address);
  if (address !== undefined && mailbox === undefined) return { reason: 'email: mail cannot be sent to this address' };
  const number = verifiedNumber(user, account?.user);
  const phone = number === undefined ? undefined : options.numberCredential(number);
  if (number !== undefined && phone === undefined) return { reason: 'phone: no code can be sent to this number' };
  const proven = [mailbox, phone].filter((newCredential) => newCredential !== undefined);
  const password = await hashedPassword(options, user, { account, proven });
  if ('reason' in password) return password;
  const { credential } = password;
  const taken = await takenBefore(options, user, account);
  if (taken !== undefined) return { reason: takenText(taken) };
  const done = account === undefined ? 'created' : 'updated';
  options.onGroups?.(user.groups ?? []);
  if (options.dryRun) return { done };
  const outcome =
    account === undefined
      ? await directory.create(
          { ...user, schema, credentials: [...(credential ? [credential] : []), ...proven] },
          (created) => options.record(created, 'created'),
        )
      : await directory.amend(
          account.user.id,
          (current) => ({
            ...changes(user, current, credential),
            schema,
            credentials: proven,
          }),
          (before, after) => [
            ...options.record(after, 'updated'),
            ...(before.user.profile.email === after.profile.email ? [] : options.notify(before, 'email_changed')),
            ...(credential === undefined ? [] : options.notify(before, 'password_reset')),
          ],
        );
  if (outcome === undefined) return { reason: 'the user was deleted meanwhile' };
  if (outcome.ok) return { done };
  return {
    reason: outcome.code === 'value_taken' ? takenText(outcome) : `${outcome.identifier} is there already`,
  };
}

function takenText({ attribute }: { readonly attribute: string }): string {
  return `${attribute}: another user has this value`;
}

/** A unique value of the record that another user has. Checked before a password is hashed, and also in a dry run. */
async function takenBefore(
  { directory, attributes }: ImportOptions,
  { profile }: ImportedUser,
  account: Account | undefined,
) {
  const values = uniqueValues(attributes, profile);
  if (values.length === 0) return undefined;
  const { entries, now } = await directory.reservations(values.map(({ key }) => key));
  return takenValue(entries, values, { user: account?.user.id, now });
}

async function findAll(directory: Directory, identifiers: readonly string[]): Promise<readonly Account[]> {
  const found = await Promise.all(identifiers.map((identifier) => directory.findByIdentifier(identifier)));
  const byId = new Map(
    found.flatMap((account) => (account === undefined ? [] : [[account.user.id, account] as const])),
  );
  return [...byId.values()];
}

/** The address that the record marks as verified: its own, or the user's present one. */
function verifiedAddress({ profile }: ImportedUser, current: User | undefined): string | undefined {
  return profile.emailVerified === true ? (profile.email ?? current?.profile.email) : undefined;
}

/** The number that the record marks as verified: its own, or the user's present one. */
function verifiedNumber({ profile }: ImportedUser, current: User | undefined): string | undefined {
  return profile.phoneVerified === true ? (profile.phone ?? current?.profile.phone) : undefined;
}

function common({ user }: Account, { identifiers }: ImportedUser): string | undefined {
  return identifiers.find((identifier) => user.identifiers.includes(identifier));
}

interface ImportedPassword {
  readonly credential: NewCredential | undefined;
}

/** `account`: the present account. `proven`: the credentials that the record adds. */
async function hashedPassword(
  { passwords, passwordRules, dryRun }: ImportOptions,
  user: ImportedUser,
  { account, proven }: { readonly account: Account | undefined; readonly proven: readonly NewCredential[] },
): Promise<ImportedPassword | { readonly reason: string }> {
  const { secret } = user;
  if (secret === undefined) return { credential: undefined };
  if ('hash' in secret) {
    const credential = passwords.fromHash(secret.hash);
    return credential ? { credential } : { reason: 'passwordHash: only $argon2id$v=19$ is accepted' };
  }
  const enrolled = account?.credentials ?? [];
  const issued = proven.map((credential) => issueCredential(credential, 0));
  const about = account === undefined ? newUser(user, user.identifiers, 0) : changedBy(user, account.user);
  const subject = toSubject(about, [...enrolled, ...issued], 0);
  const context = passwordRules(subject, enrolled);
  const refused = await passwords.check(secret.password, subject, context);
  if (refused !== undefined) return { reason: `password: ${passwordFault(refused)}` };
  return { credential: dryRun ? undefined : await passwords.create(secret.password, context) };
}

/** The user after the record is applied. */
function changedBy({ identifiers, profile, groups, userType }: ImportedUser, current: User): User {
  return {
    ...current,
    identifiers: [...new Set([...current.identifiers, ...identifiers])],
    profile: { ...current.profile, ...profile },
    ...omitUndefined({ groups, userType }),
  };
}

function changes(imported: ImportedUser, current: User, password: ImportedPassword['credential']): Amendment {
  const { identifiers, profile, groups, status, userType } = imported;
  // A new address or number does not inherit the verification of the old one.
  const unverified = {
    ...(profile.email !== undefined && profile.email !== current.profile.email ? { emailVerified: false } : {}),
    ...(profile.phone !== undefined && profile.phone !== current.profile.phone ? { phoneVerified: false } : {}),
  };
  return {
    addIdentifiers: identifiers,
    profile: { ...current.profile, ...unverified, ...profile },
    ...omitUndefined({ groups, status }),
    ...omitUndefined({ userType, password }),
  };
}
