/** `stepgate store finish-upgrade`: once every node runs the new release. */
import type { Command } from 'commander';
import { auditOp } from '../../flow/audit.ts';
import type { FinishedUpgrade } from '../../stores/finish-upgrade.ts';
import type { Store } from '../../stores/store.ts';
import { newCommand } from '../commands.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { operatorName } from '../shared/store/operator-name.ts';
import { withStore } from '../shared/store/with-store.ts';

export interface FinishUpgradeContext {
  openStore(): Promise<Store>;
  finishUpgrade(): Promise<FinishedUpgrade>;
  stdout(text: string): void;
}

export function finishUpgradeCommand(context: FinishUpgradeContext): Command {
  return newCommand('store finish-upgrade').action(async (options: ResultOptions) => {
    const result = await context.finishUpgrade();
    const { version, rewritten, wasFinished } = result;
    if (!wasFinished)
      await withStore(context, (store) =>
        store.commit([auditOp({ event: 'store.upgraded', outcome: 'success', by: operatorName() }).op]),
      );
    const text = wasFinished
      ? `nothing to finish: the documents of this store have version ${version}\n`
      : `the documents of this store have version ${version} now, ${rewritten} were rewritten. Older releases refuse it\n`;
    printResult(context, options, { text, data: result });
  });
}
