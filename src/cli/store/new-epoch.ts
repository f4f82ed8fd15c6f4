/** `stepgate store new-epoch`: for a store that was restored by other means than `stepgate restore`. */
import type { Command } from 'commander';
import { auditOp } from '../../flow/audit.ts';
import { newSigningKeys, replaceKeys } from '../../oidc/keys/keyring.ts';
import type { Store } from '../../stores/store.ts';
import { beginEpoch } from '../../stores/store-state.ts';
import { Directory } from '../../users/directory/directory.ts';
import { listUsers, type PageOfUsers } from '../../users/directory/list-users.ts';
import type { Account } from '../../users/record/user.ts';
import { newCommand } from '../commands.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { operatorName } from '../shared/store/operator-name.ts';
import { aboutRecoveryCodes } from '../shared/store/void-recovery-codes.ts';
import { withStore } from '../shared/store/with-store.ts';

export interface NewEpochContext {
  openStore(): Promise<Store>;
  stdout(text: string): void;
  /** Epoch seconds. */
  now(): number;
  /** Key of the authenticator. */
  readonly recoveryCodes: string;
}

interface Options extends ResultOptions {
  readonly voidRecoveryCodes?: true;
  readonly replaceKeys?: true;
}

const pageSize = 500;

export function newEpochCommand(context: NewEpochContext): Command {
  return newCommand('store new-epoch')
    .option('--void-recovery-codes', 'recovery codes that were issued before are void, too')
    .option('--replace-keys', 'make new signing keys, so that no token counts that was signed before')
    .action(async (options: Options) => {
      const since = await withStore(context, (store) => beginNewEpoch(store, context, options));
      const at = new Date(since * 1000).toISOString();
      const text =
        `since ${at} sessions, codes, links and stored tokens from before are void; ` +
        `${aboutRecoveryCodes(options.voidRecoveryCodes ?? false)}\n`;
      printResult(context, options, { text, data: { since: at } });
    });
}

async function beginNewEpoch(store: Store, context: NewEpochContext, options: Options): Promise<number> {
  const since = await beginEpoch(store, context.now() * 1000);
  await store.commit([auditOp({ event: 'store.epoch_began', outcome: 'success', by: operatorName() }).op]);
  if (options.replaceKeys) await replaceKeys(store, await newSigningKeys(context.now()));
  if (options.voidRecoveryCodes) await voidRecoveryCodes(store, context);
  return since;
}

/** Also ends the sessions of these users, as any removal of an authenticator does. */
async function voidRecoveryCodes(store: Store, { recoveryCodes, now }: NewEpochContext): Promise<void> {
  const directory = new Directory(store, now);
  const matches = ({ credentials }: Account): boolean =>
    credentials.some(({ authenticator }) => authenticator === recoveryCodes);
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: PageOfUsers = await listUsers(store, { after, limit: pageSize, matches });
    for (const { user } of page.accounts) await directory.resetAuthenticators(user.id, recoveryCodes);
    after = page.next;
  }
}
