/** `stepgate restore FILE`. */
import type { Command } from 'commander';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { auditOp } from '../../flow/audit.ts';
import { newSigningKeys } from '../../oidc/keys/keyring.ts';
import type { BackupSummary, RestoreOptions } from '../../stores/backup/backup.ts';
import type { Decryption } from '../../stores/backup/backup-file.ts';
import { keyringKey } from '../../stores/keys.ts';
import { endStandAloneOp } from '../../stores/redis/store-alone.ts';
import type { Store } from '../../stores/store.ts';
import { newCommand } from '../commands.ts';
import { readSecretFile, readSecretLines } from '../shared/options/read-secret-file.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { operatorName } from '../shared/store/operator-name.ts';
import { aboutRecoveryCodes, withoutRecoveryCodes } from '../shared/store/void-recovery-codes.ts';
import { withStore } from '../shared/store/with-store.ts';

export interface RestoreContext {
  restoreBackup(file: string, options: Omit<RestoreOptions, 'now' | 'settle'>): Promise<BackupSummary>;
  openStore(): Promise<Store>;
  stdout(text: string): void;
  /** Epoch seconds. */
  now(): number;
  /** Key of the authenticator. */
  readonly recoveryCodes: string;
}

interface Options extends ResultOptions {
  readonly replace?: true;
  readonly passphraseFile?: string;
  readonly identityFile?: string;
  readonly voidRecoveryCodes?: true;
  readonly replaceKeys?: true;
}

/** Rejects with one sentence. In that case nothing was changed, unless the sentence says otherwise. */
export function restoreCommand(context: RestoreContext): Command {
  return newCommand('restore')
    .argument('<file>', 'file that the command `backup` wrote')
    .option('--replace', 'replace what the store holds already')
    .option('--passphrase-file <file>', 'the passphrase that it was encrypted with')
    .option('--identity-file <file>', 'the secret key of age (AGE-SECRET-KEY-1...) that it was encrypted for')
    .option('--void-recovery-codes', 'recovery codes that were issued before are void, too')
    .option('--replace-keys', 'make new signing keys, so that no token counts that was signed before')
    .action(async (file: string, options: Options) => {
      const summary = await context.restoreBackup(file, {
        decryption: await decryptionOf(options),
        replace: options.replace ?? false,
        change: await changeOf(context, options),
      });
      await confirm(context);
      const text =
        `restored ${summary.users} users as of ${summary.madeAt}. Sessions, codes, links and stored tokens from ` +
        `before are void; ${aboutRecoveryCodes(options.voidRecoveryCodes ?? false)}\n`;
      printResult(context, options, { text, data: summary });
    });
}

/** Rejects if it is uncertain whether every replica has the restored data. The store itself has it. */
async function confirm(context: RestoreContext): Promise<void> {
  const done = auditOp({ event: 'store.restored', outcome: 'success', by: operatorName() }).op;
  try {
    await withStore(context, async (store) => {
      await store.commit([endStandAloneOp, done]);
      await store.confirm();
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the store was restored, and is not known to be at every replica: ${reason}. Once they are back, repeat the command with --replace`,
    );
  }
}

async function decryptionOf({ passphraseFile, identityFile }: Options): Promise<Decryption> {
  return omitUndefined({
    passphrase: passphraseFile === undefined ? undefined : await readSecretFile(passphraseFile),
    identities: identityFile === undefined ? undefined : await readSecretLines(identityFile),
  });
}

/** How a document is changed on its way into the store. */
async function changeOf(
  { recoveryCodes, now }: RestoreContext,
  { voidRecoveryCodes, replaceKeys }: Options,
): Promise<(key: string, text: string) => string> {
  const renew = replaceKeys ? await newSigningKeys(now()) : undefined;
  return (key, text) => {
    if (renew && key === keyringKey) return renew(text);
    return voidRecoveryCodes ? withoutRecoveryCodes(key, text, recoveryCodes) : text;
  };
}
