/** The rules of the account policy and of the enrollment policy that let users add authenticators. */
import { bestEvidence } from '../../evidence/attainable-acr.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import type { EnrollmentTerms } from '../../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../policy/rules/compile.ts';
import type { Formula } from '../../policy/theories/theory.ts';
import { deciding } from '../space/rule-combinations.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type AdditionPlaces, placeFormulas } from './entry-rules.ts';

/** The policies that say whether users may add something. */
type AdditionPolicies = Pick<PolicySet, 'accountPolicy' | 'enrollment' | 'authenticators'> &
  Partial<Pick<PolicySet, 'session'>>;

/** Rules that let users add an authenticator where they decide together. */
export interface AdditionRule {
  readonly descriptor: AuthenticatorDescriptor;
  /** The rule of the account policy. Absent: there is no account policy. */
  readonly rule?: Rule;
  /** The formulas that must hold for the rules to decide. */
  readonly formulas: readonly Formula[];
  /** What must hold for users who have these to add it by any rules. The same for all rules that let users add it. */
  readonly byAny: (have: readonly AuthenticatorDescriptor[]) => readonly Formula[];
}

/**
 * The rules that let users add each authenticator that they can enroll and are not given, where the session policy
 * and the sign-on policy may let them in. `session`: if absent, users are let in everywhere. `places`: if absent, no
 * sign-on policy is looked at. `space`: made of the rules of these policies and of `places`, in a universe of these.
 */
export function additionRules(
  {
    session,
    accountPolicy,
    enrollment,
    authenticators,
    places,
  }: AdditionPolicies & { readonly places?: AdditionPlaces },
  given: readonly AuthenticatorDescriptor[],
  space: RuleSpace,
): readonly AdditionRule[] {
  const terms = enrollment ? deciding(beforeSignIn(enrollment), space) : undefined;
  const inSession = session ? letIn(session, space) : [];
  const entries = places ? placeFormulas(places, space) : [[]];
  const added = authenticators.filter(
    ({ key, enrollable }) =>
      enrollable && !given.some((authenticatorDescriptor) => authenticatorDescriptor.key === key),
  );
  return added.flatMap((descriptor) => {
    const { key: of } = descriptor;
    const ownPolicy = accountPolicy?.about({ action: 'add', of });
    const about = ownPolicy && deciding(ownPolicy, space);
    const rules = about?.filter(({ rule }) => rule.then.kind === 'allow') ?? [undefined];
    const leaving = terms?.filter(({ rule: { then } }) => mayEnroll(of, then)) ?? [];
    // Some rule always decides, so their formulas together exclude nothing.
    const others = leaving.length === (terms?.length ?? 0) ? [undefined] : leaving;
    const leavingPolicy = others === leaving && enrollment ? beforeSignIn(enrollment) : undefined;
    const wherever = [
      ...(leavingPolicy ? byOneOf(leavingPolicy, space, ({ then }) => mayEnroll(of, then)) : []),
      ...inSession,
      { any: entries.map((all) => ({ all })) },
    ];
    const byAny: AdditionRule['byAny'] = (have) => [
      ...(ownPolicy ? byOneOf(ownPolicy, space, (rule) => canBeMet(rule, have)) : []),
      ...wherever,
    ];
    return rules.flatMap((allowing) =>
      others.flatMap((other) =>
        entries.map((entry) => ({
          descriptor,
          ...(allowing && { rule: allowing.rule }),
          formulas: [...(allowing?.formulas ?? []), ...(other?.formulas ?? []), ...inSession, ...entry],
          byAny,
        })),
      ),
    );
  });
}

/** One of the rules that are meant decides. Much shorter than what must hold for each of them. */
function byOneOf<Of extends RuleHead>(
  { rules }: CompiledPolicy<Of>,
  space: RuleSpace,
  isMeant: (rule: Of) => boolean,
): readonly Formula[] {
  const one = rules.reduceRight<Formula>(
    (below, { rule }) => {
      const later: Formula = { all: [space.misses(rule.when), below] };
      return isMeant(rule) ? { any: [space.applies(rule.when), later] } : later;
    },
    { any: [] },
  );
  return [...space.always, one];
}

/** What must hold so that the session policy lets users in: nothing, if no rule of it denies. */
function letIn(session: CompiledPolicy<Rule>, space: RuleSpace): readonly Formula[] {
  const rules = deciding(session, space);
  const allowed = rules.filter(({ rule }) => rule.then.kind === 'allow');
  return allowed.length === rules.length ? [] : [{ any: allowed.map(({ formulas }) => ({ all: formulas })) }];
}

function mayEnroll(key: string, { disabled, useOnly = [] }: EnrollmentTerms): boolean {
  return !disabled.includes(key) && !useOnly.includes(key);
}

/** Whether an account with these authenticators can prove what the rule asks for. */
export function canBeMet(rule: Rule | undefined, reachable: readonly AuthenticatorDescriptor[]): boolean {
  if (rule === undefined) return true;
  const { then } = rule;
  return then.kind === 'allow' && meetsRequirement(then.requirement, bestEvidence(then.requirement, reachable));
}
