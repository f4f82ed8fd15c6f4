/** Rules for which the steps of a search did not suffice, as findings. */
import type { RuleHead } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedConfiguration } from './configuration.ts';

/** One finding per rule, even if several questions about it stayed open. `question`: a clause. */
export function undecidedFindings(
  rules: readonly RuleHead[],
  question: string,
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return rules.flatMap((rule) => {
    const location = locationOf(rule);
    if (location === undefined) return [];
    const parts = {
      message: `${question} could not be decided: the steps of the search did not suffice`,
      severity: 'warning' as const,
      advice: 'say these rules with simpler conditions, or divide the policy',
    };
    return [findingAt('undecided', location, parts)];
  });
}
