/** Times that are over, as findings. */
import type { EnrollmentRule } from '../../../core/model/enrollment-policy.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { documentKey } from '../../model/documents.ts';
import { readEnrollmentPolicy } from '../../revision/read-document.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';

/** Grace periods of required enrollments that have ended. */
export function expiredTimeFindings(configuration: AnalysedConfiguration, now: Seconds): readonly AnalysisFinding[] {
  const document = configuration.documents.get(documentKey('enrollment', 'enrollment'));
  if (document === undefined) return [];
  return readEnrollmentPolicy(document).rules.flatMap((rule) => pastGrace(rule, configuration, now));
}

function pastGrace(
  rule: EnrollmentRule,
  { locationOf }: AnalysedConfiguration,
  now: Seconds,
): readonly AnalysisFinding[] {
  const location = locationOf(rule);
  if (location === undefined || rule.off) return [];
  return rule.then.required.flatMap(({ grace }, index) => {
    if (grace === undefined || !('until' in grace) || now < grace.until) return [];
    const path = [...location.path, 'then', 'required', index];
    const message = `its grace ended on ${new Date((grace.until - 1) * 1000).toISOString().slice(0, 10)}: no user can skip it any more`;
    return [findingAt('past', { ...location, path }, { message, advice: 'remove the grace, or set a later day' })];
  });
}
