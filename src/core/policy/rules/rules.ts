/** Finds the rule of a policy that decides: the first whose conditions all hold. */
import type { ConditionResult } from '../../model/conditions.ts';
import type { Facts, RuleFacts } from '../../model/facts.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import type { LayerTrace, ReportedRule, RuleTrace } from '../../model/trace.ts';
import { allOfAnywhere } from '../condition-result.ts';
import type { CompiledPolicy, CompiledRule } from './compile.ts';
import { resultAnywhere } from './condition-table.ts';
import { ruleTrace } from './rule-trace.ts';

/** What a session policy or sign-on policy says about these facts. */
export interface RuleOutcome {
  /**
   * `undecided`: it depends on the user, who has not identified yet. `no_rule`: no rule holds, which denies. `error`: a
   * condition of the rule `failed` could not be evaluated, which denies as well.
   */
  readonly outcome: 'allow' | 'deny' | 'undecided' | 'no_rule' | 'error';
  /** The rule that decided. */
  readonly rule?: Rule;
  readonly failed?: Rule;
  /** The traces up to the first rule that holds or fails. */
  readonly traces: readonly RuleTrace[];
}

/** The rule that decides, for any kind of policy. */
export interface RuleMatch<Of extends RuleHead> {
  /** A rule before the first that holds depends on the user, who has not identified yet. Then no rule decides. */
  readonly undecided: boolean;
  readonly rule?: Of;
  /** A rule with a failed condition. It denies, whatever its own terms are. */
  readonly failed?: Of;
  /** The traces up to the first rule that holds or fails. */
  readonly traces: readonly RuleTrace[];
}

/** Traces are cached for rules with up to this many conditions. For others each decision creates its own. */
const keptConditions = 6;

const digits: Readonly<Record<ConditionResult, number>> = { miss: 0, hit: 1, unknown: 2, error: 3 };

/** Applies the policy. */
export function applyRules(policy: CompiledPolicy, facts: Facts): RuleOutcome {
  const { undecided, rule, failed, traces } = findRule(policy, facts);
  if (failed !== undefined) return { outcome: 'error', failed, traces };
  if (rule === undefined) return { outcome: undecided ? 'undecided' : 'no_rule', traces };
  return { outcome: rule.then.kind, rule, traces };
}

/**
 * Finds the first rule that holds or fails. If an earlier rule depends on a user who has not identified, the policy is
 * undecided.
 */
export function findRule<Of extends RuleHead>(policy: CompiledPolicy<Of>, facts: RuleFacts): RuleMatch<Of> {
  const view = policy.groups(facts.subject?.groups);
  const { decided } = view;
  if (decided !== undefined)
    return { undecided: false, rule: (policy.rules[decided.length - 1] as CompiledRule<Of>).rule, traces: decided };
  const traces = view.traces.slice();
  let firstUnknown = view.firstUnknown;
  for (const position of view.positions) {
    const compiled = policy.rules[position] as CompiledRule<Of>;
    const trace = traces[position] ?? testRule(compiled, facts, view.resultOf(position));
    traces[position] = trace;
    if (trace.result === 'unknown') firstUnknown = Math.min(firstUnknown, position);
    if (trace.result !== 'hit' && trace.result !== 'error') continue;
    const undecided = firstUnknown < position;
    traces.length = position + 1;
    const found = trace.result === 'hit' ? { rule: compiled.rule } : { failed: compiled.rule };
    return { undecided, ...(undecided ? {} : found), traces: traces as RuleTrace[] };
  }
  return { undecided: firstUnknown < policy.rules.length, traces: traces as RuleTrace[] };
}

/** What the report-only rules of a policy say. */
export interface RuleReport<Of extends RuleHead> {
  /** For the trace of the layer. */
  readonly traces: Pick<LayerTrace, 'reporting' | 'reported'>;
  /** The report-only rule that would decide if report-only rules were enforced. Absent if another rule would. */
  readonly decider?: { readonly rule: Of; readonly trace: ReportedRule };
}

/** Undefined: the policy has no report-only rules. `outcomeOf`: the outcome of a rule that holds. */
export function reportOf<Of extends RuleHead>(
  { reporting }: CompiledPolicy<Of>,
  facts: RuleFacts,
  outcomeOf: (rule: Of) => ReportedRule['outcome'],
): RuleReport<Of> | undefined {
  if (reporting === undefined) return undefined;
  const { rule, failed, traces } = findRule(reporting, facts);
  const tested = traces.filter((_, position) => reporting.rules[position]?.rule.reportOnly);
  const decider = rule ?? failed;
  const last = traces.at(-1);
  if (!decider?.reportOnly || last === undefined) return { traces: { reporting: tested } };
  const reported: ReportedRule = { ...last, outcome: rule ? outcomeOf(rule) : 'deny' };
  return { traces: { reporting: tested, reported }, decider: { rule: decider, trace: reported } };
}

/**
 * The positions of all rules that may decide once the user has identified: those that hold or may still hold, up to the
 * first that holds. `traces`: what was found about the policy.
 */
export function possiblePositions(traces: readonly RuleTrace[]): readonly number[] {
  return [...traces.keys()].filter((at) => mayDecide(traces[at]?.result ?? 'miss'));
}

/**
 * The rules that can decide about this user at this app in any circumstances (time, network, device, scopes): up to the
 * first rule that holds or fails in all of them.
 */
export function rulesAnywhere<Of extends RuleHead>(policy: CompiledPolicy<Of>, facts: Facts): readonly Of[] {
  const possible: Of[] = [];
  for (const { rule, conditions } of policy.rules) {
    const result = allOfAnywhere(conditions.map((condition) => resultAnywhere(condition, facts)));
    if (mayDecide(result)) possible.push(rule);
    if (result === 'hit' || result === 'error') break;
  }
  return possible;
}

function mayDecide(result: ConditionResult): boolean {
  return result === 'hit' || result === 'unknown';
}

/** `groups`: the result of the condition `groups`, for rules that have it. */
function testRule(compiled: CompiledRule<RuleHead>, facts: RuleFacts, groups: ConditionResult): RuleTrace {
  const { leaves, groupsAt } = compiled;
  // The results as the digits of a number of base 4.
  let pattern = 0;
  for (let at = 0; at < leaves.length; at += 1) {
    pattern = pattern * 4 + digits[at === groupsAt ? groups : (leaves[at]?.test(facts) ?? 'unknown')];
  }
  const kept = compiled.traces[pattern];
  if (kept !== undefined) return kept;
  const results = leaves.map(({ test }, index) => (index === groupsAt ? groups : test(facts)));
  const trace = ruleTrace(compiled, results);
  if (leaves.length <= keptConditions) compiled.traces[pattern] = trace;
  return trace;
}
