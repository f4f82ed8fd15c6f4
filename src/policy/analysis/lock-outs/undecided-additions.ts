/**
 * Rules with an expression that cannot be taken apart, by which users could not add what they are asked for if it held,
 * as findings. The search for lock-outs sees no user for whom such a rule decides.
 */
import { ruleCombinations } from '../../../core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../core/model/conditions.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { compileAccountPolicy } from '../../../core/policy/rules/account-policy.ts';
import { type CompiledPolicy, compilePolicy, type PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { hasTextPart } from '../../../core/policy/theories/expression-theory.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import { type AnalysedApp, rulesOfApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { analysedAppsText, distinctRules, mostNamed } from '../text/apps-text.ts';
import { accountAdditions } from './account-additions.ts';
import { rulesIn } from './denial-cause.ts';
import { type Denied, deniedIn } from './denied-newcomers.ts';
import { lockOutFinder } from './lock-out-finder.ts';

/** How many such rules are examined, each at the apps that it is for until something is found. */
const mostRules = 24;

/** `told`: rules of which a lock-out is known. One finding for each rule that would be the cause. */
export function undecidedAdditions(
  apps: readonly AnalysedApp[],
  isTold: (rule: RuleHead) => boolean,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const open = distinctRules(apps.flatMap(({ policies }) => rulesOfApp(policies))).filter(hasUnknownExpression);
  const found = open.slice(0, mostRules).flatMap((rule) => firstFound(rule, apps, configuration) ?? []);
  const causes = Map.groupBy(found, ({ cause }) => locationKey(cause));
  return [...causes.values()].flatMap((same) => atCause(same, isTold, configuration));
}

function hasUnknownExpression({ when }: RuleHead): boolean {
  return conditionSets(when).some(isUnknown);
}

function isUnknown({ expression }: ConditionSet): boolean {
  return expression !== undefined && hasTextPart(expression.logic);
}

interface OpenDenial {
  /** The rule with the expression. */
  readonly rule: RuleHead;
  /** The rule that would be the cause. */
  readonly cause: RuleHead;
  readonly denied: Denied;
  readonly app: AnalysedApp;
}

function firstFound(
  rule: RuleHead,
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): OpenDenial | undefined {
  for (const app of apps.filter(({ policies }) => rulesOfApp(policies).some((ruleOfApp) => isSame(ruleOfApp, rule)))) {
    const changed = withHolding(app, rule, configuration);
    const search = lockOutFinder(accountAdditions([changed], configuration), configuration);
    for (const combination of changed.combinations) {
      const denied = deniedIn(combination, changed, search).denied.find((denial) => isBy(denial, rule));
      const [cause] = denied ? rulesIn(denied.cause) : [];
      if (denied && cause) return { rule, cause, denied, app };
    }
  }
  return undefined;
}

/** The rule decides about the user, or is the cause. */
function isBy({ combination: { session, app, enrollment }, cause, after }: Denied, rule: RuleHead): boolean {
  const rules = [session, app, ...(enrollment ? [enrollment] : []), ...(after ? [after.rule] : []), ...rulesIn(cause)];
  return rules.some((involved) => isSame(involved, rule));
}

function isSame(one: RuleHead, other: RuleHead): boolean {
  return locationKey(one) === locationKey(other);
}

/** The app as if the expressions of the rule always held. */
function withHolding(app: AnalysedApp, rule: RuleHead, { universe }: AnalysedConfiguration): AnalysedApp {
  const policies = holdingIn(app.policies, rule);
  const space = ruleSpace(
    rulesOfApp(policies).map(({ when }) => when),
    universe([app.app.clientId]),
  );
  return { ...app, policies, space, ...ruleCombinations(policies, space, app.denialBudget) };
}

function holdingIn({ session, app, enrollment, accountPolicy, ...others }: PolicySet, rule: RuleHead): PolicySet {
  const holding = <Of extends RuleHead>(written: Of): Of =>
    isSame(written, rule) ? { ...written, when: without(written.when) } : written;
  const inPolicy = <Of extends RuleHead>({ name, rules }: CompiledPolicy<Of>): CompiledPolicy<Of> =>
    compilePolicy({ name, rules: rules.map((compiled) => holding(compiled.rule)) });
  return {
    ...others,
    session: inPolicy(session),
    ...(app && { app: inPolicy(app) }),
    ...(enrollment && { enrollment: inPolicy(enrollment) }),
    ...(accountPolicy && {
      accountPolicy: compileAccountPolicy({ name: 'account', rules: accountPolicy.rules.map(holding) }),
    }),
  };
}

function without({ any, ...when }: Conditions): Conditions {
  const inSet = ({ expression, ...set }: ConditionSet): ConditionSet =>
    isUnknown({ ...set, ...(expression && { expression }) }) ? set : { ...set, ...(expression && { expression }) };
  return { ...inSet(when), ...(any && { any: any.map(inSet) }) };
}

function atCause(
  same: readonly OpenDenial[],
  isTold: (rule: RuleHead) => boolean,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const [first] = same;
  const location = first && configuration.locationOf(first.cause);
  if (first === undefined || location === undefined || isTold(first.cause)) return [];
  const involved = distinctRules(
    same.flatMap(({ rule, denied }) => [rule, ...rulesIn(denied.cause).slice(1), denied.combination.app]),
  ).filter((rule) => !isSame(rule, first.cause));
  return [
    findingAt('undecided', location, {
      message: `whether it locks users out of ${analysedAppsText(same)} could not be decided: where the rules named here decide, too, users may be unable to add what they are asked for, and an expression cannot be taken apart`,
      severity: 'warning',
      rules: involved.slice(0, mostNamed).map(namedRule),
      advice: 'say for whom with other conditions than `expression`, such as `attributes`',
    }),
  ];
}
