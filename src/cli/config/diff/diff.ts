/** `stepgate config diff`. */
import type { Command } from 'commander';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { loadConfiguration } from '../../../policy/load.ts';
import { ConfigurationRefused } from '../../../policy/model/configuration-refused.ts';
import { withAccountApp } from '../../../policy/revision/account-app.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';
import { newCommand } from '../../commands.ts';
import { readActiveRevision } from '../../shared/configuration/read-active-revision.ts';
import { refusal } from '../../shared/options/refusal.ts';
import { withPrintedFindings } from '../../shared/output/print-findings.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { writeOutputFile } from '../../shared/output/write-output-file.ts';
import { withStore } from '../../shared/store/with-store.ts';
import { parseDuration } from '../../shared/values/durations.ts';
import { validFiles } from '../shared/checked-files.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { type Draft, diffAgainstActive, locationsOfKeys } from './against-active.ts';
import { nextConfiguration } from './compared/compared-configuration.ts';
import type { ConfigDiff } from './compared/configuration-changes.ts';
import { configDiff } from './config-diff.ts';
import { diffHtml } from './output/diff-html.ts';
import { diffText } from './output/diff-text.ts';
import { type Replay, replay } from './replay/replay.ts';
import { replayText } from './replay/replay-text.ts';

interface DiffCommandOptions extends ResultOptions {
  readonly html?: string;
  readonly from?: string;
  readonly replay?: string;
}

export function diffCommand(context: ConfigContext): Command {
  return newCommand('config diff')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('--from <dir>', 'compare with these files instead of the active revision; users are not counted then')
    .option('--html <file>', 'write it as a page, too')
    .option('--replay <duration>', 'replay the sign-ins that the audit log recorded within this time, e.g. P30D')
    .action(async (dir: string, options: DiffCommandOptions) => {
      if (options.replay !== undefined && options.from !== undefined)
        throw refusal('--replay compares with the active revision, and --from does not');
      const back = replayedSeconds(options.replay);
      // A diff has no findings of the analysis (decision 187).
      const checked = await validFiles(context, dir, options);
      if (checked === undefined) return;
      let diff: ConfigDiff | undefined;
      await withPrintedFindings(context, options, async () => {
        diff = await diffOf(context, checked, options.from);
      });
      if (diff === undefined) return;
      const replayedSignIns = back === undefined ? undefined : await replayOf(context, checked, back);
      const page = { dir, now: context.now(), ...omitUndefined({ replay: replayedSignIns }) };
      if (options.html !== undefined) await writeOutputFile(options.html, diffHtml(diff, page));
      const replayed = replayedSignIns && back !== undefined ? `\n${replayText(replayedSignIns, back)}` : '';
      printResult(context, options, {
        text: `${diffText(diff)}${replayed}`,
        data: { ok: true, ...diff, ...(replayedSignIns && { replay: replayedSignIns }) },
      });
    });
}

/** Undefined if nothing is to be replayed. */
export function replayedSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (!seconds) throw refusal(`--replay takes how far back, like P30D, 30d or 12h, not ${text}`);
  return seconds;
}

/** Replays the sign-ins of the last `back` seconds. Rejects with errors of the store. */
export function replayOf(context: ConfigContext, { documents }: Draft, back: number): Promise<Replay> {
  return withStore(context, async (store) => {
    const { snapshot } = await readActiveRevision(store, context.authenticators);
    const next = await nextConfiguration(documents, context.authenticators);
    const own = (side: Snapshot): Snapshot => withAccountApp(side, context.issuer ?? side.settings.issuer ?? '');
    return replay(store, { active: own(snapshot), next: own(next.snapshot) }, context.now() - back);
  });
}

async function diffOf(context: ConfigContext, draft: Draft, from: string | undefined): Promise<ConfigDiff> {
  if (from === undefined) return withStore(context, (store) => diffAgainstActive(store, draft, context));
  const loaded = await loadConfiguration(from, context);
  if (!loaded.ok) throw new ConfigurationRefused('bad_request', from, loaded.findings);
  const { authenticators, now } = context;
  return configDiff({
    active: await nextConfiguration(loaded.documents, authenticators),
    next: await nextConfiguration(draft.documents, authenticators),
    against: `the files of ${from}`,
    locationOf: locationsOfKeys(draft.sources ?? []),
    authenticators,
    now: now(),
  });
}
