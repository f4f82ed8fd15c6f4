/**
 * Adds identifiers from existing profiles: numbers, and values of attributes that the configuration now uses to
 * identify users. This file promises: a number counts only if it was proved or an administrator marked it as verified;
 * a value that two users share identifies neither.
 */
import type { AttributeSchema } from '../core/model/attribute.ts';
import { canonicalIdentifier } from '../identifier.ts';
import { identifierKey } from '../stores/keys.ts';
import type { Op, Store } from '../stores/store.ts';
import type { Directory } from './directory/directory.ts';
import { listUsers } from './directory/list-users.ts';
import { internationalNumber } from './identifiers/identifier-kinds.ts';
import { FingerprintSet } from './import/fingerprint-set.ts';
import type { User } from './record/user.ts';
import { isFreeFor } from './reservations/identifier-reservations.ts';

export interface ReindexOptions {
  readonly store: Store;
  readonly directory: Directory;
  readonly schema: AttributeSchema;
  /** Writes nothing, and counts what would be done. */
  readonly dryRun: boolean;
  /** Operations for the audit log, for the commit of each changed user. */
  record(user: User): readonly Op[];
  onRefused(value: RefusedValue): void;
}

export interface RefusedValue {
  /** Id of the user. */
  readonly user: string;
  readonly attribute: string;
  readonly reason: 'unverified' | 'not_international' | 'malformed' | 'taken';
}

export interface ReindexSummary {
  readonly users: number;
  /** Users who got an identifier. */
  readonly changed: number;
  /** Values that do not become identifiers. */
  readonly refused: number;
  /** Records that cannot be read. */
  readonly unreadable: number;
}

/** A value that should identify its user but cannot. */
interface MissingIdentifier {
  readonly attribute: string;
  /** In canonical form. */
  readonly identifier: string;
}

type Found = MissingIdentifier | Omit<RefusedValue, 'user'>;

/** Users that are read at once. */
const pageSize = 1000;

/** Rejects when the store does not answer; what was done until then stays, and the command can run again. */
export async function reindexUsers(options: ReindexOptions): Promise<ReindexSummary> {
  const shared = await sharedValues(options);
  const summary = { users: 0, changed: 0, refused: 0, unreadable: 0 };
  for await (const { user, unreadable } of allUsers(options.store)) {
    summary.users += 1;
    if (unreadable) summary.unreadable += 1;
    if (user === undefined) continue;
    const { added, refused } = await reindexed(options, user, shared);
    for (const value of refused) options.onRefused({ user: user.id, ...value });
    summary.refused += refused.length;
    if (added) summary.changed += 1;
  }
  return summary;
}

async function* allUsers(store: Store): AsyncGenerator<{ readonly user?: User; readonly unreadable: boolean }> {
  let after: string | undefined;
  do {
    const page = await listUsers(store, {
      limit: pageSize,
      matches: () => true,
      ...(after === undefined ? {} : { after }),
    });
    for (const { user } of page.accounts) yield { user, unreadable: false };
    for (const _ of page.unreadable) yield { unreadable: true };
    after = page.next;
  } while (after !== undefined);
}

/** Values by which more than one user would be identified. */
async function sharedValues({ store, schema }: ReindexOptions): Promise<FingerprintSet> {
  const [seen, shared] = [new FingerprintSet(), new FingerprintSet()];
  for await (const { user } of allUsers(store)) {
    if (user === undefined) continue;
    for (const found of missingIdentifiers(schema, user)) {
      if (!('identifier' in found)) continue;
      if (seen.has(found.identifier)) shared.add(found.identifier);
      seen.add(found.identifier);
    }
  }
  return shared;
}

/** Values of identifying attributes that are not among the user's identifiers yet. */
function missingIdentifiers({ attributes }: AttributeSchema, { profile, identifiers }: User): readonly Found[] {
  return Object.entries(attributes).flatMap(([attribute, { identifies, type, verifiedBy }]): readonly Found[] => {
    const value = profile[attribute];
    if (!identifies || typeof value !== 'string' || value === '') return [];
    const text = type === 'phone' ? internationalNumber(value) : value;
    if (text === undefined) return [{ attribute, reason: 'not_international' }];
    const canonical = canonicalIdentifier(text);
    if (!canonical.ok) return [{ attribute, reason: 'malformed' }];
    if (identifiers.includes(canonical.value)) return [];
    // A number without proof may belong to another user.
    if (verifiedBy !== undefined && profile[verifiedBy] !== true) return [{ attribute, reason: 'unverified' }];
    return [{ attribute, identifier: canonical.value }];
  });
}

interface Reindexed {
  readonly added: boolean;
  readonly refused: readonly Omit<RefusedValue, 'user'>[];
}

async function reindexed(options: ReindexOptions, user: User, shared: FingerprintSet): Promise<Reindexed> {
  const { directory, schema, dryRun, record } = options;
  const refused: Omit<RefusedValue, 'user'>[] = [];
  let added = false;
  for (const found of missingIdentifiers(schema, user)) {
    if (!('identifier' in found)) {
      refused.push(found);
      continue;
    }
    const { attribute, identifier } = found;
    const isFree = !shared.has(identifier) && (await canHave(directory, user, identifier));
    const outcome = isFree && !dryRun ? await give(directory, user, { identifier, record }) : isFree;
    if (outcome) added = true;
    else refused.push({ attribute, reason: 'taken' });
  }
  return { added, refused };
}

/** False also while a former owner can still take it back. */
async function canHave(directory: Directory, { id }: User, identifier: string): Promise<boolean> {
  const { entries, now } = await directory.reservations([identifierKey(identifier)]);
  return isFreeFor(entries, identifier, { user: id, now });
}

async function give(
  directory: Directory,
  { id }: User,
  { identifier, record }: { readonly identifier: string } & Pick<ReindexOptions, 'record'>,
): Promise<boolean> {
  const outcome = await directory.amend(
    id,
    () => ({ addIdentifiers: [identifier] }),
    (_before, after) => record(after),
  );
  return outcome?.ok === true;
}
