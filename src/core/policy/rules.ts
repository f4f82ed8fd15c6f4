/** Finds the rule of a policy that decides: the first whose conditions all hold. */
import type { ConditionResult } from '../model/conditions.ts';
import type { Facts, RuleFacts } from '../model/facts.ts';
import type { Rule, RuleHead } from '../model/policy.ts';
import type { RuleTrace } from '../model/trace.ts';
import type { CompiledPolicy, CompiledRule } from './compile.ts';
import { resultTogether, ruleTrace } from './rule-trace.ts';

/** What a session policy or sign-on policy says about these facts. */
export interface RuleOutcome {
  /** `undecided`: it depends on the user, who has not identified yet. `no_rule`: no rule holds, which denies. */
  readonly outcome: 'allow' | 'deny' | 'undecided' | 'no_rule';
  /** The rule that decided. */
  readonly rule?: Rule;
  /** Up to the first rule that holds. */
  readonly traces: readonly RuleTrace[];
}

/** Which rule of any kind of policy decides. */
export interface RuleMatch<Of extends RuleHead> {
  /** A rule before the first that holds may yet hold, once the user has identified. Then no rule decides. */
  readonly undecided: boolean;
  readonly rule?: Of;
  /** Up to the first rule that holds. */
  readonly traces: readonly RuleTrace[];
}

/** Traces are kept for rules of up to six conditions; for others each decision makes its own. */
const KEPT_TRACES = 3 ** 6;

const digits: Readonly<Record<ConditionResult, number>> = { miss: 0, hit: 1, unknown: 2 };

/** Applies the policy. */
export function applyRules(policy: CompiledPolicy, facts: Facts): RuleOutcome {
  const { undecided, rule, traces } = findRule(policy, facts);
  if (rule === undefined) return { outcome: undecided ? 'undecided' : 'no_rule', traces };
  return { outcome: rule.then.kind, rule, traces };
}

/** The first rule that holds. A rule before it that may yet hold leaves the policy undecided. */
export function findRule<Of extends RuleHead>(policy: CompiledPolicy<Of>, facts: RuleFacts): RuleMatch<Of> {
  const view = policy.groups(facts.subject?.groups);
  const traces = [...view.traces];
  let firstUnknown = view.firstUnknown;
  for (const position of view.positions) {
    const compiled = policy.rules[position] as CompiledRule<Of>;
    const trace = traces[position] ?? testRule(compiled, facts, view.resultOf(position));
    traces[position] = trace;
    if (trace.result === 'unknown') firstUnknown = Math.min(firstUnknown, position);
    if (trace.result !== 'hit') continue;
    const undecided = firstUnknown < position;
    traces.length = position + 1;
    return { undecided, ...(undecided ? {} : { rule: compiled.rule }), traces: traces as RuleTrace[] };
  }
  return { undecided: firstUnknown < policy.rules.length, traces: traces as RuleTrace[] };
}

/** A rule that only reports, with its trace. */
export interface RuleReport<Of extends RuleHead> {
  readonly rule: Of;
  readonly trace: RuleTrace;
}

/** The rule that would decide if the rules that only report were enforced. Undefined: it would be none of them. */
export function reportOf<Of extends RuleHead>(
  { reporting }: CompiledPolicy<Of>,
  facts: RuleFacts,
): RuleReport<Of> | undefined {
  if (reporting === undefined) return undefined;
  const { rule, traces } = findRule(reporting, facts);
  const trace = traces.at(-1);
  return rule?.reportOnly && trace ? { rule, trace } : undefined;
}

/**
 * The rules that may decide once the user has identified: those that hold or may yet hold, up to the first that holds.
 */
export function possibleRules<Of extends RuleHead>(policy: CompiledPolicy<Of>, facts: Facts): readonly Of[] {
  const { traces } = findRule(policy, facts);
  return policy.rules.filter((_, index) => (traces[index]?.result ?? 'miss') !== 'miss').map(({ rule }) => rule);
}

/**
 * The rules that may decide about this user at this app at any time, from any network, with any device and any scopes:
 * up to the first rule that holds in all these cases.
 */
export function rulesAnywhere<Of extends RuleHead>(policy: CompiledPolicy<Of>, facts: Facts): readonly Of[] {
  const possible: Of[] = [];
  for (const { rule, conditions } of policy.rules) {
    const result = resultTogether(conditions.map(({ varies, test }) => (varies ? 'unknown' : test(facts))));
    if (result !== 'miss') possible.push(rule);
    if (result === 'hit') break;
  }
  return possible;
}

/** `groups`: the result of the condition `groups`, if the rule has it. */
function testRule(compiled: CompiledRule<RuleHead>, facts: RuleFacts, groups: ConditionResult): RuleTrace {
  const { conditions, groupsAt } = compiled;
  // The results as the digits of a number of base 3.
  let pattern = 0;
  for (let at = 0; at < conditions.length; at += 1) {
    pattern = pattern * 3 + digits[at === groupsAt ? groups : (conditions[at]?.test(facts) ?? 'unknown')];
  }
  const kept = compiled.traces[pattern];
  if (kept !== undefined) return kept;
  const results = conditions.map(({ test }, at) => (at === groupsAt ? groups : test(facts)));
  const trace = ruleTrace(compiled, results);
  if (pattern < KEPT_TRACES) compiled.traces[pattern] = trace;
  return trace;
}
