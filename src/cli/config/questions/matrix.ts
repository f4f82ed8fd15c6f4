/** `stepgate config matrix`. */
import type { Command } from 'commander';
import type { App } from '../../../policy/model/app.ts';
import { appClasses } from '../../../policy/revision/equivalent-apps.ts';
import { newCommand } from '../../commands.ts';
import { collect } from '../../shared/options/collect.ts';
import { withPrintedFindings } from '../../shared/output/print-findings.ts';
import { printLongResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { tableText } from '../../shared/output/table.ts';
import { wrappedList } from '../../shared/output/wrapped-list.ts';
import { getOrMake } from '../../shared/values/get-or-make.ts';
import { type AskContext, type AskedConfiguration, appsToShow, withAskedConfiguration } from './asked-configuration.ts';
import {
  askedText,
  byOutcome,
  leftAsideText,
  outcomeData,
  placesLeftText,
  plainUserText,
  reasonedText,
} from './asked-text.ts';
import {
  type AskedSignIns,
  groupsIn,
  type NamedUser,
  type Outcome,
  questionAbout,
  signInsTo,
} from './fresh-sign-ins.ts';
import { type GroupCombinations, groupCombinations } from './group-combinations.ts';
import { conditionsLeftAside } from './left-aside.ts';
import { type AppRow, appBlocks, type GroupRow, usersInRows } from './matrix-rows.ts';
import { namedUsers, namedUserText, otherUsersText } from './named-users.ts';
import { shownInAny } from './zones-together.ts';

interface MatrixOptions extends ResultOptions {
  readonly app?: readonly string[];
  readonly config?: string;
}

/** The most rows for users in several groups or of a type: those that rules name, then the most frequent ones. */
const maxShown = 50;

export interface Matrix extends Pick<AskedSignIns, 'plain' | 'asksWho' | 'asksWhen' | 'placesLeft'> {
  /** Describes the configuration for the reader. */
  readonly source: string;
  readonly zones: readonly string[];
  /** Rows ordered by app, then by groups. */
  readonly table: readonly AppRow[];
  /** The number of combinations beyond the limit. */
  readonly left: number;
  /** There are more users than were counted. */
  readonly isPartial: boolean;
  /** Conditions that the matrix ignores. */
  readonly leftAside: readonly string[];
  /** Apps that none of these users can enter, although others may. Empty if there are none. */
  readonly others: string;
}

export function matrixCommand(context: AskContext): Command {
  return newCommand('config matrix')
    .option('--app <client id>', 'only this app; can be repeated', collect)
    .option('--config <dir>', 'use these files instead of the active revision')
    .action((options: MatrixOptions) =>
      withPrintedFindings(context, options, () =>
        withAskedConfiguration(context, options.config, (configured) => print(context, options, configured)),
      ),
    );
}

async function print(context: AskContext, options: MatrixOptions, configured: AskedConfiguration): Promise<void> {
  const matrix = await matrixOf(context, configured, options.app);
  const { source, table, left, isPartial, leftAside, others } = matrix;
  await printLongResult(context, options, {
    text: () =>
      [
        `What a fresh sign-in in a new browser asks for now, by ${source}, of a user who has every authenticator that users can enroll\n\n`,
        tableText(tableRows(table)),
        left > 0 ? `\n${left} more combinations of groups are not shown.\n` : '',
        isPartial ? '\nNot all users were counted.\n' : '',
        placesLeftText(matrix),
        plainUserText(matrix),
        leftAsideText(leftAside),
        others,
      ].join(''),
    data: () => matrixData(matrix),
  });
}

/** The matrix as data for scripts. */
export function matrixData({ source, zones, table, left, isPartial, leftAside, plain, asksWho }: Matrix): object {
  // Rows with the same outcomes share their data.
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
    ...(asksWho && { user: plain }),
  };
}

/** Everything that the command shows. Rejects for an unknown app, and with errors of the store. */
export async function matrixOf(
  context: AskContext,
  configured: AskedConfiguration,
  clientIds?: readonly string[],
): Promise<Matrix> {
  const { snapshot, source, store } = configured;
  const apps = await appsToShow(configured, clientIds);
  const named = await namedUsers(apps, snapshot);
  const types = new Set(named.flatMap(({ userType }) => userType ?? []));
  const members = store && (await groupCombinations(store, types));
  const { rows, left } = rowsFor({ groups: await groupsIn(apps, snapshot), named }, members);
  const asked = await questionAbout(apps, snapshot, context);
  const table: AppRow[] = [];
  const known = new Map<string, readonly (readonly Outcome[])[]>();
  const classOf = appClasses(snapshot.policies);
  for (const app of apps) {
    const key = JSON.stringify([await classOf(app), ownTerms(app)]);
    const outcomes = known.get(key) ?? (await outcomesFor(rows, await signInsTo(app, asked)));
    known.set(key, outcomes);
    table.push(...rows.map((row, index) => ({ ...row, app, outcomes: outcomes[index] ?? [] })));
  }
  const leftAside = await conditionsLeftAside(apps, asked, { realUser: false });
  const { plain, asksWho, asksWhen, places, placesLeft } = asked;
  const others = await otherUsersText(table, snapshot);
  const told = { leftAside, others, plain, asksWho, asksWhen, placesLeft };
  const isShown = shownInAny(
    table.map(({ outcomes }) => outcomes),
    reasonedText,
  );
  const zones = places.filter(isShown).map(({ zone }) => zone);
  const shown = new Map<readonly Outcome[], readonly Outcome[]>();
  const shownIn = (outcomes: readonly Outcome[]) => getOrMake(shown, outcomes, () => outcomes.filter(isShown));
  const shownRows = table.map((row) => ({ ...row, outcomes: shownIn(row.outcomes) }));
  return { source, zones, table: shownRows, left, isPartial: members?.isPartial === true, ...told };
}

/**
 * What a fresh sign-in depends on besides the policies. Each third-party app is examined separately, because it asks
 * for consent.
 */
function ownTerms({ clientId, firstParty, identify, client }: App): readonly unknown[] {
  return [firstParty || clientId, identify, client.default_acr_values, client.default_max_age];
}

async function outcomesFor(
  rows: readonly GroupRow[],
  outcomesOf: Awaited<ReturnType<typeof signInsTo>>,
): Promise<readonly (readonly Outcome[])[]> {
  const outcomes: (readonly Outcome[])[] = [];
  for (const row of rows) outcomes.push(await outcomesOf(row));
  return outcomes;
}

interface Named {
  readonly groups: readonly string[];
  /** Users of a type, or in several groups, that rules name. */
  readonly named: readonly NamedUser[];
}

/**
 * No group, each group alone, combinations that rules name, and combinations of real users. `left`: the number beyond
 * the limit.
 */
function rowsFor(
  { groups: namedGroups, named }: Named,
  members: GroupCombinations | undefined,
): { readonly rows: readonly GroupRow[]; readonly left: number } {
  const combinations = members?.combinations ?? [];
  const groups = [...new Set([...namedGroups, ...combinations.flatMap((combination) => combination.groups)])].sort();
  const counted = new Map(
    combinations.map((combination) => [namedUserText(combination, ''), combination.users] as const),
  );
  const rowOf = (user: NamedUser): GroupRow =>
    members === undefined ? user : { ...user, users: counted.get(namedUserText(user, '')) ?? 0 };
  const alone = [[], ...groups.map((group) => [group])].map((only) => rowOf({ groups: only }));
  const isNamed = new Set(named.map((user) => namedUserText(user, '')));
  const others = combinations.filter(
    ({ users: _, ...user }) =>
      (user.groups.length > 1 || user.userType !== undefined) && !isNamed.has(namedUserText(user, '')),
  );
  const together = [...named.map(rowOf), ...others];
  return { rows: [...alone, ...together.slice(0, maxShown)], left: Math.max(0, together.length - maxShown) };
}

/**
 * Apps with the same demands are one block, whose first lines name them. In it, groups with the same demands share a
 * row, and zones with the same demand a line. The number of users is shown only with a store.
 */
function tableRows(table: readonly AppRow[]): readonly (readonly string[])[] {
  const counted = usersInRows(table) !== undefined;
  const head = ['app', 'groups', ...(counted ? ['users'] : []), 'from', 'asked'];
  const rows = appBlocks(table, askedText).flatMap(({ clientIds, rows: byDemands }) => {
    const lines = byDemands.flatMap((same) => groupLines(same, counted));
    return beside([wrappedList(clientIds).map((line) => [line]), lines]);
  });
  return [head, ...rows];
}

function groupLines(same: readonly AppRow[], counted: boolean): readonly (readonly string[])[] {
  const groups = wrappedList(same.map((row) => namedUserText(row, '(none)')));
  const users = counted ? [[[String(usersInRows(same))]]] : [];
  const asked = byOutcome(same[0]?.outcomes ?? [], askedText).map(({ where, outcome }) => [where, askedText(outcome)]);
  return beside([groups.map((line) => [line]), ...users, asked]);
}

/** Lines of a table from parts that stand beside one another. */
function beside(parts: readonly (readonly (readonly string[])[])[]): readonly (readonly string[])[] {
  const height = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) => parts.flatMap((part) => part[at] ?? (part[0] ?? []).map(() => '')));
}
