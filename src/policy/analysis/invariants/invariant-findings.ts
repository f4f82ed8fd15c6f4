/** Invariants that do not hold, and those that the analysis could not decide, as findings. */
import type { Invariant, Violation } from '../../../core/analysis/findings/invariants.ts';
import { isOrdinary } from '../../../core/analysis/space/usual-groups.ts';
import type { ConditionSet } from '../../../core/model/conditions.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { hasTextPart } from '../../../core/policy/theories/expression-theory.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import type { App } from '../../model/app.ts';
import { type FileLocation, findingAt } from '../../source/finding-at.ts';
import { namedRule } from '../analysed/configuration.ts';
import { otherAppsText } from '../text/apps-text.ts';
import { exampleOptions } from '../text/example-options.ts';
import { type Measure, proofsText, provedOptions } from '../text/proofs-text.ts';
import { type ExaminedApp, type ExaminedInvariant, overallVerdict, violationsOf } from './invariants.ts';

/** Rules that break an invariant and are named; the last one says how many more there are. */
const mostNamed = 5;

export function invariantFindings(examined: readonly ExaminedInvariant[]): readonly AnalysisFinding[] {
  return examined.flatMap((invariant) => {
    const location = { source: invariant.source, path: ['invariants', invariant.index] };
    const kind = overallVerdict(invariant);
    if (kind === 'refuted') return violations(invariant, location);
    if (kind === 'undecided') return [undecided(invariant, location)];
    return kind === 'empty' ? [emptyInvariant(invariant, location)] : [];
  });
}

type FoundViolation = ReturnType<typeof violationsOf>[number];

function violations(examined: ExaminedInvariant, location: FileLocation): readonly AnalysisFinding[] {
  const all = [...Map.groupBy(violationsOf(examined), blamed).values()];
  const more = all.slice(mostNamed).flatMap(([first]) => first ?? []);
  const where = [...new Set(more.map(({ app }) => atApp(app)))];
  const elsewhere = where.length > mostNamed ? [...where.slice(0, mostNamed), 'elsewhere'] : where;
  return all.slice(0, mostNamed).flatMap((same, index) => {
    const [violation] = same;
    const isLast = more.length > 0 && index === mostNamed - 1;
    const others = isLast ? `; so do ${rulesCount(more.length)} (${elsewhere.join(', ')})` : '';
    return violation ? [violationFinding(violation, examined, { location, others: `${besides(same)}${others}` })] : [];
  });
}

/** The other apps where the same rule is to blame. */
function besides(same: readonly FoundViolation[]): string {
  const where = otherPlaces([...new Map(same.map((violation) => [violation.app.clientId, violation])).values()]);
  return where === '' ? '' : `; because of the same rule, it does not hold ${where}`;
}

/** All of them but the first app, e.g. `in beta and gamma`. The account app comes last. */
function otherPlaces(all: readonly Pick<ExaminedApp, 'app' | 'count' | 'clientIds'>[]): string {
  const [first] = all;
  if (first === undefined || first.app.ownAccount) return '';
  const names = otherAppsText(
    all.filter(({ app }) => !app.ownAccount),
    first.app.clientId,
  );
  const own = all.flatMap(({ app }) => (app.ownAccount ? [atApp(app)] : []));
  return [...(names === '' ? [] : [`in ${names}`]), ...own].join(' and ');
}

function rulesCount(more: number): string {
  return more === 1 ? 'one more rule' : `${more} more rules`;
}

/** The rule of the app, or the one that denies. */
function blamed({ rules, app }: FoundViolation): string {
  const rule = rules[1] ?? rules[0];
  return rule?.location === undefined ? app.clientId : locationKey(rule);
}

function violationFinding(
  { rules, facts, proved, isFailing, app, policies }: FoundViolation,
  { invariant }: ExaminedInvariant,
  { location, others }: { readonly location: FileLocation; readonly others: string },
): AnalysisFinding {
  const { authenticators, session } = policies;
  const { guarantee } = invariant;
  const measure = { authenticators, session, ...(guarantee.kind === 'proves' && { wanted: guarantee.requirement }) };
  const what = outcomeText({ rules, facts, ...(proved && { proved }), ...(isFailing && { isFailing }) }, measure);
  const everything = authenticators.map(({ key }) => key);
  return findingAt('invariant', location, {
    ...(!isOrdinary(facts, [invariant, ...rules]) && { severity: 'warning' as const }),
    message: `"${invariant.name}" does not hold ${atApp(app)}: ${what}${others}`,
    rules: deciding(rules).map(namedRule),
    example: proved ? provedOptions(facts, proved, measure) : exampleOptions(facts, everything),
    advice: adviceFor(guarantee),
  });
}

function adviceFor({ kind }: Invariant['guarantee']): string {
  if (kind === 'refused') return 'deny these users in one of these rules, or narrow the invariant';
  return kind === 'admitted'
    ? 'correct these rules, or narrow the invariant'
    : 'ask for more in one of these rules, or narrow the invariant';
}

function outcomeText({ rules, proved, isFailing }: Violation, measure: Measure): string {
  const [first, second] = rules.map(({ name }) => `"${name}"`);
  if (proved) return `the rule ${second ?? first} lets a user in with ${proofsText(proved, measure)}`;
  if (isFailing) return `the rule ${first} denies, as its expression fails`;
  if (second === undefined) return `the rule ${first} denies`;
  return `nothing that users can have meets what the rules ${first} and ${second} ask for`;
}

/** The rules that stand in files. One of the enrollment policy is listed with others only if it restricts something. */
function deciding(rules: readonly RuleHead[]): readonly RuleHead[] {
  return rules.filter((rule) => rule.location !== undefined && (rules.length === 1 || !isLenient(rule)));
}

function isLenient(rule: RuleHead): boolean {
  const then: unknown = 'then' in rule ? rule.then : undefined;
  return typeof then === 'object' && then !== null && 'disabled' in then && String(then.disabled) === '';
}

function atApp({ clientId, ownAccount }: App): string {
  return ownAccount ? 'at the pages of the own account' : `in the app ${clientId}`;
}

function undecided(examined: ExaminedInvariant, location: FileLocation): AnalysisFinding {
  const open = examined.apps.filter((app) => app.verdict.kind === 'undecided');
  const [first] = open;
  const rules = first?.verdict.kind === 'undecided' ? first.verdict.open : [];
  const others = otherPlaces(open);
  const apps = others === '' ? '' : `, nor ${others}`;
  return findingAt('undecided-invariant', location, {
    message: `whether "${examined.invariant.name}" holds could not be decided ${first ? atApp(first.app) : ''}${apps}: ${reasonFor(examined, first)}`,
    rules: distinct(rules.flatMap(deciding)).slice(0, mostNamed).map(namedRule),
    advice: 'write these rules or the invariant with simpler conditions, or cover the case with a policy test',
  });
}

function distinct(rules: readonly RuleHead[]): readonly RuleHead[] {
  return [...new Map(rules.map((rule) => [locationKey(rule), rule])).values()];
}

function reasonFor({ invariant }: ExaminedInvariant, examined: ExaminedApp | undefined): string {
  if (examined?.verdict.kind !== 'undecided') return 'nothing is known';
  if (examined.verdict.ranOut) return 'the steps of the search did not suffice for these rules';
  const reason = reasonIn([invariant, ...examined.verdict.open.flat()]);
  return reason ?? 'these rules are not proved to keep it, and no sign-in was found that breaks it';
}

/** What keeps the analysis from deciding: an expression that it cannot take apart. Undefined: there is none. */
export function reasonIn(rules: readonly Pick<RuleHead, 'when'>[]): string | undefined {
  const sets = rules.flatMap(({ when }) => conditionSets(when));
  const isOpen = ({ expression }: ConditionSet) => expression !== undefined && hasTextPart(expression.logic);
  return sets.some(isOpen) ? '`expression` cannot be taken apart' : undefined;
}

function emptyInvariant({ invariant, apps }: ExaminedInvariant, location: FileLocation): AnalysisFinding {
  const why = apps.length === 0 ? 'no app is meant' : 'its conditions exclude one another';
  return findingAt('empty-invariant', location, {
    message: `"${invariant.name}" says nothing: ${why}`,
    advice: 'correct its conditions, or remove it',
  });
}
