/** Rules that never decide, as findings. */
import { type RuleVerdict, ruleVerdicts } from '../../core/analysis/dead-rules.ts';
import { type RulePart, ruleSpace } from '../../core/analysis/rule-space.ts';
import { placeKey } from '../../core/model/place-key.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import type { CompiledPolicy } from '../../core/policy/compile.ts';
import type { Universe } from '../../core/policy/theory.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import { findingAt } from '../source/finding-at.ts';
import type { AnalysedPolicy } from './analysed-policies.ts';
import { type AnalysedConfiguration, namedRule } from './configuration.ts';

/** A rule in one of the policies that it is part of. */
export interface RuleJudgement {
  readonly rule: RuleHead;
  readonly verdict: RuleVerdict;
}

/** Every rule in every policy that it is part of. */
export function judgeRules(configuration: AnalysedConfiguration): readonly RuleJudgement[] {
  return configuration.policies.flatMap((policy) => judgements(policy, configuration));
}

/** What is one rule in the file decides if it does so anywhere. */
export function deadRuleFindings(
  found: readonly RuleJudgement[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const written = Map.groupBy(found, ({ rule }) => placeKey(rule));
  return [...written.values()].flatMap((same) => {
    const [first] = same;
    // A policy must end in a rule without conditions, whether or not a case is left for it.
    const isAlive = same.some(({ rule, verdict }) => verdict.kind === 'decides' || Object.keys(rule.when).length === 0);
    return first === undefined || isAlive ? [] : deadRule(first, configuration);
  });
}

function judgements(
  { policy, clientIds }: AnalysedPolicy,
  { universe }: AnalysedConfiguration,
): readonly RuleJudgement[] {
  const rules = policy.rules.map(({ rule }) => rule);
  const space = ruleSpace(
    rules.map(({ when }) => when),
    universe(clientIds),
  );
  const verdicts = ruleVerdicts(policy, space);
  const enforced = rules.flatMap((rule, at) => (verdicts[at] ? [{ rule, verdict: verdicts[at] }] : []));
  return [...enforced, ...reportingJudgements(policy, universe(clientIds))];
}

/** Rules that only report, as if they were enforced. */
function reportingJudgements({ reporting }: CompiledPolicy<RuleHead>, universe: Universe): readonly RuleJudgement[] {
  if (reporting === undefined) return [];
  const rules = reporting.rules.map(({ rule }) => rule);
  const space = ruleSpace(
    rules.map(({ when }) => when),
    universe,
  );
  const verdicts = ruleVerdicts(reporting, space);
  return rules.flatMap((rule, at) => (rule.reportOnly && verdicts[at] ? [{ rule, verdict: verdicts[at] }] : []));
}

function deadRule({ rule, verdict }: RuleJudgement, { placeOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const place = placeOf(rule);
  if (place === undefined || verdict.kind === 'decides') return [];
  const { source, path } = place;
  if (verdict.kind === 'undecided') {
    const reason = verdict.ranOut ? ': the steps of the search did not suffice' : '';
    const parts = {
      message: `whether it ever decides could not be decided${reason}`,
      advice: 'say it with simpler conditions',
      ...(verdict.ranOut && { severity: 'warning' as const }),
    };
    return [findingAt('undecided', place, parts)];
  }
  if (verdict.kind === 'contradictory') {
    const [only] = verdict.conflict;
    const inner = only && verdict.conflict.length === 1 ? ['when', only.condition, ...only.path] : [];
    const message = `never applies: ${conflictInWords(verdict.conflict)}`;
    const advice = 'correct one of these conditions, or remove the rule';
    return [findingAt('contradictory', { source, path: [...path, ...inner] }, { message, advice })];
  }
  const changesNothing = verdict.by.every((other) => thenOf(other) === thenOf(rule));
  const parts = {
    message: `${rule.reportOnly ? 'never reports' : 'never decides'}: ${takersInWords(verdict.by, rule)} all its cases`,
    rules: verdict.by.slice(0, mostNamed).map(namedRule),
    advice: 'move it above, narrow the rules before it, or remove it',
    ...((changesNothing || rule.reportOnly) && { severity: 'warning' as const }),
  };
  return [findingAt('shadowed', place, parts)];
}

/** Rules that take the cases of another one and are named. */
const mostNamed = 5;

function thenOf(rule: RuleHead): string {
  return 'then' in rule ? JSON.stringify(rule.then) : '';
}

function conflictInWords(conflict: readonly RulePart[]): string {
  const parts = conflict.map(({ condition, path }) => `\`${[condition, ...path].join('.')}\``);
  if (parts.length === 1) return `${parts.join('')} can never hold here`;
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)} exclude one another`;
}

function takersInWords(by: readonly RuleHead[], { location: own }: RuleHead): string {
  const names = by.slice(0, mostNamed).map(({ name, location }) => `"${name}" in ${whereFrom(own, location)}`);
  if (by.length === 1) return `the rule ${names.join('')} takes`;
  if (by.length > mostNamed) return `the rules ${names.join(', ')} and ${by.length - mostNamed} more together take`;
  return `the rules ${names.slice(0, -1).join(', ')} and ${names.at(-1)} together take`;
}

/** As short as it can be for the reader of a finding at `own`. */
function whereFrom(own: RuleHead['location'], location: RuleHead['location']): string {
  const { file, line, column } = { line: 1, column: 1, ...location };
  if (file !== own?.file) return `${file}:${line}`;
  return line === own?.line ? `line ${line}, column ${column}` : `line ${line}`;
}
