/** The results as tables of text. */
import { type BudgetResult, budgetResults, nameOf, type Results } from './results.ts';

/** Everything that a run found out, as lines. */
export function reportOf(results: Results): string {
  return [
    `Stepgate against bare oidc-provider, ${results.at}`,
    Object.entries(results.machine)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    '',
    'CPU of the server per operation (ms, all threads; password hashing costs nothing here), round trips to Redis, operations per second.',
    'x: CPU of Stepgate over that of the baseline, median and range of the rounds.',
    table(
      ['operation', 'CPU base', 'CPU ours', 'x', 'range', 'trips base', 'ours', '/s base', 'ours'],
      results.comparisons.map((each) => [
        nameOf(each),
        each.baseline.cpu.toFixed(3),
        each.stepgate.cpu.toFixed(3),
        each.cpuRatio.toFixed(2),
        each.cpuRatioRange.map((end) => end.toFixed(2)).join('-'),
        short(each.baseline.roundTrips),
        short(each.stepgate.roundTrips),
        each.baseline.perSecond.toFixed(0),
        each.stepgate.perSecond.toFixed(0),
      ]),
    ),
    '',
    table(
      ['rules', 'us per decision'],
      results.decisions.map(({ rules, micros }) => [String(rules), micros.toFixed(2)]),
    ),
    '',
    table(
      ['start', 'ms to first answer', 'CPU ms'],
      results.startUps.map(({ store, millis, cpu }) => [store, millis.toFixed(0), cpu.toFixed(0)]),
    ),
    '',
    table(
      ['memory (MB)', 'at start', 'under load'],
      (['baseline', 'stepgate'] as const).map((name) => {
        const { atStart, underLoad } = results.memory[name];
        return [name, atStart.toFixed(0), underLoad.toFixed(0)];
      }),
    ),
    '',
    passwordLines(results),
    '',
    table(
      ['budget', 'measured', 'limit', 'verdict'],
      budgetResults(results).map(({ what, value, limit, unit, ok }: BudgetResult) => [
        what,
        short(value),
        `${limit} ${unit}`.trim(),
        ok ? 'ok' : 'OVER',
      ]),
    ),
  ].join('\n');
}

function passwordLines({ passwordLogins, comparisons }: Results): string {
  const { hashesPerSecond, hashCpu, loginsPerSecond, loginCpu, clientCpu, ratio, ratioApart } = passwordLogins;
  const apart = comparisons.find(({ operation, connections }) => operation === 'first login' && connections > 1);
  return [
    `Password logins with real hashing: ${loginsPerSecond.toFixed(1)}/s through 16 connections; hashing alone ${hashesPerSecond.toFixed(1)}/s; ratio ${ratio.toFixed(2)}, ${ratioApart.toFixed(2)} of what the client leaves (it takes ${clientCpu.toFixed(1)} ms of CPU per login).`,
    `One hash costs ${hashCpu.toFixed(1)} ms of CPU, one login ${loginCpu.toFixed(1)} ms; so ${(loginCpu - hashCpu).toFixed(2)} ms without its hash (${apart?.stepgate.cpu.toFixed(2) ?? '-'} ms where hashing costs nothing).`,
  ].join('\n');
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

/** First column to the left, the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
