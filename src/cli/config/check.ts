/** `stepgate config check`. */
import type { Command } from 'commander';
import { newCommand } from '../commands.ts';
import { printResult } from '../shared/print-result.ts';
import { type CheckOptions, checkedFiles, type InvariantResult, refuseErrors } from './checked-files.ts';
import type { ConfigContext } from './config-context.ts';
import { orphanedInStore, refuseOrphaned } from './orphaned.ts';
import { countsText, documentCounts, quantity } from './quantities.ts';

export function checkCommand(context: ConfigContext): Command {
  return newCommand('config check')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('--notes', 'print notes, too')
    .action(async (dir: string, options: CheckOptions) => {
      const checked = await checkedFiles(context, dir, options);
      if (checked === undefined || refuseErrors(context, checked, options)) return;
      const { documents, warnings, findings, invariants } = checked;
      const orphaned = await orphanedInStore(context, documents);
      if (orphaned.length > 0) return refuseOrphaned(context, orphaned, options);
      const counts = documentCounts(documents);
      printResult(context, options, {
        text: `${dir} is a good configuration: ${countsText(counts)}${provedText(invariants)}\n`,
        data: { ok: true, ...counts, warnings, findings, invariants },
      });
    });
}

/** Only those that are proved; of all others there is a finding. */
function provedText(invariants: readonly InvariantResult[]): string {
  if (invariants.length === 0) return '';
  const proved = invariants.filter(({ verdict }) => verdict === 'holds').length;
  if (proved < invariants.length) return `; ${proved} of ${quantity(invariants.length, 'invariant')} proved`;
  return `; ${quantity(proved, 'invariant')} proved`;
}
