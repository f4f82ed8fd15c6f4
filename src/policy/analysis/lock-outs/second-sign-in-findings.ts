/** Rules by which users sign in once, and are denied when they come back, as findings. */
import type { DeniedSignIn } from '../../../core/analysis/accounts/denied-sign-ins.ts';
import { isOrdinary } from '../../../core/analysis/space/usual-groups.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { namedAppsText } from '../text/apps-text.ts';
import { exampleOptions } from '../text/example-options.ts';
import { isGiven } from './denials/account-additions.ts';
import { deniedAgain, deniedAtSome } from './denied-second-sign-ins.ts';

/** Second sign-ins that the session policy denies everywhere, and those that a sign-on policy denies at its apps. */
export function secondSignInFindings(
  [app]: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  if (app === undefined) return [];
  const { session, authenticators } = app.policies;
  const keys = authenticators
    .filter((descriptor) => isGiven(descriptor) && descriptor.enrollable)
    .map(({ key }) => key);
  return configuration.policies.flatMap((analysed) => {
    const { kind, policy, isUsed } = analysed;
    if (!isUsed || (kind !== 'session' && kind !== 'sign-on')) return [];
    const examined = { ...analysed, policy, ...(kind === 'sign-on' && { session }) };
    const everywhere = deniedAgain(examined, configuration);
    const atSome = deniedAtSome(examined, everywhere, configuration);
    const undecided = [everywhere, ...atSome].flatMap((denied) => denied.undecided);
    const isError = kind === 'session';
    const places = isError ? 'to every app and to the account pages' : 'to each app of this policy';
    return [
      ...found(everywhere.never, { places, isError, keys, configuration }),
      ...atSome.flatMap(({ never, clientIds }) =>
        found(never, { places: `to ${placesText(clientIds, configuration)}`, isError: false, keys, configuration }),
      ),
      ...undecidedFindings([...new Set(undecided)], 'whether it denies users who come back', configuration),
    ];
  });
}

interface Shown {
  /** In words: where they are denied. */
  readonly places: string;
  /** It is an error if it is for every account. */
  readonly isError: boolean;
  /** What the user of the example has. */
  readonly keys: readonly string[];
  readonly configuration: AnalysedConfiguration;
}

/** Where no account ever comes back, one finding says so. */
function found(never: readonly DeniedSignIn[], shown: Shown): readonly AnalysisFinding[] {
  const [first, ...others] = never.filter(({ whom }) => whom === 'all');
  return first ? finding(first, others, shown) : never.flatMap((denied) => finding(denied, [], shown));
}

function finding(
  { rule, facts, whom }: DeniedSignIn,
  others: readonly DeniedSignIn[],
  { places, isError, keys, configuration }: Shown,
): readonly AnalysisFinding[] {
  const location = configuration.locationOf(rule);
  if (location === undefined) return [];
  return [
    findingAt('returning-lock-out', location, {
      message: `denies ${words[whom]} the second sign-in, ${places}, with the same browser and from the same place a day after the first one: by the first one the browser became known, the place usual, and that sign-in the last one`,
      severity: isError && whom === 'all' && isOrdinary(facts, [rule]) ? ('error' as const) : ('warning' as const),
      rules: others.map((other) => namedRule(other.rule)),
      example: exampleOptions(facts, keys),
      advice:
        'turn the condition around if it says the opposite of what is meant, or let users in who come back, by a rule above it',
    }),
  ];
}

const words: Readonly<Record<DeniedSignIn['whom'], string>> = {
  all: 'every account',
  selected: 'every account for which it decides',
  some: 'accounts such as that of the example',
};

/** The apps by name, and the account pages. */
function placesText(clientIds: readonly string[], { apps }: AnalysedConfiguration): string {
  const named = apps.filter(({ app }) => clientIds.includes(app.clientId)).map(({ app }) => app.name);
  const pages = clientIds.includes(accountClientId) ? ['the account pages'] : [];
  return [...(named.length > 0 ? [namedAppsText(named, named.length)] : []), ...pages].join(' and ');
}
