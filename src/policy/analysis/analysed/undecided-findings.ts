/** Rules for which the steps of a search did not suffice, as findings. */
import type { RuleHead } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedConfiguration } from './configuration.ts';

/** One finding per rule, even if several questions about it stayed open. `question`: a clause. */
export function undecidedFindings(
  rules: readonly RuleHead[],
  question: string,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const parts = {
    message: `${question} could not be decided: the steps of the search did not suffice`,
    severity: 'warning' as const,
    advice: 'say these rules with simpler conditions, or divide the policy',
  };
  return findingsAt(rules, parts, configuration);
}

/** The same, where nothing is known of a part of its expression: only a note. */
export function opaqueFindings(
  rules: readonly RuleHead[],
  question: string,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const parts = {
    message: `${question} could not be decided: nothing is known of a part of its expression`,
    advice: 'say it with conditions, or leave it if that is meant',
  };
  return findingsAt(rules, parts, configuration);
}

function findingsAt(
  rules: readonly RuleHead[],
  parts: Parameters<typeof findingAt>[2],
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return rules.flatMap((rule) => {
    const location = locationOf(rule);
    return location === undefined ? [] : [findingAt('undecided', location, parts)];
  });
}
