/** Why a backup was not made or not restored. In either case nothing was changed. */
export type BackupRefusal =
  /** The file is not a backup of Stepgate. */
  | 'backup_foreign'
  /** The end of the file is missing. */
  | 'backup_cut'
  /** The file was changed after it was made. */
  | 'backup_damaged'
  /** The file is encrypted, and the given passphrase or identity does not open it. */
  | 'backup_locked'
  /** This release cannot read the version of its documents. */
  | 'backup_version'
  /** A file of this name exists already. */
  | 'file_exists'
  /** The store is not empty. */
  | 'store_not_empty';

export class BackupRefused extends Error {
  readonly code: BackupRefusal;

  constructor(code: BackupRefusal, sentence: string, cause?: unknown) {
    super(`${code}: ${sentence}`, cause === undefined ? undefined : { cause });
    this.name = 'BackupRefused';
    this.code = code;
  }
}
