/** `stepgate config who`. */
import type { Command } from 'commander';
import { newCommand } from '../commands.ts';
import { printResult, type ResultOptions } from '../shared/print-result.ts';
import { withProblems } from '../shared/problems.ts';
import { tableText } from '../shared/table.ts';
import { type AskContext, type AskedConfiguration, appsToShow, withAskedConfiguration } from './asked-configuration.ts';
import { askedWords, byOutcome, denialText, leftAsideText, outcomeData } from './asked-text.ts';
import { conditionsLeftAside, groupsIn, type Outcome, questionAbout, signInsTo } from './fresh-sign-ins.ts';

interface WhoOptions extends ResultOptions {
  readonly config?: string;
}

export function whoCommand(context: AskContext): Command {
  return newCommand('config who')
    .argument('<app>', 'client id')
    .option('--config <dir>', 'by these files instead of the revision in use')
    .action((clientId: string, options: WhoOptions) =>
      withProblems(context, options, () =>
        withAskedConfiguration(context, options.config, (configured) =>
          print(context, options, { clientId, configured }),
        ),
      ),
    );
}

async function print(
  context: AskContext,
  options: WhoOptions,
  { clientId, configured }: { readonly clientId: string; readonly configured: AskedConfiguration },
): Promise<void> {
  const { snapshot, source } = configured;
  const apps = await appsToShow(configured, [clientId]);
  const asked = questionAbout(snapshot, context);
  const rows: { readonly groups: readonly string[]; readonly outcomes: readonly Outcome[] }[] = [];
  for (const app of apps) {
    const outcomesOf = await signInsTo(app, asked);
    for (const groups of [[], ...(await groupsIn(apps, snapshot)).map((group) => [group])])
      rows.push({ groups, outcomes: await outcomesOf({ groups }) });
  }
  const leftAside = await conditionsLeftAside(apps, asked, { realUser: false });
  const lines = rows.flatMap(({ groups, outcomes }) =>
    byOutcome(outcomes, wordsOf).map(({ where, outcome }, index) => [
      index === 0 ? (groups[0] ?? '(no group)') : '',
      where,
      reasonedWords(outcome),
      outcome.rule,
    ]),
  );
  printResult(context, options, {
    text: [
      `Who gets into ${clientId} now, by ${source}: a fresh sign-in in a new browser, of a user who has every authenticator that users can enroll\n\n`,
      tableText([['group', 'from', 'asked', 'rules'], ...lines]),
      leftAsideText(leftAside),
    ].join(''),
    data: {
      source,
      app: clientId,
      rows: rows.map(({ groups, outcomes }) => ({ groups, outcomes: outcomes.map(outcomeData) })),
      leftAside,
    },
  });
}

function wordsOf(outcome: Outcome): string {
  return JSON.stringify([reasonedWords(outcome), outcome.rule]);
}

function reasonedWords(outcome: Outcome): string {
  const why = denialText(outcome);
  return why === '' ? askedWords(outcome) : `${askedWords(outcome)}: ${why}`;
}
