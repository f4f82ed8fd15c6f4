/** Rules for which the steps of a search did not suffice, as findings. */
import type { RuleHead } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedConfiguration } from './configuration.ts';

/** With more rules of a file than this, they are not told one by one. */
export const mostTold = 50;

/**
 * One finding per rule, even if several questions about it stayed open. Of many rules of a file, the first is told with
 * their number. `question`: a clause.
 */
export function undecidedFindings(
  rules: readonly RuleHead[],
  question: string,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const message = `${question} could not be decided: the steps of the search did not suffice`;
  const more = {
    severity: 'warning' as const,
    advice: 'say these rules with simpler conditions, or divide the policy',
  };
  return [...Map.groupBy(rules, ({ location }) => location?.file).values()].flatMap((inFile) => {
    if (inFile.length <= mostTold) return findingsAt(inFile, { message, ...more }, configuration);
    const others = `This goes for ${inFile.length} rules, the last of them "${inFile.at(-1)?.name}"`;
    return findingsAt(inFile.slice(0, 1), { message: `${message}. ${others}`, ...more }, configuration);
  });
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
