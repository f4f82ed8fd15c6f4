/** All that one run found out, and what the budgets of docs/testing.md say about it. */
import type { DecisionCost } from './decisions.ts';
import type { HardDecision } from './hard-decisions.ts';
import type { Comparison } from './measure.ts';
import type { PasswordLogins } from './password-logins.ts';
import type { StartUp } from './start-up.ts';

export interface Memory {
  /** Resident set once it listens (MB). */
  readonly atStart: number;
  /** Largest resident set so far (MB). */
  readonly underLoad: number;
}

export interface Results {
  /** ISO 8601. */
  readonly at: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly comparisons: readonly Comparison[];
  readonly decisions: readonly DecisionCost[];
  readonly hardDecisions: readonly HardDecision[];
  readonly startUps: readonly StartUp[];
  readonly memory: { readonly baseline: Memory; readonly stepgate: Memory };
  readonly passwordLogins: PasswordLogins;
}

export interface BudgetResult {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  readonly ok: boolean;
}

/** Round trips that each operation may cost. A first login is held to the sum of its requests; the goal is lower. */
export const tripBudget: Readonly<Record<string, number>> = {
  'authorize, no session': 1,
  page: 1,
  submission: 2,
  resume: 2,
  token: 2,
  'first login': 8,
  'SSO authorize': 2,
  'SSO authorize + token': 4,
  refresh: 2,
  userinfo: 1,
  discovery: 0,
};

/** CPU that each operation may cost, as a multiple of the baseline. */
const cpuBudget: Readonly<Record<string, number>> = {
  'first login': 1.1,
  'SSO authorize + token': 1,
  token: 1,
  refresh: 1,
  userinfo: 1,
};

const budget = { decisionMicros: 10, startMillis: 300, memory: 150, passwordCpuRatio: 1.06 } as const;

/** Whether each budget is met. */
export function budgetResults(results: Results): readonly BudgetResult[] {
  const { comparisons, decisions, hardDecisions, startUps, memory, passwordLogins } = results;
  return [
    ...comparisons
      .filter(({ operation, connections }) => operation in tripBudget && connections > 1)
      .map((each) =>
        atMost(`round trips, ${nameOf(each)}`, each.stepgate.roundTrips, [tripBudget[each.operation] ?? 0, '']),
      ),
    ...comparisons
      .filter(({ operation }) => Object.hasOwn(cpuBudget, operation))
      .map((each) => atMost(`CPU, ${nameOf(each)}`, each.cpuRatio, [cpuBudget[each.operation] ?? 0, 'x baseline'])),
    ...decisions
      .filter(({ rules }) => rules === 100)
      .map(({ micros }) => atMost('decision at 100 rules', micros, [budget.decisionMicros, 'us'])),
    ...hardDecisions.map(({ what, micros, limit }) => atMost(what, micros, [limit, 'us'])),
    ...startUps.map(({ store, millis }) => atMost(`start, ${store}`, millis, [budget.startMillis, 'ms'])),
    atMost('memory under load', memory.stepgate.underLoad, [budget.memory, 'MB']),
    atMost('CPU of a password login', passwordLogins.loginCpu / (bareLoginCpu(comparisons) + passwordLogins.hashCpu), [
      budget.passwordCpuRatio,
      'x baseline and one hash',
    ]),
  ];
}

export function nameOf({ operation, algorithm, connections }: Comparison): string {
  return `${operation} (${algorithm}, ${connections} conn.)`;
}

/** `unit`: of the value and of its limit; empty for a number of things. */
function atMost(what: string, value: number, [limit, unit]: readonly [limit: number, unit: string]): BudgetResult {
  return { what, value, limit, unit, ok: value <= limit };
}

/** Of the baseline (ms); with the algorithm and connections of the password logins. */
function bareLoginCpu(comparisons: readonly Comparison[]): number {
  const bare = comparisons.find(
    ({ operation, algorithm, connections }) => operation === 'first login' && algorithm === 'ES256' && connections > 1,
  );
  return bare?.baseline.cpu ?? Number.NaN;
}
