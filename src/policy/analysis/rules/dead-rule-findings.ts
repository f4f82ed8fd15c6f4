/** Rules that never decide, as findings. */

import { type RuleVerdict, ruleBudget, ruleVerdict } from '../../../core/analysis/findings/dead-rules.ts';
import type { Budget } from '../../../core/analysis/space/propagate.ts';
import { type RulePart, type RuleSpace, ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { sourceLocationText } from '../../../core/model/source-location.ts';
import type { CompiledPolicy } from '../../../core/policy/rules/compile.ts';
import type { Universe } from '../../../core/policy/theories/theory.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { type FileLocation, findingAt } from '../../source/finding-at.ts';
import type { AnalysedPolicy } from '../analysed/analysed-policies.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';

/** A rule in one of the policies that it is part of. */
export interface ExaminedRule {
  readonly rule: RuleHead;
  /** `unexamined`: the steps for all rules did not suffice to look at it. */
  readonly verdict: RuleVerdict | { readonly kind: 'unexamined' };
  /** The rule may have decided before: what it asks for is over. */
  readonly isOver?: true;
}

/**
 * Every rule in every policy that it is part of. Short policies come first, so that a long one does not take their
 * steps.
 */
export function examineRules(
  configuration: AnalysedConfiguration,
  budget: Budget = ruleBudget(),
): readonly ExaminedRule[] {
  const { policies } = configuration;
  const shortFirst = policies.toSorted((one, other) => one.policy.rules.length - other.policy.rules.length);
  const examined = new Map(shortFirst.map((each) => [each, examinedIn(each, configuration, budget)]));
  return policies.flatMap((each) => examined.get(each) ?? []);
}

/** One rule of a file may be compiled into several policies. It decides if it does so in any of them. */
export function deadRuleFindings(
  found: readonly ExaminedRule[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const written = Map.groupBy(found, ({ rule }) => locationKey(rule));
  return [...written.values()].flatMap((same) => {
    // In another policy it may decide: only where it does so in none, it never does.
    const first = same.find(({ verdict }) => verdict.kind === 'undecided') ?? same.find(mayFail) ?? same[0];
    return first === undefined || same.some(isAlive) || same.some(isUnexamined) ? [] : deadRule(first, configuration);
  });
}

/** One for each file with rules that were not looked at, as the steps for all rules did not suffice. */
export function unexaminedFindings(
  found: readonly ExaminedRule[],
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const written = Map.groupBy(found, ({ rule }) => locationKey(rule));
  const open = [...written.values()].filter((same) => same.some(isUnexamined) && !same.some(isAlive));
  const rules = open.flatMap(([first]) => (first ? [first.rule] : []));
  return [...Map.groupBy(rules, ({ location }) => location?.file).values()].flatMap((inFile) => {
    const [first, last] = [inFile[0], inFile.at(-1)];
    const location = first && locationOf(first);
    if (first === undefined || location === undefined || last === undefined) return [];
    const more = `${inFile.length - 1} more, the last "${last.name}" in ${whereFrom(first, last.location)},`;
    const they = inFile.length > 1 ? `it and ${more} ever decide` : 'it ever decides';
    const parts = {
      message: `whether ${they} was not examined: the steps for all rules did not suffice`,
      severity: 'warning' as const,
      advice: 'divide the policy, or say its rules with fewer conditions',
    };
    return [findingAt('undecided', location, parts)];
  });
}

/** A policy must end in a rule without conditions, even if no sign-in is left for it. */
function isAlive({ rule, verdict }: ExaminedRule): boolean {
  return verdict.kind === 'decides' || isCatchAll(rule);
}

function mayFail({ verdict }: ExaminedRule): boolean {
  return 'failure' in verdict && verdict.failure !== undefined;
}

function isUnexamined({ verdict }: ExaminedRule): boolean {
  return verdict.kind === 'unexamined';
}

function examinedIn(
  { policy, clientIds }: AnalysedPolicy,
  { universe }: AnalysedConfiguration,
  budget: Budget,
): readonly ExaminedRule[] {
  const { reporting } = policy;
  const within = universe(clientIds);
  // Examines rules that only report as if they were enforced.
  const reported = reporting ? examinedRules(reporting, within, budget).filter(({ rule }) => rule.reportOnly) : [];
  return [...examinedRules(policy, within, budget), ...reported];
}

function examinedRules(policy: CompiledPolicy<RuleHead>, universe: Universe, budget: Budget): readonly ExaminedRule[] {
  const space = spaceOf(policy, universe);
  const { since: _, ...always } = universe;
  let atAnyTime: RuleSpace | undefined;
  return policy.rules.map(({ rule }, position) => {
    if (budget.steps <= 0) return { rule, verdict: { kind: 'unexamined' } };
    const verdict = ruleVerdict(position, { policy, space }, budget);
    if (!isDead(verdict)) return { rule, verdict };
    atAnyTime ??= spaceOf(policy, always);
    const once = ruleVerdict(position, { policy, space: atAnyTime }, budget);
    return { rule, verdict, ...(!isDead(once) && { isOver: true as const }) };
  });
}

function isDead({ kind }: ExaminedRule['verdict']): boolean {
  return kind === 'contradictory' || kind === 'shadowed';
}

/** Whether a rule of the account policy is about every change. */
function isCatchAll(rule: RuleHead): boolean {
  return Object.keys(rule.when).length === 0 && !('change' in rule && rule.change !== undefined);
}

function spaceOf(policy: CompiledPolicy<RuleHead>, universe: Universe): RuleSpace {
  return ruleSpace(
    policy.rules.map(({ rule }) => rule.when),
    universe,
  );
}

function deadRule(
  { rule, verdict, isOver }: ExaminedRule,
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const location = locationOf(rule);
  if (location === undefined || verdict.kind === 'decides' || verdict.kind === 'unexamined') return [];
  const { source, path } = location;
  if (verdict.kind === 'undecided') {
    const reason = verdict.ranOut ? ': the steps of the search did not suffice' : '';
    const parts = {
      message: `whether it ever decides could not be decided${reason}`,
      advice: 'say it with simpler conditions',
      ...(verdict.ranOut && { severity: 'warning' as const }),
    };
    return [findingAt('undecided', location, parts)];
  }
  if (isOver) return [overRule(verdict, rule, location)];
  if (verdict.kind === 'contradictory') {
    const [only] = verdict.conflict;
    const inner = only && verdict.conflict.length === 1 ? ['when', only.condition, ...only.path] : [];
    const message = `never applies: ${conflictText(verdict.conflict)}${failingText(verdict, rule)}`;
    const advice = verdict.failure
      ? `correct one of these conditions, and put \`has()\` before what it reads. ${removal}`
      : 'correct one of these conditions, or remove the rule';
    const severity = rule.reportOnly && { severity: 'warning' as const };
    return [findingAt('contradictory', { source, path: [...path, ...inner] }, { message, advice, ...severity })];
  }
  const changesNothing = verdict.by.every((other) => thenOf(other) === thenOf(rule));
  const never = `never ${rule.reportOnly ? 'reports' : 'decides'}${verdict.failure ? ' as it says' : ''}`;
  const parts = {
    message: `${never}: ${takersText(verdict.by, rule)} all its cases${failingText(verdict, rule)}`,
    rules: verdict.by.slice(0, mostNamed).map(namedRule),
    advice: verdict.failure
      ? `put \`has()\` before what it reads and move it above, or narrow the rules before it. ${removal}`
      : 'move it above, narrow the rules before it, or remove it',
    ...((changesNothing || rule.reportOnly) && { severity: 'warning' as const }),
  };
  return [findingAt('shadowed', location, parts)];
}

/** A failure denies (Law 4), so that a rule which never holds may still keep users out. */
function failingText({ failure }: DeadVerdict, { reportOnly }: RuleHead): string {
  if (failure === undefined) return '';
  const does = reportOnly ? 'reports' : 'decides';
  return failure === 'shown'
    ? `. It ${does} only where its expression fails, and ${reportOnly ? 'reports a denial' : 'denies'} then`
    : `. It ${does} at most where its expression fails, and ${reportOnly ? 'reports a denial' : 'denies'} then`;
}

const removal = 'Remove it only if the rules below may let those users in';

/** A rule whose days are over has a finding of its own, because it was no mistake before. */
function overRule(verdict: DeadVerdict, rule: RuleHead, location: FileLocation): AnalysisFinding {
  const isShadowed = verdict.kind === 'shadowed';
  return findingAt('past', location, {
    message: `${
      isShadowed
        ? `never decides any more${verdict.failure ? ' as it says' : ''}, as its days are over: ${takersText(verdict.by, rule)} all its cases`
        : `never applies any more, as its days are over: ${conflictText(verdict.conflict)}`
    }${failingText(verdict, rule)}`,
    rules: isShadowed ? verdict.by.slice(0, mostNamed).map(namedRule) : [],
    advice: verdict.failure
      ? `set later days, and put \`has()\` before what it reads. ${removal}`
      : 'remove the rule, or set later days',
  });
}

type DeadVerdict = Extract<RuleVerdict, { readonly kind: 'contradictory' | 'shadowed' }>;

/** How many of the rules that shadow another one are named. */
const mostNamed = 5;

function thenOf(rule: RuleHead): string {
  return 'then' in rule ? JSON.stringify(rule.then) : '';
}

function conflictText(conflict: readonly RulePart[]): string {
  const parts = conflict.map(({ condition, path }) => `\`${[condition, ...path].join('.')}\``);
  const [only] = parts;
  const isOfZones = only === '`network.all`';
  if (parts.length === 1)
    return `${only} can never hold here${isOfZones ? ': no address is in all of these zones' : ''}`;
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)} exclude one another`;
}

/** A clause that ends in the verb. */
export function takersText(by: readonly RuleHead[], own: RuleHead): string {
  const names = by.slice(0, mostNamed).map(({ name, location }) => `"${name}" in ${whereFrom(own, location)}`);
  if (by.length === 1) return `the rule ${names.join('')} takes`;
  if (by.length > mostNamed) return `the rules ${names.join(', ')} and ${by.length - mostNamed} more together take`;
  return `the rules ${names.slice(0, -1).join(', ')} and ${names.at(-1)} together take`;
}

/** The shortest text for a location that a reader of the finding at `own` can follow. */
function whereFrom({ location: own }: RuleHead, location: RuleHead['location']): string {
  const whole = { file: '', line: 1, column: 1, ...location };
  const { file, line, column } = whole;
  if (file !== own?.file) return sourceLocationText(whole);
  return line === own?.line ? `line ${line}, column ${column}` : `line ${line}`;
}
