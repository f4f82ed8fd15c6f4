/** Denials that miss users who lack what they rest on: at sign-ins, changes of an account and recoveries. */
import { type FailOpen, failOpen } from '../../../core/analysis/findings/fail-open.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { exampleOptions } from '../text/example-options.ts';
import { enrolledIn, type PolicyThatDenies, policiesThatDeny } from './policies-that-deny.ts';

/** A rule of the account policy may be found once for each change that it is about. */
export function failOpenFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return policiesThatDeny(apps, configuration).flatMap((examined) => inPolicy(examined, configuration));
}

function inPolicy(examined: PolicyThatDenies, configuration: AnalysedConfiguration): readonly AnalysisFinding[] {
  const { found, undecided } = failOpen(examined, examined.universe, examined.budgets);
  return [
    ...found.flatMap((open) => findingOf(open, examined, configuration)),
    ...undecidedFindings(undecided, 'whether users who lack an attribute escape it', configuration),
  ];
}

function findingOf(
  { rule, attribute, instead, facts }: FailOpen,
  { does, isSignIn, policies }: Pick<PolicyThatDenies, 'does' | 'isSignIn' | 'policies'>,
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const location = locationOf(rule);
  if (location === undefined) return [];
  const parts = {
    message: `denies by \`${attribute}\`, and a user who lacks it is under the rule "${instead.name}" instead, which ${does}`,
    rules: [namedRule(instead)],
    ...(isSignIn && { example: exampleOptions(facts, enrolledIn(facts, policies)) }),
    advice:
      attribute === 'userType'
        ? 'deny every type but some, with `userType: { none: [...] }`'
        : `say what it means to lack it, in a rule with \`${attribute}: { present: false }\`, or deny all but some with \`not\``,
  };
  return [findingAt('fail-open', location, parts)];
}
