/** Rules beside which a weaker one decides about the same users, as findings. */
import type { LongerLimit } from '../../../core/analysis/comparison/longer-limits.ts';
import type { SignInLayer } from '../../../core/analysis/findings/asks-less.ts';
import { spoofable } from '../../../core/analysis/findings/spoofable.ts';
import { spoofableEnrollment } from '../../../core/analysis/findings/spoofable-enrollment.ts';
import { type WeakerBelow, weakerBelow } from '../../../core/analysis/findings/weaker-below.ts';
import type { RulePart } from '../../../core/analysis/space/rule-space.ts';
import { proofNames } from '../../../core/evidence/proof-names.ts';
import { meetsRequirement } from '../../../core/evidence/requirement.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import type { Rule, RuleHead } from '../../../core/model/policy.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import { type AnalysedApp, isLikeFirst } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { opaqueFindings, undecidedFindings } from '../analysed/undecided-findings.ts';
import { exampleOptions } from '../text/example-options.ts';
import { proofText, provedOptions } from '../text/proofs-text.ts';

/** A rule of the session policy that was found at one app is not examined at others. */
export function weakerRuleFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const told = { weaker: new Set<string>(), chosen: new Set<string>() };
  const findings = apps.flatMap((app) => [
    ...(['app', 'session'] as const).flatMap((layer) => [
      ...weaker(app, { layer, told: told.weaker }, configuration),
      ...chosenByBrowser(app, { layer, told: told.chosen }, configuration),
    ]),
    ...enrollmentByBrowser(app, configuration),
  ]);
  return [...new Map(findings.map((finding) => [keyOf(finding), finding])).values()];
}

/** What could not be decided is said of a rule once, however many apps it is for. */
function keyOf(finding: AnalysisFinding): unknown {
  const { code, file, path, message } = finding;
  return code === 'undecided' ? JSON.stringify([file, path, message]) : finding;
}

interface Examined {
  readonly layer: SignInLayer;
  /** Locations of the rules that were found. */
  readonly told: Set<string>;
}

function weaker(
  app: AnalysedApp,
  { layer, told }: Examined,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  if (isLikeFirst(app)) return [];
  const { policies, space } = app;
  const isTold = (rule: Rule) => told.has(locationKey(rule));
  const { found, undecided, opaque } = weakerBelow(policies, space, { layer, isTold, budget: app.comparisonBudget });
  const findings = found.flatMap((below) => {
    const { strict, weak, missing, facts, longer, proved } = below;
    const location = configuration.locationOf(strict);
    if (location === undefined) return [];
    told.add(locationKey(strict));
    const conditions = [...new Set(missing.map(conditionText))].join(' or ');
    const less =
      longer.length > 0
        ? longerText('the same users', longer)
        : `asks the same users for less: ${enoughText(below, policies)} is enough`;
    return [
      findingAt('weaker-below', location, {
        message: `where ${conditions} misses, ${ruleText(weak)} ${less}`,
        rules: [namedRule(weak)],
        example: proved ? provedOptions(facts, proved, policies) : exampleOptions(facts),
        advice: 'name the same users in a rule without this condition, or say `none` where less is meant',
      }),
    ];
  });
  const question = 'whether a rule below asks the same users for less';
  return [
    ...findings,
    ...undecidedFindings(undecided, question, configuration),
    ...opaqueFindings(opaque, question, configuration),
  ];
}

/** What the weaker rule takes: where the stricter one asks for the same, and newer, how old it is. */
function enoughText({ strict: { then }, evidence, proved }: WeakerBelow, { authenticators }: PolicySet): string {
  const isSame =
    then.kind === 'allow' &&
    meetsRequirement(
      then.requirement,
      evidence.map((item) => ({ ...item, age: 'now' })),
    );
  if (isSame && proved) return proved.evidence.map((item) => proofText(item, { authenticators })).join(' and ');
  return [...new Set(evidence.map((item) => proofNames(item).at(-1)))].join(' and ');
}

function conditionText({ condition, path, isOfExpression }: RulePart): string {
  return isOfExpression ? '`expression`' : `\`${[condition, ...path].join('.')}\``;
}

/** What the rule does, as a clause. */
function longerText(users: string, longer: readonly LongerLimit[]): string {
  const kinds = longer.map(({ what }) => what);
  if (kinds.every((what) => what === 'remembered')) return 'lets browsers remember the second factor for longer';
  if (kinds.every((what) => what === 'refreshed')) return 'lets refresh tokens count for longer';
  const isAtApp = kinds.every((what) => ['at_app', 'kept_at_app', 'remembered', 'refreshed'].includes(what));
  return isAtApp ? 'lets what was proved count for longer' : `lets ${users} stay signed in for longer`;
}

function chosenByBrowser(
  { policies, space, comparisonBudget: budget }: AnalysedApp,
  { layer, told }: Examined,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const isTold = (rule: Rule) => told.has(locationKey(rule));
  const { found, undecided, opaque } = spoofable(policies, space, { layer, isTold, budget });
  const findings = found.flatMap(({ asking, strict, weak, facts, longer, proved }) => {
    told.add(locationKey(asking));
    const less = longer.length > 0 ? longerText('users', longer) : 'asks for less';
    const example = proved ? provedOptions(facts, proved, policies) : exampleOptions(facts);
    return chosen({ strict, weak, less, example }, configuration);
  });
  return [
    ...findings,
    ...undecidedFindings(undecided, browserQuestion, configuration),
    ...opaqueFindings(opaque, browserQuestion, configuration),
  ];
}

const browserQuestion = 'whether what a browser says of itself leads from it to a weaker rule';

function enrollmentByBrowser(
  { policies, space }: AnalysedApp,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const { found, undecided, opaque } = spoofableEnrollment(policies, space);
  const findings = found.flatMap(({ strict, weak, facts, enrolled }) => {
    const example = exampleOptions(facts, enrolled.length > 0 ? enrolled : undefined);
    return chosen({ strict, weak, less: 'asks users to set up less', example }, configuration);
  });
  return [
    ...findings,
    ...undecidedFindings(undecided, browserQuestion, configuration),
    ...opaqueFindings(opaque, browserQuestion, configuration),
  ];
}

interface Chosen {
  readonly strict: RuleHead;
  readonly weak: RuleHead;
  /** What the weak rule does, as a clause. */
  readonly less: string;
  readonly example: readonly string[];
}

function chosen(
  { strict, weak, less, example }: Chosen,
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const location = locationOf(strict);
  if (location === undefined) return [];
  const parts = {
    message: `a browser that calls itself another one is under ${ruleText(weak)} instead, which ${less}`,
    rules: [namedRule(weak)],
    example,
    advice: 'ask the same of every browser, or rest the difference on something that is proved',
  };
  return [findingAt('spoofable', location, parts)];
}

function ruleText({ name }: RuleHead): string {
  return `the rule "${name}"`;
}
