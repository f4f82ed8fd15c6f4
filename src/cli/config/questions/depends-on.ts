/** What else a sign-in depends on: what is asked in all is compared in each way that rules tell sign-ins apart. */
import { leastAskedInAll } from '../../../core/analysis/simulation/asked-in-all.ts';
import type { Facts, Seconds } from '../../../core/model/facts.ts';
import type { RiskScoring } from '../../../core/model/risk.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import { onDevice } from '../../../core/policy/values/risk.ts';
import { type Ago, withLastSignIn } from './last-sign-ins.ts';

export type DependsOn = 'device' | 'time' | 'lastSignIn';

interface Variations {
  readonly devices: readonly Facts['device'][];
  readonly times: readonly Seconds[];
  readonly scoring: RiskScoring;
  /** How long ago the last sign-in was. */
  readonly pasts: readonly Ago[];
}

/** Compares what is asked in all with each device, at each time and after each past that the rules distinguish. */
export function dependencies(
  policies: PolicySet,
  facts: Facts,
  { devices, times, scoring, pasts }: Variations,
): readonly DependsOn[] {
  if (devices.length * times.length * pasts.length === 1) return [];
  const tables = pasts.map((past) =>
    times.map((now) =>
      devices.map((device) => {
        const there = withLastSignIn({ ...onDevice(facts, device, scoring), now }, past);
        return JSON.stringify(leastAskedInAll(policies, there));
      }),
    ),
  );
  const byDevice = tables.flat().some(areDifferent);
  const byTime = tables.some((table) => devices.some((_, column) => areDifferent(table.map((row) => row[column]))));
  const cells = tables.map((table) => table.flat());
  const byPast = cells[0]?.some((_, cell) => areDifferent(cells.map((table) => table[cell]))) === true;
  return [
    ...(byDevice ? (['device'] as const) : []),
    ...(byTime ? (['time'] as const) : []),
    ...(byPast ? (['lastSignIn'] as const) : []),
  ];
}

function areDifferent(values: readonly unknown[]): boolean {
  return new Set(values).size > 1;
}
