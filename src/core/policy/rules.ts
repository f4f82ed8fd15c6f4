/** Finds the rule of a policy that decides. */
import type { ConditionResult } from '../model/conditions.ts';
import type { Facts } from '../model/facts.ts';
import type { Rule, RuleHead } from '../model/policy.ts';
import type { RuleTrace } from '../model/trace.ts';
import type { CompiledPolicy, CompiledRule } from './compile.ts';

export interface RuleOutcome {
  /** `undecided`: it depends on who the person is. `no_rule`: nothing holds, which denies. */
  readonly outcome: 'allow' | 'deny' | 'undecided' | 'no_rule';
  /** The rule that decided. */
  readonly rule?: Rule;
  /** Up to the first rule that holds. */
  readonly traces: readonly RuleTrace[];
}

/** Which rule decides, whatever it says. */
export interface RuleMatch<Of extends RuleHead> {
  /** A rule before the first that holds may yet hold: it depends on who the person is. Then no rule decides. */
  readonly undecided: boolean;
  readonly rule?: Of;
  /** Up to the first rule that holds. */
  readonly traces: readonly RuleTrace[];
}

/** Patterns of up to six conditions; beyond, a trace is made anew each time. */
const KEPT_TRACES = 3 ** 6;

/** First rule whose conditions all hold. A rule before it that may yet hold leaves the policy undecided. */
export function applyRules(policy: CompiledPolicy, facts: Facts): RuleOutcome {
  const { undecided, rule, traces } = findRule(policy, facts);
  if (rule === undefined) return { outcome: undecided ? 'undecided' : 'no_rule', traces };
  return { outcome: rule.then.kind, rule, traces };
}

export function findRule<Of extends RuleHead>(policy: CompiledPolicy<Of>, facts: Facts): RuleMatch<Of> {
  const traces: RuleTrace[] = [];
  let undecided = false;
  for (const compiled of policy.rules) {
    const trace = testRule(compiled, facts);
    traces.push(trace);
    if (trace.result === 'unknown') undecided = true;
    if (trace.result !== 'hit') continue;
    return undecided ? { undecided, traces } : { undecided, rule: compiled.rule, traces };
  }
  return { undecided, traces };
}

/** The rules that may decide: those that hold or may yet hold, up to the first that holds. */
export function possibleRules<Of extends RuleHead>(policy: CompiledPolicy<Of>, facts: Facts): readonly Of[] {
  const { traces } = findRule(policy, facts);
  return policy.rules.filter((_, index) => (traces[index]?.result ?? 'miss') !== 'miss').map(({ rule }) => rule);
}

/**
 * The rules that may decide about this person at this app, now or at another time, here or elsewhere, with any device and any scopes: up to
 * the first that holds whatever these are.
 */
export function rulesAnywhere<Of extends RuleHead>(policy: CompiledPolicy<Of>, facts: Facts): readonly Of[] {
  const possible: Of[] = [];
  for (const { rule, conditions } of policy.rules) {
    const result = combine(conditions.map(({ varies, test }) => (varies ? 'unknown' : test(facts))));
    if (result !== 'miss') possible.push(rule);
    if (result === 'hit') break;
  }
  return possible;
}

function testRule(compiled: CompiledRule<RuleHead>, facts: Facts): RuleTrace {
  // The results as a number of base 3.
  let pattern = 0;
  for (const { test } of compiled.conditions) pattern = pattern * 3 + digit(test(facts));
  const kept = compiled.traces[pattern];
  if (kept !== undefined) return kept;
  const trace = describe(compiled, facts);
  if (pattern < KEPT_TRACES) compiled.traces[pattern] = trace;
  return trace;
}

function digit(result: ConditionResult): number {
  if (result === 'miss') return 0;
  return result === 'hit' ? 1 : 2;
}

function describe({ rule, conditions }: CompiledRule<RuleHead>, facts: Facts): RuleTrace {
  const results = conditions.map(({ name, test }) => ({ condition: name, result: test(facts) }));
  const result = combine(results.map((condition) => condition.result));
  return { rule: rule.name, result, conditions: results, ...(rule.location && { location: rule.location }) };
}

function combine(results: readonly ConditionResult[]): ConditionResult {
  if (results.includes('miss')) return 'miss';
  return results.includes('unknown') ? 'unknown' : 'hit';
}
