/**
 * The schema version of stored documents. A release reads its own version and the previous one, and writes the previous
 * one until `stepgate store finish-upgrade`. Until then, old and new nodes work side by side, and a rollback is
 * possible. See decision 52.
 */

/**
 * How a release reads and writes documents of two versions. `kind`: from the table of keys. Documents of the kinds
 * `revision` and `document` are identified by their hash, so they must not change.
 */
export interface StoreSchema {
  /** The version of this release. The rest of the code only sees documents of this version. */
  readonly version: number;
  /** Converts a document of the previous version to this version. A pure function. */
  readonly upgrade: (kind: string, value: string) => string;
  /**
   * Converts a document to the previous version. The older release must be able to ignore whatever is left in it, and
   * `upgrade` must accept the result.
   */
  readonly downgrade: (kind: string, value: string) => string;
  /** What becomes true only after the upgrade is finished, as sentences for the operator. */
  readonly promises: readonly string[];
}

const same = (_kind: string, value: string): string => value;

/** The schema of this release. Version 1 is the first, so there is no earlier one. */
export const releaseSchema: StoreSchema = { version: 1, upgrade: same, downgrade: same, promises: [] };
