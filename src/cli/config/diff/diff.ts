/** `stepgate config diff`. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadConfiguration } from '../../../policy/load.ts';
import { findingLine } from '../../../policy/model/finding.ts';
import { newCommand } from '../../commands.ts';
import { printResult, type ResultOptions } from '../../shared/print-result.ts';
import { refusal } from '../../shared/refusal.ts';
import { withStore } from '../../shared/with-store.ts';
import { checkedFiles } from '../checked-files.ts';
import type { ConfigContext } from '../config-context.ts';
import { type Candidate, diffAgainstLive, linesIn } from './against-live.ts';
import { configDiff } from './config-diff.ts';
import { diffHtml } from './diff-html.ts';
import { diffText } from './diff-text.ts';
import type { ConfigDiff } from './model.ts';
import { nextSide } from './side.ts';

interface DiffCommandOptions extends ResultOptions {
  readonly html?: string;
  readonly from?: string;
}

export function diffCommand(context: ConfigContext): Command {
  return newCommand('config diff')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('--from <dir>', 'compare with these files instead of what is live; users are not counted then')
    .option('--html <file>', 'write it as a page, too')
    .action(async (dir: string, options: DiffCommandOptions) => {
      const checked = await checkedFiles(context, dir, options);
      if (checked === undefined) return;
      const diff = await diffOf(context, checked, options.from);
      if (options.html !== undefined) await writePage(options.html, diffHtml(diff, { dir, now: context.now() }));
      printResult(context, options, { text: diffText(diff), data: { ok: true, ...diff } });
    });
}

async function diffOf(context: ConfigContext, candidate: Candidate, from: string | undefined): Promise<ConfigDiff> {
  if (from === undefined) return withStore(context, (store) => diffAgainstLive(store, candidate, context));
  const loaded = await loadConfiguration(from, context);
  if (!loaded.ok) {
    const lines = loaded.findings.map((problem) => `${from}/${findingLine(problem)}`);
    throw refusal(`${from} is not a good configuration:\n${lines.join('\n')}`);
  }
  const { authenticators, now } = context;
  return configDiff({
    live: await nextSide(loaded.documents, authenticators),
    next: await nextSide(candidate.documents, authenticators),
    against: `the files of ${from}`,
    lineOf: linesIn(candidate.sources ?? []),
    authenticators,
    now: now(),
  });
}

async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (error) {
    throw refusal(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
