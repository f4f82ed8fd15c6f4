/**
 * The authenticators that accounts can reach under the account policy, and its rules by which no user ever adds any.
 */
import type { AdditionPlaces } from '../../../../core/analysis/accounts/entry-rules.ts';
import { type NeverAdded, type NeverAddedSearch, neverAdded } from '../../../../core/analysis/accounts/never-added.ts';
import { ruleSpace } from '../../../../core/analysis/space/rule-space.ts';
import type { Rule } from '../../../../core/model/policy.ts';
import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import type { AnalysisFinding } from '../../../model/analysis-finding.ts';
import { findingAt } from '../../../source/finding-at.ts';
import type { AnalysedApp } from '../../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../../analysed/configuration.ts';
import { undecidedFindings } from '../../analysed/undecided-findings.ts';
import { exampleOptions } from '../../text/example-options.ts';
import { additionPlaces, clientIdsOf } from './addition-apps.ts';

export interface AccountAdditions extends NeverAddedSearch {
  /** How many enrollments of one authenticator any enrollment rule requires, or any chain takes. */
  readonly most: number;
  readonly places: AdditionPlaces;
}

/** The search for all apps together: users add authenticators wherever they may. */
export function accountAdditions(
  apps: readonly AnalysedApp[],
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): AccountAdditions {
  const [first] = apps;
  const places = additionPlaces(apps);
  if (first === undefined) return { never: [], undecided: [], most: 1, places };
  const { policies } = first;
  const space = ruleSpace(
    (policies.accountPolicy?.rules ?? []).map(({ when }) => when),
    universe(clientIdsOf(places)),
  );
  const found = neverAdded(policies, policies.authenticators.filter(isGiven), space);
  const counts = apps.flatMap(({ policies: { enrollment } }) =>
    (enrollment?.rules ?? []).flatMap(({ rule }) => rule.then.required.map(({ count = 1 }) => count)),
  );
  const chains = apps.flatMap((app) => longestChains(app.policies));
  return { ...found, most: Math.max(1, ...counts, ...chains), places };
}

/** Each step may take an enrollment of its own. */
function longestChains({ session, app, accountPolicy, acrLevels }: PolicySet): readonly number[] {
  const rules = [...session.rules, ...(app?.rules ?? [])].map(({ rule }) => rule);
  const required = [...rules, ...(accountPolicy?.rules ?? [])].flatMap(({ then }) =>
    then.kind === 'allow' ? [then.requirement] : [],
  );
  return [...required, ...acrLevels.map(({ requirement }) => requirement)].flatMap((requirement) =>
    'chains' in requirement ? requirement.chains.map(({ length }) => length) : [],
  );
}

interface Given {
  readonly underPasswordPolicy?: true;
  readonly registers?: true;
  readonly enrollable: boolean;
  readonly channels?: unknown;
}

/** Whether an import, a registration or an administrator gives it: passwords, addresses and numbers, access codes. */
export function isGiven({ underPasswordPolicy, registers, enrollable, channels }: Given): boolean {
  return (underPasswordPolicy ?? registers ?? false) || !enrollable || channels !== undefined;
}

/** Skips rules that only deny: they do so on purpose. `reported`: rules with a worse finding. */
export function neverAddedFindings(
  { never, undecided }: NeverAddedSearch,
  reported: ReadonlySet<Rule>,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const left = never.filter(({ rule, others }) => ![rule, ...others].some((involved) => reported.has(involved)));
  const found = [...Map.groupBy(left, ({ rule }) => rule).values()].flatMap((same) => atRule(same, configuration));
  const open = undecided.filter((rule) => !reported.has(rule));
  return [...found, ...undecidedFindings(open, 'whether users can ever add what it is about', configuration)];
}

/** The finding about the most users stands alone. */
function atRule(same: readonly NeverAdded[], { locationOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const isOfAll = ({ whom: users }: NeverAdded) => typeof users === 'string';
  const shown = same.some(isOfAll) ? same.filter(isOfAll) : same;
  const [first] = shown;
  const location = first && locationOf(first.rule);
  if (first === undefined || location === undefined) return [];
  const { whom } = first;
  const keys = shown.map(({ key }) => key).join(' or ');
  return [
    findingAt('never-added', location, {
      message: typeof whom === 'string' ? ofAll(keys, shown) : ofSome(keys),
      rules: [...new Set(shown.flatMap(({ others }) => others))].map(namedRule),
      ...(typeof whom === 'object' && { example: exampleOptions(whom) }),
      advice:
        'say `allow: { factors: 1 }` here, as users prove all that their account can in any case, or `deny` where that is meant',
    }),
  ];
}

function ofAll(keys: string, shown: readonly NeverAdded[]): string {
  return shown.every(({ whom }) => whom === 'all')
    ? `asks for what no user can have before, so that no user who lacks ${keys} can ever add it`
    : `asks for what no user for whom it decides can have before, so that none of them who lacks ${keys} can ever add it`;
}

function ofSome(keys: string): string {
  return `asks users such as the one of the example for what they can never have before: without ${keys} they can never add it`;
}
