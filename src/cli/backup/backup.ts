/** `stepgate backup FILE`. */
import type { Command } from 'commander';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { BackupSummary } from '../../stores/backup/backup.ts';
import type { Encryption } from '../../stores/backup/backup-file.ts';
import { newCommand } from '../commands.ts';
import { collect } from '../shared/options/collect.ts';
import { readSecretFile } from '../shared/options/read-secret-file.ts';
import { refusal } from '../shared/options/refusal.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';

export interface BackupContext {
  backUp(file: string, encryption: Encryption): Promise<BackupSummary>;
  /** Each prints whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
}

interface BackupOptions extends ResultOptions {
  readonly passphraseFile?: string;
  readonly recipient?: readonly string[];
}

/** Rejects with one sentence, and leaves no file in that case. */
export function backupCommand(context: BackupContext): Command {
  return newCommand('backup')
    .argument('<file>', 'file to write, which must not exist yet')
    .option('--passphrase-file <file>', 'encrypt it with the passphrase in this file (/dev/stdin will do)')
    .option('--recipient <key>', 'encrypt it for this public key of age (age1...); can be repeated', collect)
    .action(async (file: string, options: BackupOptions) => {
      const encryption = await encryptionOf(options);
      const summary = await context.backUp(file, encryption);
      if (encryption.passphrase === undefined && encryption.recipients === undefined)
        context.stderr(`${file} is not encrypted, and holds the signing keys: keep it like them\n`);
      const text = `${file} holds ${summary.users} users, ${summary.parts} parts in all\n`;
      printResult(context, options, { text, data: summary });
      const { leftOut = [] } = summary;
      if (leftOut.length > 0)
        throw new Error(
          `this release cannot read these documents, and they are not in the file: ${leftOut.join(', ')}`,
        );
    });
}

async function encryptionOf({ passphraseFile, recipient }: BackupOptions): Promise<Encryption> {
  if (passphraseFile !== undefined && recipient !== undefined)
    throw refusal('give --passphrase-file or --recipient, not both: the format of the file does not allow it');
  const passphrase = passphraseFile === undefined ? undefined : await readSecretFile(passphraseFile);
  return omitUndefined({ passphrase, recipients: recipient });
}
