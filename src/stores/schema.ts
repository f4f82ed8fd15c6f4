/**
 * The schema version of stored documents. A release reads documents of its own version and of the one before, and
 * writes the older one until `stepgate store finish-upgrade`, so that old and new nodes work side by side, and a
 * rollback is possible until then. See decision 52.
 */

/**
 * How a release reads and writes the documents of two versions. `kind`: as in the table of keys. Those of the kinds
 * `revision` and `document` are known by their hash, so they must stay as they are.
 */
export interface StoreSchema {
  /** The version of this release. Its code knows documents of this version only. */
  readonly version: number;
  /** Makes a document of this version out of one of the version before. Pure. */
  readonly upgrade: (kind: string, value: string) => string;
  /**
   * Makes a document of the version before. What it leaves in must be what the older release ignores. `upgrade` must
   * take the result.
   */
  readonly downgrade: (kind: string, value: string) => string;
  /** What holds only once the upgrade is finished, as sentences for the operator. */
  readonly promises: readonly string[];
}

const same = (_kind: string, value: string): string => value;

/** The schema of this release. Version 1 is the first one, so there is none before it. */
export const releaseSchema: StoreSchema = { version: 1, upgrade: same, downgrade: same, promises: [] };
