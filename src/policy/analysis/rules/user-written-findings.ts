/** Rules that let users in, keep them out, or ask for more, by attributes that they write themselves at `/account`. */
import { type EscapedDenial, escapedDenials } from '../../../core/analysis/findings/escaped-denials.ts';
import { type WrittenChoice, writtenChoices } from '../../../core/analysis/findings/less-strict-rules.ts';
import { isLessStrictPassword, lessStrictEnrollment } from '../../../core/analysis/findings/less-strict-terms.ts';
import type { AuthenticatorDescriptor } from '../../../core/model/facts.ts';
import type { Rule, RuleHead } from '../../../core/model/policy.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { attributesRead } from '../../schema/expressions/check-expression.ts';
import { type FileLocation, type FindingParts, findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { opaqueFindings, undecidedFindings } from '../analysed/undecided-findings.ts';
import { exampleOptions } from '../text/example-options.ts';
import { enrolledIn, type PolicyThatDenies, policiesThatDeny } from './policies-that-deny.ts';

/** Of a rule that allows. `does`: what it does, as the beginning of a sentence. */
export function writtenByUsers(
  rule: Rule,
  does: string,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return placesOf(rule, configuration).map(({ name, location, ...where }) => {
    const message = `${does} \`${name}\`, which they write themselves`;
    const advice = 'say `write: admin` for the attribute, or ask for something else';
    return findingAt('user-written', location, { message, advice, ...where });
  });
}

/** Of rules that deny. Errors come first: a rule may be found at one app and at another. */
export function escapedDenialFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const found = policiesThatDeny(apps, configuration).flatMap((examined) => inPolicy(examined, configuration));
  const isError = ({ severity }: AnalysisFinding) => severity === 'error';
  return [...found.filter(isError), ...found.filter((finding) => !isError(finding))];
}

function inPolicy(examined: PolicyThatDenies, configuration: AnalysedConfiguration): readonly AnalysisFinding[] {
  const { found, undecided, opaque } = escapedDenials(examined, examined.universe, examined.budgets);
  const question = 'whether users escape it by an attribute that they write themselves';
  return [
    ...found.flatMap((escaped) => findingsOf(escaped, examined, configuration)),
    ...undecidedFindings(undecided, question, configuration),
    ...opaqueFindings(opaque, question, configuration),
  ];
}

/**
 * If users who lack the attribute are denied, it lets users in who write it, as a rule that allows would. If only some
 * values are denied, users who have one can escape, and others get in anyway.
 */
function findingsOf(
  { rule, attribute, instead, facts, deniesAbsence }: EscapedDenial,
  { does, keeps, isSignIn, policies }: Pick<PolicyThatDenies, 'does' | 'keeps' | 'isSignIn' | 'policies'>,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const written = `by \`${attribute}\`, which they write themselves`;
  const below = `the rule "${instead.name}" ${does}`;
  const said: Pick<FindingParts, 'message' | 'severity'> = deniesAbsence
    ? { message: `${keeps} ${written}: with a value that they choose, ${below}` }
    : { message: `users escape it ${written}: without such a value, ${below}`, severity: 'warning' };
  const parts = {
    ...said,
    rules: [namedRule(instead)],
    ...(isSignIn && { example: exampleOptions(facts, enrolledIn(facts, policies)) }),
    advice: 'say `write: admin` for the attribute, or deny by something else',
  };
  return placesOf(rule, configuration)
    .filter(({ name }) => name === attribute)
    .map(({ name: _, location, ...where }) => findingAt('user-written', location, { ...parts, ...where }));
}

/** Of rules of the enrollment and the password policy, which let none in. `authenticators`: those that are enabled. */
export function lessStrictFindings(
  authenticators: readonly AuthenticatorDescriptor[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const isLessStrict = lessStrictEnrollment(authenticators);
  return configuration.policies.flatMap((analysedPolicy): readonly AnalysisFinding[] => {
    const { kind, clientIds } = analysedPolicy;
    const universe = configuration.universe(clientIds);
    if (kind === 'enrollment')
      return choiceFindings(writtenChoices(analysedPolicy.policy, universe, isLessStrict), configuration);
    if (kind !== 'password') return [];
    return choiceFindings(writtenChoices(analysedPolicy.policy, universe, isLessStrictPassword), configuration);
  });
}

function choiceFindings(
  { found, undecided, opaque }: ReturnType<typeof writtenChoices>,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const question = 'whether users choose a less strict rule by an attribute that they write themselves';
  return [
    ...found.flatMap((choice) => choicePlaces(choice, configuration)),
    ...undecidedFindings(undecided, question, configuration),
    ...opaqueFindings(opaque, question, configuration),
  ];
}

function choicePlaces(
  { rule, attribute, isEscaped, other }: WrittenChoice,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const written = `by \`${attribute}\`, which they write themselves`;
  const parts = {
    message: isEscaped
      ? `users escape it ${written}, for the rule "${other.name}", which is less strict`
      : `users choose it ${written}: it is less strict than the rule "${other.name}"`,
    severity: 'warning' as const,
    rules: [namedRule(other)],
    advice: 'say `write: admin` for the attribute, or tell these users apart by something else',
  };
  return placesOf(rule, configuration)
    .filter(({ name }) => name === attribute)
    .map(({ name: _, location, ...where }) => findingAt('user-written', location, { ...parts, ...where }));
}

interface WrittenPlace {
  readonly name: string;
  readonly location: FileLocation;
  /** Of what an expression reads (UTF-16 units from its beginning). */
  readonly offset?: number;
}

/** Where the conditions of the rule ask for attributes that users write. */
function placesOf(rule: RuleHead, { snapshot, locationOf }: AnalysedConfiguration): readonly WrittenPlace[] {
  const location = locationOf(rule);
  const { attributes } = snapshot.settings.attributes;
  if (location === undefined) return [];
  const { source, path } = location;
  const places = conditionSets(rule.when).flatMap((set, index): readonly WrittenPlace[] => {
    const within = [...path, 'when', ...(index === 0 ? [] : ['any', index - 1])];
    const at = (...below: readonly string[]) => ({ location: { source, path: [...within, ...below] } });
    const tested = Object.keys(set.attributes ?? {}).map((name) => ({ name, ...at('attributes', name) }));
    // An expression may read one attribute several times, such as after `has()`.
    const reads = Map.groupBy(attributesRead(set.expression?.written ?? ''), ({ name }) => name);
    const read = [...reads.values()].flatMap(([first]) => first ?? []);
    return [...tested, ...read.map((expressionLocation) => ({ ...expressionLocation, ...at('expression') }))];
  });
  return places.filter(({ name }) => Object.hasOwn(attributes, name) && attributes[name]?.write === 'user');
}
