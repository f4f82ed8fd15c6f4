/** `stepgate config who`. */
import type { Command } from 'commander';
import type { App } from '../../../policy/model/app.ts';
import { newCommand } from '../../commands.ts';
import { withPrintedFindings } from '../../shared/output/print-findings.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { tableText } from '../../shared/output/table.ts';
import { type AskContext, type AskedConfiguration, appsToShow, withAskedConfiguration } from './asked-configuration.ts';
import { byOutcome, leftAsideText, outcomeData, placesLeftText, plainUserText, reasonedText } from './asked-text.ts';
import { groupsIn, type NamedUser, type Outcome, questionAbout, signInsTo } from './fresh-sign-ins.ts';
import { conditionsLeftAside } from './left-aside.ts';
import { namedUsers, namedUserText, otherUsersText } from './named-users.ts';
import { withoutRepeatedPlaces } from './zones-together.ts';

interface WhoOptions extends ResultOptions {
  readonly config?: string;
}

export function whoCommand(context: AskContext): Command {
  return newCommand('config who')
    .argument('<app>', 'client id')
    .option('--config <dir>', 'use these files instead of the active revision')
    .action((clientId: string, options: WhoOptions) =>
      withPrintedFindings(context, options, () =>
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
  const asked = await questionAbout(apps, snapshot, context);
  const alone = [[], ...(await groupsIn(apps, snapshot)).map((group) => [group])].map((groups) => ({ groups }));
  const users: readonly NamedUser[] = [...alone, ...(await namedUsers(apps, snapshot))];
  const rows: (NamedUser & { readonly app: App; readonly outcomes: readonly Outcome[] })[] = [];
  for (const app of apps) {
    const outcomesOf = await signInsTo(app, asked);
    for (const user of users) rows.push({ ...user, app, outcomes: await outcomesOf(user) });
  }
  const leftAside = await conditionsLeftAside(apps, asked, { realUser: false });
  const lines = rows.flatMap(({ app: _, outcomes, ...user }) =>
    byOutcome(outcomes, wordsOf).map(({ where, outcome }, index) => [
      index === 0 ? namedUserText(user, '(no group)') : '',
      where,
      reasonedText(outcome),
      outcome.rule,
    ]),
  );
  printResult(context, options, {
    text: [
      `Who gets into ${clientId} now, by ${source}: a fresh sign-in in a new browser, of a user who has every authenticator that users can enroll\n\n`,
      tableText([['group', 'from', 'asked', 'rules'], ...lines]),
      placesLeftText(asked),
      plainUserText(asked),
      leftAsideText(leftAside),
      await otherUsersText(rows, snapshot),
    ].join(''),
    data: {
      source,
      app: clientId,
      rows: rows.map(({ app: _, outcomes, ...user }) => ({
        ...user,
        outcomes: withoutRepeatedPlaces(outcomes, wordsOf).map(outcomeData),
      })),
      leftAside,
      ...(asked.asksWho && { user: asked.plain }),
    },
  });
}

function wordsOf(outcome: Outcome): string {
  return JSON.stringify([reasonedText(outcome), outcome.rule]);
}
