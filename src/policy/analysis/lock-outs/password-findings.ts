/** Users who may not replace a password that must be replaced, as findings: at the rule that is the cause. */

import type { PasswordMark } from '../../../core/analysis/accounts/marked-passwords.ts';
import { oneDay } from '../../../core/model/durations.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { durationText } from '../../model/duration-text.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { distinctRules, mostNamed } from '../text/apps-text.ts';
import { exampleOptions } from '../text/example-options.ts';
import { type StuckPassword, stuckPasswords } from './password-search.ts';

/** One for each rule that is the cause. */
export function passwordFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const { stuck, undecided } = stuckPasswords(apps, configuration);
  const byCause = Map.groupBy(stuck, ({ cause, outcome }) => JSON.stringify([outcome, cause.location]));
  return [
    ...[...byCause.values()].flatMap((same) => atCause(same, configuration)),
    ...undecidedFindings(
      undecided,
      'whether it keeps users from replacing a password that must be replaced',
      configuration,
    ),
  ];
}

function atCause(same: readonly StuckPassword[], { locationOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const some = same.filter(({ hasLess }) => !hasLess);
  const shown = some.length > 0 ? some : same;
  const example = shown.find(({ isOnlyThere }) => !isOnlyThere) ?? shown[0];
  const location = example && locationOf(example.cause);
  if (example === undefined || location === undefined) return [];
  const { outcome, facts } = example;
  const isNote = example.hasLess || (outcome === 'kept' && example.isOnlyThere);
  const rules = distinctRules(shown.flatMap(({ by }) => by ?? []));
  return [
    findingAt(outcome === 'denied' ? 'password-lock-out' : 'kept-password', location, {
      ...(outcome === 'denied' ? lockOutParts(example, shown) : keptParts(example, shown)),
      ...(isNote && { severity: 'note' as const }),
      rules: rules.slice(0, mostNamed).map(namedRule),
      example: exampleOptions(facts, optionsFor(example)),
    }),
  ];
}

function lockOutParts({ keys, hasLess, isBeforeFirst, isOnlyThere }: StuckPassword, same: readonly StuckPassword[]) {
  const when = isBeforeFirst ? ', as before their first sign-in,' : '';
  const who = `${keys.join(' and ')}${hasLess ? ', not even an address,' : when}`;
  return {
    message: `locks users out who have nothing but ${who} once the password must be replaced, ${reasonsText(same)}: to replace it, it asks them for what they do not have${isOnlyThere ? ', there' : ''}`,
    advice:
      'say `allow: { factors: 1 }` for this change, as users prove all that their account can in any case, or let the apps ask for it, so that users set it up before',
  };
}

function keptParts({ isOnlyThere }: StuckPassword, same: readonly StuckPassword[]) {
  return {
    message: `forbids users to replace a password that must be replaced, ${reasonsText(same)}: so they sign in with it as before${isOnlyThere ? ' there' : ', for ever'}`,
    advice: 'let these users change their password, or accept the finding if others take care of their passwords',
  };
}

function reasonsText(same: readonly StuckPassword[]): string {
  const ages = same.flatMap(({ mark }) => ('age' in mark ? [mark.age] : []));
  const reasons = [
    ...(ages.length > 0 ? [`after ${durationText(Math.min(...ages))}`] : []),
    ...(same.some(({ mark }) => 'compromised' in mark) ? ['when a blocklist holds it'] : []),
  ];
  const byDefault = same.every(({ by }) => by === undefined) ? ', as it is without a password policy' : '';
  return `${reasons.join(' or ')}${byDefault}`;
}

/** What `--enrolled` takes: the password with its age, or with the list that it is on. */
function optionsFor({ keys, password, mark }: StuckPassword): readonly string[] {
  return keys.map((key) => (key === password ? `${key}${markText(mark)}` : key));
}

function markText(mark: PasswordMark): string {
  return 'age' in mark ? `@${ageText(mark.age)}` : `[${mark.compromised}]`;
}

/** As `explain` reads it. */
function ageText(age: Seconds): string {
  return age % oneDay === 0 ? `${age / oneDay}d` : `${age}s`;
}
