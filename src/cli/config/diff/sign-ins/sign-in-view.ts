/**
 * A sign-in of a class of users in one circumstance under one configuration: rules, requirements, steps, tokens,
 * session.
 */

import type { SimulatedStep } from '../../../../core/analysis/simulation/simulated-answers.ts';
import { passwordToReplace } from '../../../../core/enrollment/password-to-replace.ts';
import type { Facts } from '../../../../core/model/facts.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../../../core/policy/rules/compile.ts';
import { onceProved, signInOnceProved } from '../../../../core/policy/rules/once-proved.ts';
import { findRule, possiblePositions, type RuleMatch } from '../../../../core/policy/rules/rules.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { AppSide } from '../compared/app-pairs.ts';
import type { NamedLocation } from '../compared/configuration-changes.ts';
import { contentOf, type SignInContent } from '../compared/sign-in-content.ts';
import { type Circumstance, factsIn } from './circumstances.ts';
import { contentKeys, rememberingMoments } from './content-keys.ts';
import { type CircumstanceOfUser, decidingRuleNames, type TextOfUser, type UserAtApp } from './deciding-rules.ts';
import { signInOfUser } from './user-classes.ts';

export interface SignInView {
  readonly content: SignInContent;
  /** The rules of each policy that decide, or fail, once something is proved. */
  readonly rules: RulesByPolicy;
  /** The same before the first proof. */
  readonly firstRules: RulesByPolicy;
}

/** Several where it depends on how the user signs in. */
type RulesByPolicy = Readonly<Record<DecidingPolicy, readonly DecidingRule[]>>;

export type DecidingPolicy =
  | 'app'
  | 'session'
  | 'enrollment'
  | 'profile'
  | 'recovery'
  | 'passwordPolicy'
  | 'accountPolicy';

export interface DecidingRule extends NamedLocation {
  /** A key for comparing its requirements. */
  readonly asks: string;
}

/** Creates views. Sign-ins decided by the same rules share a view, and users alike in all circumstances a function. */
export type Viewer = (who: UserAtApp) => (circumstance: Circumstance) => SignInView;

type DecidersAt = ReturnType<TextOfUser>;

interface ViewContext {
  /** From `freeScopes`. */
  readonly free: readonly string[];
  /** The ids of `UserClass.results`. */
  readonly atoms: readonly string[];
  /** Those of other apps, too. */
  readonly contents: SignInContents;
}

/** Contents of sign-ins. */
export interface SignInContents {
  /** By all that they depend on. */
  readonly byKey: Map<string, SignInContent>;
  /** Numbers of what the keys consist of, such as compiled policies. */
  readonly numbers: Map<unknown, number>;
}

/**
 * Views of one configuration at apps that are alike, of which `own` is one. Users with the same enrollments and the
 * same deciding rules share one view.
 */
export function viewerOf(own: AppSide, key: 'active' | 'next', context: ViewContext): Viewer {
  const { policies } = own;
  const { free, atoms, contents } = context;
  const known = new Map<string, Map<string, SignInView>>();
  const anonymous = new Map<Circumstance, Facts>();
  const factsOf = ({ user, circumstance, clientId }: CircumstanceOfUser): Facts => {
    const facts = getOrMake(anonymous, circumstance, () => factsIn(own, circumstance, key));
    return signInOfUser({ ...facts, request: { ...facts.request, clientId } }, user);
  };
  const decidersOf = decidingRuleNames(policies, factsOf, atoms);
  const contentKeyOf = contentKeys(own, factsOf, context);
  const momentsOf = rememberingMoments(policies);
  const viewOf = (asked: CircumstanceOfUser): SignInView => {
    const facts = factsOf(asked);
    const keys = momentsOf(asked.circumstance).map((circumstance) => contentKeyOf({ ...asked, circumstance }));
    const make = () => contentOf(policies, facts, free);
    const content = keys.includes(undefined) ? make() : getOrMake(contents.byKey, [key, ...keys].join(' '), make);
    const proved = signInOnceProved(policies, facts);
    const rulesBy = (at: Facts) => ({
      ...decidingRules(policies, at),
      ...additionRule(policies, at, content.steps.at(-1)),
    });
    const firstRules = rulesBy(facts);
    return { content, rules: proved === facts ? firstRules : rulesBy(proved), firstRules };
  };
  const viewsOf = new Map<string, Map<DecidersAt, ReturnType<Viewer>>>();
  return (who) => {
    const { rest } = who.user;
    const ofRest = getOrMake(known, rest, () => new Map<string, SignInView>());
    const decidersAt = decidersOf(who);
    return getOrMake(
      getOrMake(viewsOf, rest, () => new Map<DecidersAt, ReturnType<Viewer>>()),
      decidersAt,
      () => (circumstance) => {
        const deciders = momentsOf(circumstance).map(decidersAt).join('\n');
        return getOrMake(ofRest, deciders, () => viewOf({ ...who, circumstance }));
      },
    );
  };
}

function decidingRules(policies: PolicySet, facts: Facts): RulesByPolicy {
  const { app, session, enrollment, profile, recovery } = policies;
  return {
    app: decidingIn(app, facts),
    session: decidingIn(session, facts),
    enrollment: possiblyDecidingIn(enrollment, facts),
    profile: possiblyDecidingIn(profile, facts),
    recovery: decidingIn(recovery, onceProved(recovery, facts)),
    ...passwordRules(policies, facts),
  };
}

/** The rules about a password that must be replaced. None for users who have no such password. */
function passwordRules(policies: PolicySet, facts: Facts): Pick<RulesByPolicy, 'passwordPolicy' | 'accountPolicy'> {
  const { subject } = facts;
  const used = subject?.enrollments.map(({ id }) => id) ?? [];
  const found = subject && passwordToReplace(policies, facts, { subject, used });
  if (found === undefined) return { passwordPolicy: [], accountPolicy: [] };
  const change = policies.accountPolicy?.about({ action: 'change', of: found.authenticator });
  return { passwordPolicy: decidingIn(policies.password, facts), accountPolicy: decidingIn(change, facts) };
}

/** The rule about what must be enrolled, if it keeps these users out. */
function additionRule(
  { accountPolicy }: PolicySet,
  facts: Facts,
  last: SimulatedStep | undefined,
): Partial<Pick<RulesByPolicy, 'accountPolicy'>> {
  const [of] = (last?.kind === 'denied' && last.missingEnrollment?.authenticators) || [];
  if (of === undefined) return {};
  return { accountPolicy: decidingIn(accountPolicy?.about({ action: 'add', of }), facts) };
}

function decidingIn(policy: CompiledPolicy<SayingRule> | undefined, facts: Facts): readonly DecidingRule[] {
  return policy ? decidingRule(findRule(policy, facts)) : [];
}

/** All that decide for one way to sign in or another. */
function possiblyDecidingIn(policy: CompiledPolicy<SayingRule> | undefined, facts: Facts): readonly DecidingRule[] {
  if (policy === undefined) return [];
  const { failed, traces } = findRule(policy, facts);
  return possiblePositions(traces).flatMap((position) => {
    const possible = policy.rules[position]?.rule;
    return possible ? decidingRule(possible === failed ? { failed } : { rule: possible }) : [];
  });
}

type SayingRule = RuleHead & { readonly then: unknown };

/** A rule that fails denies, whatever its own terms are. */
function decidingRule({ rule, failed }: Pick<RuleMatch<SayingRule>, 'rule' | 'failed'>): readonly DecidingRule[] {
  if (failed?.location !== undefined) return [{ name: failed.name, ...failed.location, fails: true, asks: 'fails' }];
  if (rule?.location === undefined) return [];
  const { name, location, then } = rule;
  return [{ name, ...location, asks: askedKey(then) }];
}

/** Leaves out lifetimes, which are compared separately. */
function askedKey(then: unknown): string {
  if (typeof then !== 'object' || then === null) return JSON.stringify(then) ?? '';
  return JSON.stringify({ ...then, session: undefined, appSession: undefined, remember: undefined });
}
