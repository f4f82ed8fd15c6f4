/** `stepgate config report`: everything that a security review asks about a configuration, on one page. */
import { type Command, Option } from 'commander';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { unknownName } from '../../../policy/source/nearest-name.ts';
import { newCommand } from '../../commands.ts';
import { collect } from '../../shared/options/collect.ts';
import { refusal } from '../../shared/options/refusal.ts';
import { printLongResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { writeOutputFile } from '../../shared/output/write-output-file.ts';
import { replayedSeconds } from '../diff/diff.ts';
import { matrixData } from '../questions/matrix.ts';
import { checkedFiles } from '../shared/checked-files.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { standardNames } from '../shared/standard-option.ts';
import { type Report, reportContents } from './report-contents.ts';
import { reportHtml } from './report-html.ts';

interface ReportCommandOptions extends ResultOptions {
  readonly out: string;
  readonly standard?: readonly string[];
  readonly replay?: string;
}

export function reportCommand(context: ConfigContext): Command {
  return newCommand('config report')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .requiredOption('--out <file>', 'the page to write')
    .addOption(
      new Option('--standard <name>', 'say also which rules fall short of a standard; can be repeated').argParser(
        collectStandard,
      ),
    )
    .option(
      '--replay <duration>',
      'replay the sign-ins that the audit log recorded within this time as well, e.g. P30D',
    )
    .action(async (dir: string, options: ReportCommandOptions) => {
      const back = replayedSeconds(options.replay);
      const checked = await checkedFiles(context, dir, options);
      if (checked === undefined) return;
      const asked = { dir, standards: options.standard ?? [], ...omitUndefined({ back }) };
      const report = await reportContents(context, checked, asked);
      await writeOutputFile(options.out, reportHtml(report));
      await printLongResult(context, options, {
        text: () => `wrote ${options.out}\n`,
        data: () => ({ ok: true, file: options.out, ...reportData(report) }),
      });
    });
}

function collectStandard(name: string, before: readonly string[] | undefined): readonly string[] {
  if (!standardNames.includes(name)) throw refusal(unknownName('standard', name, standardNames));
  return [...new Set(collect(name, before))];
}

/** The report as data for scripts. */
function reportData({ matrix, tests, ...report }: Report): object {
  const { results, coverage } = tests;
  return {
    ...report,
    matrix: matrixData(matrix),
    tests: {
      ...tests,
      results: results.map(({ explanation: _, ...result }) => ({ ...result, ok: result.differences.length === 0 })),
      coverage,
    },
  };
}
