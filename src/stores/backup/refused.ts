/** Why a backup is not made or not restored. Nothing was changed then. */
export type BackupRefusal =
  /** It is no backup of Stepgate. */
  | 'backup_foreign'
  /** Its end is missing. */
  | 'backup_cut'
  /** It was changed since it was made. */
  | 'backup_damaged'
  /** It is encrypted, and the passphrase or identity that was given does not open it. */
  | 'backup_locked'
  /** This release does not read the version of its documents. */
  | 'backup_version'
  /** There is a file of this name already. */
  | 'file_exists'
  /** The store holds something already. */
  | 'store_not_empty';

export class BackupRefused extends Error {
  readonly code: BackupRefusal;

  constructor(code: BackupRefusal, sentence: string, cause?: unknown) {
    super(`${code}: ${sentence}`, cause === undefined ? undefined : { cause });
    this.name = 'BackupRefused';
    this.code = code;
  }
}
