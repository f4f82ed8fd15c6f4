/** `stepgate config matrix`. */
import type { Command } from 'commander';
import type { App } from '../../policy/model/app.ts';
import { appClasses } from '../../policy/revision/equivalent-apps.ts';
import { newCommand } from '../commands.ts';
import { collect } from '../shared/collect.ts';
import { getOrMake } from '../shared/get-or-make.ts';
import { printLongResult, type ResultOptions } from '../shared/print-result.ts';
import { withProblems } from '../shared/problems.ts';
import { tableText } from '../shared/table.ts';
import { type AskContext, type AskedConfiguration, appsToShow, withAskedConfiguration } from './asked-configuration.ts';
import { askedWords, leftAsideText, outcomeData } from './asked-text.ts';
import { conditionsLeftAside, groupsIn, type Outcome, questionAbout, signInsTo } from './fresh-sign-ins.ts';
import { type GroupCombinations, groupCombinations } from './group-combinations.ts';

interface MatrixOptions extends ResultOptions {
  readonly app?: readonly string[];
  readonly config?: string;
}

/** Combinations of groups that are shown: those of the most users. */
const maxShown = 50;

interface Row {
  readonly groups: readonly string[];
  /** Active users in just these groups. Absent: there is no store. */
  readonly users?: number;
}

export interface AppRow extends Row {
  readonly app: App;
  /** Outcomes in the order of the zones. */
  readonly outcomes: readonly Outcome[];
}

export interface Matrix {
  /** Which configuration it is about, for the reader. */
  readonly source: string;
  readonly zones: readonly string[];
  /** Rows by app, then by groups. */
  readonly table: readonly AppRow[];
  /** Combinations of groups beyond the limit. */
  readonly left: number;
  /** There are more users than were counted. */
  readonly isPartial: boolean;
  /** Conditions that it leaves aside. */
  readonly leftAside: readonly string[];
}

export function matrixCommand(context: AskContext): Command {
  return newCommand('config matrix')
    .option('--app <client id>', 'only this app; can be repeated', collect)
    .option('--config <dir>', 'by these files instead of the revision in use')
    .action((options: MatrixOptions) =>
      withProblems(context, options, () =>
        withAskedConfiguration(context, options.config, (configured) => print(context, options, configured)),
      ),
    );
}

async function print(context: AskContext, options: MatrixOptions, configured: AskedConfiguration): Promise<void> {
  const matrix = await matrixOf(context, configured, options.app);
  const { source, zones, table, left, isPartial, leftAside } = matrix;
  await printLongResult(context, options, {
    text: [
      `What a fresh sign-in in a new browser asks for now, by ${source}, of a user who has every authenticator that users can enroll\n\n`,
      tableText(tableRows(table, zones)),
      left > 0 ? `\n${left} more combinations of groups are not shown.\n` : '',
      isPartial ? '\nNot all users were counted.\n' : '',
      leftAsideText(leftAside),
    ].join(''),
    data: () => matrixData(matrix),
  });
}

/** The matrix as data for scripts. */
export function matrixData({ source, zones, table, left, isPartial, leftAside }: Matrix): object {
  // Rows with the same outcomes share the data of them.
  const known = new Map<readonly Outcome[], readonly object[]>();
  return {
    source,
    zones,
    rows: table.map(({ app: { clientId }, outcomes, ...row }) => ({
      app: clientId,
      ...row,
      outcomes: getOrMake(known, outcomes, () => outcomes.map(outcomeData)),
    })),
    combinationsLeftOut: left,
    usersComplete: !isPartial,
    leftAside,
  };
}

/** All that the command shows. Rejects where an app is unknown, or with what the store rejects with. */
export async function matrixOf(
  context: AskContext,
  configured: AskedConfiguration,
  named?: readonly string[],
): Promise<Matrix> {
  const { snapshot, source, store } = configured;
  const apps = await appsToShow(configured, named);
  const members = store && (await groupCombinations(store));
  const { rows, left } = rowsFor(await groupsIn(apps, snapshot), members);
  const asked = questionAbout(snapshot, context);
  const table: AppRow[] = [];
  const known = new Map<string, readonly (readonly Outcome[])[]>();
  const classOf = appClasses(snapshot.policies);
  for (const app of apps) {
    const key = JSON.stringify([await classOf(app), ownTerms(app)]);
    const outcomes = known.get(key) ?? (await outcomesFor(rows, await signInsTo(app, asked)));
    known.set(key, outcomes);
    table.push(...rows.map((row, at) => ({ ...row, app, outcomes: outcomes[at] ?? [] })));
  }
  const leftAside = await conditionsLeftAside(apps, asked, { realUser: false });
  const zones = asked.places.map(({ zone }) => zone);
  return { source, zones, table, left, isPartial: members?.isPartial === true, leftAside };
}

/**
 * What a fresh sign-in depends on apart from the policies. Each third-party app is examined by itself: it asks for
 * consent.
 */
function ownTerms({ clientId, firstParty, identify, client }: App): readonly unknown[] {
  return [firstParty || clientId, identify, client.default_acr_values, client.default_max_age];
}

async function outcomesFor(
  rows: readonly Row[],
  outcomesOf: Awaited<ReturnType<typeof signInsTo>>,
): Promise<readonly (readonly Outcome[])[]> {
  const outcomes: (readonly Outcome[])[] = [];
  for (const { groups } of rows) outcomes.push(await outcomesOf({ groups }));
  return outcomes;
}

/** No group, each group alone, and what users have together. `left`: combinations beyond the limit. */
function rowsFor(
  named: readonly string[],
  members: GroupCombinations | undefined,
): { readonly rows: readonly Row[]; readonly left: number } {
  const combinations = members?.combinations ?? [];
  const groups = [...new Set([...named, ...combinations.flatMap((one) => one.groups)])].sort();
  const alone = [[], ...groups.map((group) => [group])].map((only): Row => {
    const same = combinations.find((one) => one.groups.length === only.length && one.groups[0] === only[0]);
    return members === undefined ? { groups: only } : { groups: only, users: same?.users ?? 0 };
  });
  const together = combinations.filter((one) => one.groups.length > 1);
  return { rows: [...alone, ...together.slice(0, maxShown)], left: Math.max(0, together.length - maxShown) };
}

/** The app is named once; the number of users only where there is a store. */
function tableRows(table: readonly AppRow[], zones: readonly string[]): readonly (readonly string[])[] {
  const counted = table.some(({ users }) => users !== undefined);
  const head = ['app', 'groups', ...(counted ? ['users'] : []), ...zones];
  const rows = table.map(({ app, groups, users, outcomes }, index) => [
    table[index - 1]?.app === app ? '' : app.clientId,
    groups.join(' + ') || '(none)',
    ...(counted ? [String(users)] : []),
    ...outcomes.map(askedWords),
  ]);
  return [head, ...rows];
}
