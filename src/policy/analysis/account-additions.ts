/** What accounts can come to have under the account policy, and its rules by which no user ever adds anything. */
import { type Addable, addable } from '../../core/analysis/never-added.ts';
import { ruleSpace } from '../../core/analysis/rule-space.ts';
import type { Rule } from '../../core/model/policy.ts';
import type { PolicySet } from '../../core/policy/compile.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import { findingAt } from '../source/finding-at.ts';
import type { AnalysedApp } from './analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from './configuration.ts';

export interface AccountAdditions extends Addable {
  /** How many enrollments of one authenticator any enrollment rule requires, or any chain takes. */
  readonly most: number;
}

/** For all apps alike: users add something wherever they may. */
export function accountAdditions(
  [first, ...others]: readonly AnalysedApp[],
  { policies: analysed, universe }: AnalysedConfiguration,
): AccountAdditions {
  if (first === undefined) return { had: [], never: [], most: 1 };
  const { policies } = first;
  const space = ruleSpace(
    (policies.accountPolicy?.rules ?? []).map(({ when }) => when),
    universe([...new Set(analysed.filter(({ kind }) => kind === 'account').flatMap(({ clientIds }) => clientIds))]),
  );
  const found = addable(policies, policies.authenticators.filter(isGiven), space);
  const counts = [first, ...others].flatMap(({ policies: { enrollment } }) =>
    (enrollment?.rules ?? []).flatMap(({ rule }) => rule.then.required.map(({ count = 1 }) => count)),
  );
  const chains = [first, ...others].flatMap((one) => longestChains(one.policies));
  return { ...found, most: Math.max(1, ...counts, ...chains) };
}

/** Each step may take an enrollment of its own. */
function longestChains({ session, app, accountPolicy, acrValues }: PolicySet): readonly number[] {
  const rules = [...session.rules, ...(app?.rules ?? [])].map(({ rule }) => rule);
  const required = [...rules, ...(accountPolicy?.rules ?? [])].flatMap(({ then }) =>
    then.kind === 'allow' ? [then.requirement] : [],
  );
  return [...required, ...acrValues.map(({ requirement }) => requirement)].flatMap((one) =>
    'chains' in one ? one.chains.map(({ length }) => length) : [],
  );
}

interface Given {
  readonly underPasswordPolicy?: true;
  readonly registers?: true;
  readonly enrollable: boolean;
  readonly channels?: unknown;
}

/** With an import, a registration or by an administrator: passwords, addresses and numbers, access codes. */
export function isGiven({ underPasswordPolicy, registers, enrollable, channels }: Given): boolean {
  return (underPasswordPolicy ?? registers ?? false) || !enrollable || channels !== undefined;
}

/** Rules that only deny mean it. `told`: of these rules worse is said already. */
export function neverAddedFindings(
  { never }: Addable,
  told: ReadonlySet<Rule>,
  { placeOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const meant = never.flatMap(({ key, rules }) => {
    const [first, ...others] = rules.filter(({ then }) => then.kind === 'allow');
    return first && !rules.some((rule) => told.has(rule)) ? [{ key, first, others }] : [];
  });
  return [...Map.groupBy(meant, ({ first }) => first).entries()].flatMap(([rule, same]) => {
    const place = placeOf(rule);
    if (place === undefined) return [];
    const keys = same.map(({ key }) => key).join(' or ');
    const parts = {
      message: `asks for what no user can have before, so that no user who lacks ${keys} can ever add it`,
      rules: [...new Set(same.flatMap(({ others }) => others))].map(namedRule),
      advice:
        'say `allow: { factors: 1 }` here, as users prove all that their account can in any case, or `deny` where that is meant',
    };
    return [findingAt('never-added', place, parts)];
  });
}
