/** The rows of a matrix, and those together that say the same: apps and groups with the same demands. */
import type { App } from '../../../policy/model/app.ts';
import type { NamedUser, Outcome } from './fresh-sign-ins.ts';

export interface GroupRow extends NamedUser {
  /** Active users in exactly these groups and, if rules name it, of this type. Absent without a store. */
  readonly users?: number;
}

export interface AppRow extends GroupRow {
  readonly app: App;
  /** Outcomes in the order of the zones. */
  readonly outcomes: readonly Outcome[];
}

/** Apps of which the same is asked, and the rows of all of them: of each group, by zone. */
export interface AppBlock {
  /** In the order of the matrix. */
  readonly clientIds: readonly string[];
  /** Rows with the same demands stand together. */
  readonly rows: readonly (readonly AppRow[])[];
}

export type OutcomeText = (outcome: Outcome) => string;

/** All apps of a matrix have the same groups in the same order. */
export function appBlocks(table: readonly AppRow[], textOf: OutcomeText): readonly AppBlock[] {
  const numberOf = rowNumbers(textOf);
  const byApp = Map.groupBy(table, ({ app }) => app.clientId);
  const same = Map.groupBy(byApp, ([, rows]) => rows.map(({ outcomes }) => numberOf(outcomes)).join());
  return [...same.values()].map((apps) => {
    const [[, rows] = ['', []]] = apps;
    return {
      clientIds: apps.map(([clientId]) => clientId),
      rows: [...Map.groupBy(rows, ({ outcomes }) => numberOf(outcomes)).values()],
    };
  });
}

/** Outcomes with the same text have the same number. Many rows share an array, whose text is built once. */
function rowNumbers(textOf: OutcomeText): (outcomes: readonly Outcome[]) => number {
  const byArray = new Map<readonly Outcome[], number>();
  const byText = new Map<string, number>();
  return (outcomes) => {
    const known = byArray.get(outcomes);
    if (known !== undefined) return known;
    const text = JSON.stringify(outcomes.map(textOf));
    const number = byText.get(text) ?? byText.size;
    byText.set(text, number);
    byArray.set(outcomes, number);
    return number;
  };
}

/** The active users in these rows. Undefined if they were not counted. */
export function usersInRows(rows: readonly AppRow[]): number | undefined {
  const counted = rows.flatMap(({ users }) => users ?? []);
  return counted.length === 0 ? undefined : counted.reduce((sum, users) => sum + users, 0);
}
