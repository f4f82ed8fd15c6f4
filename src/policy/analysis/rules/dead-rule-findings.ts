/** Rules that never decide, as findings. */

import { type RuleVerdict, ruleVerdict, ruleVerdicts } from '../../../core/analysis/findings/dead-rules.ts';
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
  readonly verdict: RuleVerdict;
  /** The rule may have decided before: what it asks for is over. */
  readonly isOver?: true;
}

/** Every rule in every policy that it is part of. */
export function examineRules(configuration: AnalysedConfiguration): readonly ExaminedRule[] {
  return configuration.policies.flatMap((policy) => examinedIn(policy, configuration));
}

/** One rule of a file may be compiled into several policies. It decides if it does so in any of them. */
export function deadRuleFindings(
  found: readonly ExaminedRule[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const written = Map.groupBy(found, ({ rule }) => locationKey(rule));
  return [...written.values()].flatMap((same) => {
    const first = same.find(({ verdict }) => 'fails' in verdict) ?? same[0];
    // A policy must end in a rule without conditions, even if no sign-in is left for it.
    const isAlive = same.some(({ rule, verdict }) => verdict.kind === 'decides' || isCatchAll(rule));
    return first === undefined || isAlive ? [] : deadRule(first, configuration);
  });
}

function examinedIn(
  { policy, clientIds }: AnalysedPolicy,
  { universe }: AnalysedConfiguration,
): readonly ExaminedRule[] {
  const { reporting } = policy;
  const within = universe(clientIds);
  // Examines rules that only report as if they were enforced.
  const reported = reporting ? examinedRules(reporting, within).filter(({ rule }) => rule.reportOnly) : [];
  return [...examinedRules(policy, within), ...reported];
}

function examinedRules(policy: CompiledPolicy<RuleHead>, universe: Universe): readonly ExaminedRule[] {
  const verdicts = ruleVerdicts(policy, spaceOf(policy, universe));
  const { since: _, ...always } = universe;
  const atAnyTime = verdicts.some(isDead) ? spaceOf(policy, always) : undefined;
  return policy.rules.map(({ rule }, position) => {
    const verdict = verdicts[position] as RuleVerdict;
    const isOver = atAnyTime && isDead(verdict) && !isDead(ruleVerdict(position, { policy, space: atAnyTime }));
    return { rule, verdict, ...(isOver && { isOver }) };
  });
}

function isDead({ kind }: RuleVerdict): boolean {
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
  if (location === undefined || verdict.kind === 'decides') return [];
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
    return [findingAt('contradictory', { source, path: [...path, ...inner] }, { message, advice })];
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
  if (parts.length === 1) return `${parts.join('')} can never hold here`;
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)} exclude one another`;
}

function takersText(by: readonly RuleHead[], { location: own }: RuleHead): string {
  const names = by.slice(0, mostNamed).map(({ name, location }) => `"${name}" in ${whereFrom(own, location)}`);
  if (by.length === 1) return `the rule ${names.join('')} takes`;
  if (by.length > mostNamed) return `the rules ${names.join(', ')} and ${by.length - mostNamed} more together take`;
  return `the rules ${names.slice(0, -1).join(', ')} and ${names.at(-1)} together take`;
}

/** The shortest text for a location that a reader of the finding at `own` can follow. */
function whereFrom(own: RuleHead['location'], location: RuleHead['location']): string {
  const whole = { file: '', line: 1, column: 1, ...location };
  const { file, line, column } = whole;
  if (file !== own?.file) return sourceLocationText(whole);
  return line === own?.line ? `line ${line}, column ${column}` : `line ${line}`;
}
