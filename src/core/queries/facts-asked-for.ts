/** Which facts a decision asked for: the audit log keeps some of them only then. */
import type { ConditionTrace, RuleTrace, Trace } from '../model/trace.ts';

const ofBrowser = ['device.platform', 'device.os'];

/**
 * Names of conditions, e.g. `risk.any` or `device.os`. What an expression read of the browser counts as the condition
 * about the same.
 */
export function factsAskedFor({ layers }: Pick<Trace, 'layers'>): ReadonlySet<string> {
  return namesAskedFor(layers.flatMap(({ rules }) => rules));
}

/** The same, and what the rules asked for that only report. */
export function factsTested({ layers }: Pick<Trace, 'layers'>): ReadonlySet<string> {
  return namesAskedFor(layers.flatMap(({ rules, reporting = [] }) => [...rules, ...reporting]));
}

/** Names of conditions that could not be evaluated. */
export function factsFailed({ layers }: Pick<Trace, 'layers'>): ReadonlySet<string> {
  return new Set(layers.flatMap(({ rules }) => rules.flatMap(({ conditions }) => conditions.flatMap(failedIn))));
}

function failedIn({ condition, result, alternatives }: ConditionTrace): readonly string[] {
  if (result !== 'error') return [];
  return alternatives === undefined ? [condition] : alternatives.flat().flatMap(failedIn);
}

function namesAskedFor(rules: readonly RuleTrace[]): ReadonlySet<string> {
  return new Set(rules.flatMap(({ conditions }) => conditions.flatMap(namesIn)));
}

function namesIn({ condition, alternatives, reads = [] }: ConditionTrace): readonly string[] {
  if (alternatives !== undefined) return alternatives.flat().flatMap(namesIn);
  // The device as a whole: whatever is taken from it.
  const read = reads.includes('device') ? ofBrowser : ofBrowser.filter((name) => reads.includes(name));
  return [condition, ...read];
}
