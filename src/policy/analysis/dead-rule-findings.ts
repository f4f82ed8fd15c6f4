/** Rules that never decide, as findings. */
import { type RuleVerdict, ruleVerdicts } from '../../core/analysis/dead-rules.ts';
import { type RulePart, ruleSpace } from '../../core/analysis/rule-space.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import {
  type AnalysedConfiguration,
  type AnalysedPolicy,
  analysisFinding,
  clientIdsUnder,
  namedRule,
  rulePath,
} from './configuration.ts';

interface Judgement {
  readonly rule: RuleHead;
  readonly verdict: RuleVerdict;
}

export function deadRuleFindings(
  analysed: AnalysedPolicy,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const rules = analysed.policy.rules.map(({ rule }) => rule);
  const universe = configuration.universe(clientIdsUnder(analysed, configuration));
  const verdicts = ruleVerdicts(
    analysed.policy,
    ruleSpace(
      rules.map(({ when }) => when),
      universe,
    ),
  );
  // Rules that are one in the file decide if one of them does.
  const written = Map.groupBy(
    rules.flatMap((rule, at): readonly Judgement[] => (verdicts[at] ? [{ rule, verdict: verdicts[at] }] : [])),
    ({ rule }) => rule.location?.line,
  );
  return [...written.values()].flatMap((same) => {
    const [first] = same;
    const isAlive = same.some(({ verdict }) => verdict.kind === 'decides');
    return first === undefined || isAlive ? [] : deadRule(first, analysed);
  });
}

function deadRule({ rule, verdict }: Judgement, analysed: AnalysedPolicy): readonly AnalysisFinding[] {
  const path = rulePath(analysed, rule);
  const { source } = analysed;
  switch (verdict.kind) {
    case 'decides':
      return [];
    case 'contradictory': {
      const [only] = verdict.conflict;
      const place = only && verdict.conflict.length === 1 ? [...path, 'when', only.condition, ...only.path] : path;
      const parts = {
        message: `never applies: ${conflictInWords(verdict.conflict)}`,
        advice: 'correct one of these conditions, or remove the rule',
      };
      return [analysisFinding('contradictory', { source, path: place }, parts)];
    }
    case 'shadowed': {
      const changesNothing = verdict.by.every((other) => thenOf(other) === thenOf(rule));
      const parts = {
        message: `never decides: ${takersInWords(verdict.by)} all its cases`,
        rules: verdict.by.map(namedRule),
        advice: 'move it above, narrow the rules before it, or remove it',
        ...(changesNothing && { severity: 'warning' as const }),
      };
      return [analysisFinding('shadowed', { source, path }, parts)];
    }
    case 'undecided': {
      const message = 'whether it ever decides could not be decided';
      return [analysisFinding('undecided', { source, path }, { message, advice: 'say it with simpler conditions' })];
    }
  }
}

function thenOf(rule: RuleHead): string {
  return 'then' in rule ? JSON.stringify(rule.then) : '';
}

function conflictInWords(conflict: readonly RulePart[]): string {
  const parts = conflict.map(({ condition, path }) => `\`${[condition, ...path].join('.')}\``);
  if (parts.length === 1) return `${parts.join('')} can never hold here`;
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)} exclude one another`;
}

function takersInWords(by: readonly RuleHead[]): string {
  const names = by.map(({ name, location }) => `"${name}" in line ${location?.line ?? 1}`);
  if (names.length === 1) return `the rule ${names.join('')} takes`;
  return `the rules ${names.slice(0, -1).join(', ')} and ${names.at(-1)} together take`;
}
