/** The policies in which a denial may miss users: those of sign-ins, of changes of an account and of recoveries. */
import {
  checkBudgets,
  type DenialBudgets,
  policyBudgets,
  type SignInPolicies,
} from '../../../core/analysis/findings/attribute-denials.ts';
import { isSignInDenied } from '../../../core/analysis/simulation/simulated-outcome.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import type { Universe, UserFacts } from '../../../core/policy/theories/theory.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';

/**
 * Each once for each app, or for each change of an account, with its part of the steps of the check. Those with few
 * rules come first, so that one with many does not take their steps.
 */
export function policiesThatDeny(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly PolicyThatDenies[] {
  const whole = checkBudgets();
  return [...ofSignIns(apps, configuration), ...ofOthers(configuration)]
    .toSorted((one, other) => one.policy.rules.length - other.policy.rules.length)
    .map((examined) => ({ ...examined, budgets: policyBudgets(whole) }));
}

/** A policy with rules that deny, and what it is about. */
export interface PolicyThatDenies extends SignInPolicies {
  readonly universe: Universe;
  /** All policies of the app. Absent: it is about none, or about the account pages. */
  readonly policies?: PolicySet;
  /** What the rule below does, as a clause. */
  readonly does: string;
  /** What a rule that denies does, as a clause. */
  readonly keeps: string;
  /** Whether `explain` shows it: it asks about sign-ins, and about no other change or recovery. */
  readonly isSignIn: boolean;
  readonly budgets: DenialBudgets;
}

type WithoutBudgets = Omit<PolicyThatDenies, 'budgets'>;

function ofSignIns(apps: readonly AnalysedApp[], { universe }: AnalysedConfiguration): readonly WithoutBudgets[] {
  const said = { does: 'lets them in', keeps: 'keeps users out', isSignIn: true };
  const atApps = apps.flatMap(({ app: { clientId }, policies }): readonly WithoutBudgets[] => {
    const { session, app } = policies;
    const common = { ...said, policies, universe: universe([clientId]) };
    if (app === undefined) return [{ ...common, policy: session }];
    return [
      { ...common, policy: session, beside: app },
      { ...common, policy: app, beside: session },
    ];
  });
  const [first] = apps;
  if (first === undefined) return [];
  // At the account pages, the session policy stands alone.
  return [...atApps, { ...said, policy: first.policies.session, universe: universe([accountClientId]) }];
}

function ofOthers({ policies, universe }: AnalysedConfiguration): readonly WithoutBudgets[] {
  return policies.flatMap((analysedPolicy) => {
    const { kind, policy, clientIds } = analysedPolicy;
    if (kind !== 'account' && kind !== 'recovery') return [];
    const said =
      kind === 'account'
        ? { does: 'lets them change their account', keeps: 'keeps users from changing their account' }
        : { does: 'lets them recover their password', keeps: 'keeps users from recovering their password' };
    return [{ ...said, policy, universe: universe(clientIds), isSignIn: false }];
  });
}

/** Users who cannot set up there what they are asked for have it already. Undefined: it makes no difference. */
export function enrolledIn(facts: UserFacts, policies: PolicySet | undefined): readonly string[] | undefined {
  if (policies === undefined) return undefined;
  const { authenticators } = policies;
  const assumed = authenticators.filter(({ askedWithIdentifier }) => askedWithIdentifier).map(({ key }) => key);
  return isSignInDenied(policies, facts, assumed) ? authenticators.map(({ key }) => key) : undefined;
}
