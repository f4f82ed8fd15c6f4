/** The effect of all policies of an app together, as findings. */
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import { type AnalysedApp, isClosed } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { asksForScopes } from '../analysed/refused-to-apps.ts';
import { mostTold } from '../analysed/undecided-findings.ts';
import { failOpenFindings } from '../rules/fail-open-findings.ts';
import { escapedDenialFindings } from '../rules/user-written-findings.ts';
import { weakerRuleFindings } from '../rules/weaker-findings.ts';
import { analysedAppsText, distinctRules, mostNamed as mostRules, otherAppsText } from '../text/apps-text.ts';
import { firstSignInFindings } from './first-sign-in-findings.ts';
import { lockOutFindings } from './lock-out-findings.ts';
import { newcomerFindings } from './newcomer-findings.ts';
import { passwordFindings } from './password-findings.ts';
import { secondSignInFindings } from './second-sign-in-findings.ts';

/** Each location is reported once for each code. */
export function combinationFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const ofApps = apps.flatMap((app) => [
    ...closedApp(app, configuration),
    ...undecidedCombinations(app, configuration),
  ]);
  const found = [
    ...ofApps,
    ...unexaminedApps(apps, configuration),
    ...weakerRuleFindings(apps, configuration),
    ...failOpenFindings(apps, configuration),
    ...escapedDenialFindings(apps, configuration),
    ...lockOutsIn(apps, configuration),
    ...passwordFindings(apps, configuration),
  ];
  const locations = new Map(found.toReversed().map((finding) => [keyOf(finding), finding] as const));
  return [...locations.values()];
}

/** Users who cannot get in, or cannot add what they are asked for. */
export function lockOutsIn(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return [
    ...lockOutFindings(apps, configuration),
    ...newcomerFindings(apps, configuration),
    ...firstSignInFindings(apps, configuration),
    ...secondSignInFindings(apps, configuration),
  ];
}

function keyOf({ code, file, line, column }: AnalysisFinding): string {
  return `${code} ${file}:${line}:${column}`;
}

function closedApp(closed: AnalysedApp, { apps }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const { app, policies, refused } = closed;
  const source = apps.find((candidate) => candidate.app.clientId === app.clientId)?.source;
  if (!isClosed(closed) || source === undefined) return [];
  const rules = [...(policies.app?.rules ?? []), ...policies.session.rules].map(({ rule }) => rule);
  const fails = rules.some(({ when }) => conditionSets(when).some(({ expression }) => expression !== undefined));
  const isLimited = refused !== undefined && rules.some(({ when }) => asksForScopes(when));
  const besides = `${fails ? ', or an expression fails, and its rule denies' : ''}${isLimited ? ', or the rule is about a scope that the app may not ask for' : ''}`;
  const alike = otherAppsText([closed], app.clientId);
  const others = alike === '' ? '' : `, nor ${alike}, which no rule tells apart from it`;
  const message = `no user can enter this app${others}: wherever a rule of one policy allows, another policy denies${besides}`;
  const advice = `correct the conditions of the rules that allow${isLimited ? ' or what the app may ask for (`client.scope`, `client.grant_types`)' : ''}, or remove the app`;
  return [
    findingAt(
      'closed-app',
      { source, path: ['signOnPolicy'] },
      {
        message,
        rules: distinctRules(rules).slice(0, mostRules).map(namedRule),
        advice,
      },
    ),
  ];
}

/**
 * Rules that still had combinations to examine, or too entangled ones, when the steps of the search had run out. Of
 * many rules, the first is told with their number.
 */
function undecidedCombinations({ app, open, isExamined }: AnalysedApp, configuration: AnalysedConfiguration) {
  if (!isExamined) return [];
  const byRule = [...Map.groupBy(open, (combination) => combination.app).values()];
  if (byRule.length <= mostTold) return byRule.flatMap((same) => undecidedEffect(app, same, configuration));
  const first = byRule[0] ?? [];
  const last = byRule.at(-1)?.[0]?.app.name;
  return undecidedEffect(app, first, configuration).map((finding) => ({
    ...finding,
    message: `${finding.message}. This goes for ${byRule.length} rules, the last of them "${last}"`,
  }));
}

/** One for each file with rules that were not looked at together with others, as the steps for all did not suffice. */
function unexaminedApps(
  apps: readonly AnalysedApp[],
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const closed = apps.filter(({ isExamined }) => !isExamined).map((app) => ({ app }));
  const rules = distinctRules(closed.flatMap(({ app: { open } }) => open.map((combination) => combination.app)));
  return [...Map.groupBy(rules, ({ location }) => location?.file).values()].flatMap((inFile) => {
    const [first, last] = [inFile[0], inFile.at(-1)];
    const location = first && locationOf(first);
    if (location === undefined || last === undefined) return [];
    const own = closed.filter(({ app: { open } }) => open.some((combination) => inFile.includes(combination.app)));
    const more = inFile.length > 1 ? ` and that of ${inFile.length - 1} more, the last "${last.name}",` : '';
    const parts = {
      message: `its effect${more} with other policies in ${analysedAppsText(own)} was not examined: the steps for all apps did not suffice`,
      severity: 'warning' as const,
      advice: 'say the rules of long policies with fewer conditions, or divide these policies',
    };
    return [findingAt('undecided', location, parts)];
  });
}

/** `same`: combinations of one rule. */
function undecidedEffect(
  app: AnalysedApp['app'],
  same: AnalysedApp['open'],
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const [first] = same;
  const location = first && locationOf(first.app);
  if (location === undefined) return [];
  const parts = {
    message: `its effect with other policies in the app ${app.clientId} could not be decided: the steps of the search did not suffice`,
    severity: 'warning' as const,
    rules: same.slice(0, mostNamed).map(({ session }) => namedRule(session)),
    advice: 'say these rules with simpler conditions, or divide the policy',
  };
  return [findingAt('undecided', location, parts)];
}

/** Rules of the session policy that are named with it. */
const mostNamed = 3;
