/**
 * Rules that together deny each first sign-in: the session policy closes the account pages, and at each app one of the
 * two policies denies new accounts.
 */
import { firstSignIn } from '../../../core/analysis/accounts/first-sign-ins.ts';
import { findModel, newBudget } from '../../../core/analysis/space/find-model.ts';
import { allowing, deciding } from '../../../core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { Rule } from '../../../core/model/policy.ts';
import type { CompiledPolicy } from '../../../core/policy/rules/compile.ts';
import { findRule } from '../../../core/policy/rules/rules.ts';
import type { Formula, UserFacts } from '../../../core/policy/theories/theory.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import { type AnalysedApp, isClosed } from '../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';

export interface NowhereFirst {
  /** The rule of the session policy that closes the account pages. */
  readonly rule: Rule;
  /** The rules that deny new accounts at the apps. */
  readonly others: readonly Rule[];
  readonly facts: UserFacts;
}

/** Undefined: some account gets in, or it could not be decided. */
export function nowhereFirst(
  apps: readonly AnalysedApp[],
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): NowhereFirst | undefined {
  const [some] = apps;
  if (some === undefined || apps.every(isClosed)) return undefined;
  const pages = firstAt([some.policies.session], universe([accountClientId]));
  const [closing] = pages.denials;
  if (pages.isOpen || closing === undefined) return undefined;
  const others: Rule[] = [];
  for (const { app, policies } of apps) {
    const found = firstAt([policies.session, ...(policies.app ? [policies.app] : [])], universe([app.clientId]));
    if (found.isOpen) return undefined;
    others.push(...found.denials.map(({ rule }) => rule));
  }
  return { ...closing, others };
}

interface FirstThere {
  readonly isOpen: boolean;
  /** Rules that deny first sign-ins, each with one. */
  readonly denials: readonly { readonly rule: Rule; readonly facts: UserFacts }[];
}

/** First sign-ins at one place, under these policies. */
function firstAt(policies: readonly CompiledPolicy[], universe: Parameters<typeof ruleSpace>[1]): FirstThere {
  const whens = policies.flatMap(({ rules }) => rules.map(({ rule }) => rule.when));
  const first = firstSignIn(whens) ?? {};
  const space = ruleSpace([...whens, first], universe);
  const isFirst = [...space.onceProved, space.applies(first)];
  const ways = policies.reduce<readonly (readonly Formula[])[]>(
    (all, policy) => all.flatMap((way) => allowing(policy, space).map(({ formulas }) => [...way, ...formulas])),
    [isFirst],
  );
  if (ways.some((way) => findModel(way, newBudget()) !== 'impossible')) return { isOpen: true, denials: [] };
  const denials = policies.flatMap((policy) =>
    deciding(policy, space).flatMap(({ rule, formulas }) => {
      const found = rule.then.kind === 'deny' ? findModel([...isFirst, ...formulas], newBudget()) : 'impossible';
      const facts = typeof found === 'object' ? space.factsOf(found.model) : undefined;
      return facts && findRule(policy, facts).rule === rule ? [{ rule, facts }] : [];
    }),
  );
  return { isOpen: false, denials };
}
