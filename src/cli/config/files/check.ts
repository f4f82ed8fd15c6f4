/** `stepgate config check`. */
import { type Command, Option } from 'commander';
import { newCommand } from '../../commands.ts';
import { testFindings } from '../../policy-tests/policy-tests.ts';
import { collect } from '../../shared/options/collect.ts';
import { printResult } from '../../shared/output/print-result.ts';
import {
  analysedFiles,
  type CheckedFiles,
  type CheckOptions,
  type InvariantResult,
  refuseErrors,
  refuseFindings,
  validFiles,
} from '../shared/checked-files.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { countsText, documentCounts, quantity } from '../shared/quantities.ts';
import { type StandardChoice, standardNames, standardReport, standardText } from '../shared/standard-option.ts';
import { orphanedInStore, refuseOrphaned } from './orphaned-passkeys.ts';

export function checkCommand(context: ConfigContext): Command {
  return newCommand('config check')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('--notes', 'print notes, too')
    .addOption(new Option('--standard <name>', 'say which rules fall short of a standard').choices(standardNames))
    .option('--app <client id>', 'with --standard: only this app; can be repeated', collect)
    .option('--label <label>', 'with --standard: only apps with this label; can be repeated', collect)
    .action(async (dir: string, options: CheckOptions & StandardChoice) => {
      const checked = await checkedWithTests(context, dir, options);
      if (checked === undefined) return;
      const { documents, findings, invariants } = checked;
      const report = await standardReport(context, checked, options);
      const standard = report && { standard: report };
      const ofStandard = report ? standardText(report, dir) : '';
      if (refuseErrors(context, { findings, invariants, ...standard }, options)) {
        if (!options.json) context.stdout(ofStandard);
        return;
      }
      if (report?.meets === false) context.setExitCode(1);
      const orphaned = await orphanedInStore(context, documents);
      if (orphaned.length > 0) return refuseOrphaned(context, orphaned, options);
      const counts = documentCounts(documents);
      printResult(context, options, {
        text: `${dir} is a good configuration: ${countsText(counts)}${provedText(invariants)}\n${ofStandard}`,
        data: { ok: true, ...counts, findings, invariants, ...standard },
      });
    });
}

/** The policy tests as well: they must be valid, and are not run. */
async function checkedWithTests(
  context: ConfigContext,
  dir: string,
  options: CheckOptions,
): Promise<CheckedFiles | undefined> {
  const loaded = await validFiles(context, dir, options);
  if (loaded === undefined) return undefined;
  const faults = await testFindings(dir, loaded.documents, context);
  if (faults.length === 0) return analysedFiles(context, { ...loaded, dir }, options);
  refuseFindings(context, faults, options.json);
  return undefined;
}

/** Lists only proved invariants. There is a finding for each of the others. */
function provedText(invariants: readonly InvariantResult[]): string {
  if (invariants.length === 0) return '';
  const proved = invariants.filter(({ verdict }) => verdict === 'holds').length;
  if (proved < invariants.length) return `; ${proved} of ${quantity(invariants.length, 'invariant')} proved`;
  return `; ${quantity(proved, 'invariant')} proved`;
}
