/** The effect of all policies of an app together, as findings. */
import { spoofable } from '../../../core/analysis/findings/spoofable.ts';
import { weakerBelow } from '../../../core/analysis/findings/weaker-below.ts';
import { proofNames } from '../../../core/evidence/named.ts';
import type { Rule } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { failOpenFindings } from '../rules/fail-open-findings.ts';
import { exampleOptions } from '../text/example-options.ts';
import { firstSignInFindings } from './first-sign-in-findings.ts';
import { lockOutFindings } from './lock-out-findings.ts';
import { newcomerFindings } from './newcomer-findings.ts';

/** Each place is reported once for each code. */
export function combinationFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const ofApps = apps.flatMap((app) => [
    ...closedApp(app, configuration),
    ...undecidedCombinations(app, configuration),
    ...weaker(app, configuration),
    ...chosenByBrowser(app, configuration),
  ]);
  const found = [
    ...ofApps,
    ...failOpenFindings(apps, configuration),
    ...lockOutFindings(apps, configuration),
    ...newcomerFindings(apps, configuration),
    ...firstSignInFindings(apps, configuration),
  ];
  const places = new Map(found.toReversed().map((finding) => [keyOf(finding), finding] as const));
  return [...places.values()];
}

function keyOf({ code, file, line, column }: AnalysisFinding): string {
  return `${code} ${file}:${line}:${column}`;
}

function closedApp(
  { app, combinations, isPartial }: AnalysedApp,
  { apps }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const source = apps.find((one) => one.app.clientId === app.clientId)?.source;
  if (combinations.length > 0 || isPartial || source === undefined) return [];
  const message = 'no user can enter this app: wherever a rule of one policy allows, another policy denies';
  const advice = 'correct the conditions of the rules that allow, or remove the app';
  return [findingAt('closed-app', { source, path: ['signOnPolicy'] }, { message, advice })];
}

/** Rules that still had combinations to examine, or too entangled ones, when the steps of the search had run out. */
function undecidedCombinations(
  { app, open }: AnalysedApp,
  { placeOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return [...Map.groupBy(open, (combination) => combination.app)].flatMap(([rule, same]) => {
    const place = placeOf(rule);
    if (place === undefined) return [];
    const parts = {
      message: `its effect with other policies in the app ${app.clientId} could not be decided: the steps of the search did not suffice`,
      severity: 'warning' as const,
      rules: same.slice(0, mostNamed).map(({ session }) => namedRule(session)),
      advice: 'say these rules with simpler conditions, or divide the policy',
    };
    return [findingAt('undecided', place, parts)];
  });
}

/** Rules of the session policy that are named with it. */
const mostNamed = 3;

function weaker({ policies, space }: AnalysedApp, configuration: AnalysedConfiguration): readonly AnalysisFinding[] {
  const { found, undecided } = weakerBelow(policies, space);
  const findings = found.flatMap(({ strict, weak, missing, facts, evidence }) => {
    const place = configuration.placeOf(strict);
    if (place === undefined) return [];
    const conditions = missing.map(({ condition, path }) => `\`${[condition, ...path].join('.')}\``).join(' or ');
    const keys = [...new Set(evidence.map(({ authenticator }) => authenticator))];
    const proofs = [...new Set(evidence.map((item) => proofNames(item).at(-1)))];
    return [
      findingAt('weaker-below', place, {
        message: `where ${conditions} misses, ${ruleText(weak)} asks the same users for less: ${proofs.join(' and ')} is enough`,
        rules: [namedRule(weak)],
        example: exampleOptions(facts, keys),
        advice: 'name the same users in a rule without this condition, or say `none` where less is meant',
      }),
    ];
  });
  return [
    ...findings,
    ...undecidedFindings(undecided, 'whether a rule below asks the same users for less', configuration),
  ];
}

function chosenByBrowser(
  { policies, space }: AnalysedApp,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const { found, undecided } = spoofable(policies, space);
  const findings = found.flatMap(({ strict, weak, facts }) => {
    const place = configuration.placeOf(strict);
    if (place === undefined) return [];
    const parts = {
      message: `a browser that calls itself another one is under ${ruleText(weak)} instead, which asks for less`,
      rules: [namedRule(weak)],
      example: exampleOptions(facts),
      advice: 'ask the same of every browser, or rest the difference on something that is proved',
    };
    return [findingAt('spoofable', place, parts)];
  });
  const question = 'whether what a browser says of itself leads from it to a weaker rule';
  return [...findings, ...undecidedFindings(undecided, question, configuration)];
}

function ruleText({ name }: Rule): string {
  return `the rule "${name}"`;
}
