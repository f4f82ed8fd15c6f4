/**
 * A sign-in of a class of users in one circumstance under one configuration: rules, requirements, steps, tokens,
 * session.
 */

import { asksOf, type RulesInEffect, rulesInEffect } from '../../../../core/analysis/proofs/rules-in-effect.ts';
import { type AcrOfWay, acrOfWays } from '../../../../core/analysis/simulation/acr-of-ways.ts';
import { type AskedInAll, askedInAll } from '../../../../core/analysis/simulation/asked-in-all.ts';
import { type LeastOfWay, leastOfWays } from '../../../../core/analysis/simulation/least-steps.ts';
import { simulate } from '../../../../core/analysis/simulation/simulate.ts';
import type { SimulatedStep } from '../../../../core/analysis/simulation/simulated-answers.ts';
import { passwordToReplace } from '../../../../core/enrollment/password-to-replace.ts';
import type { Facts } from '../../../../core/model/facts.ts';
import type { AllowTerms, Rule, RuleHead, SessionLimits } from '../../../../core/model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../../../core/policy/rules/compile.ts';
import { onceProved, signInOnceProved } from '../../../../core/policy/rules/once-proved.ts';
import { findRule, possiblePositions, type RuleMatch } from '../../../../core/policy/rules/rules.ts';
import { durationText } from '../../../../policy/model/duration-text.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { AppSide } from '../compared/app-pairs.ts';
import { carriedScopes } from '../compared/carried-scopes.ts';
import type { NamedLocation } from '../compared/configuration-changes.ts';
import { type RememberedSecondFactor, rememberedSecondFactor } from '../compared/remembered-second-factor.ts';
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

/** What a sign-in comes to, wherever the rules are written that decide. */
export interface SignInContent {
  readonly asks: RulesInEffect['asks'];
  readonly steps: readonly SimulatedStep[];
  /** Computed on first use. Undefined: the user does not get in. */
  readonly asked: AskedInAll | undefined;
  /** What each way in asks of a user who skips whatever may be skipped. Computed on first use. */
  readonly least: readonly LeastOfWay[];
  /** Computed on first use. Empty: the user does not get in. */
  readonly acrs: readonly AcrOfWay[];
  /** Equal where the same proofs have the same `acr`. */
  readonly acrTerms: string;
  /** How long proofs count. Empty if the user is not let in. */
  readonly lifetimes: readonly SessionLength[];
  /** Computed on first use. Undefined: no browser may remember a second factor. */
  readonly remembered: RememberedSecondFactor | undefined;
  /**
   * Scopes that tokens carry if the app requests them, without those of the protocol. Empty if the user is not let in.
   */
  readonly scopes: readonly string[];
  readonly recovery: RulesInEffect['asks'];
  /** Distinct factor types of the user's authenticators. */
  readonly factors: number;
}

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

/** One limit of a session, in words: `a session lasts` `8 h`. */
export interface SessionLength {
  readonly what: string;
  readonly length: string;
  /** The policy that sets it. */
  readonly by: 'session' | 'app';
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

function contentOf(policies: PolicySet, facts: Facts, free: readonly string[]): SignInContent {
  const rules = rulesInEffect(policies, facts);
  const { asks, session, app } = rules;
  const asked = computedOnce(() => askedInAll(policies, facts));
  const least = computedOnce(() => leastOfWays(policies, facts, asked()));
  const acrs = computedOnce(() => {
    const ways = asked();
    return ways ? acrOfWays(policies, facts, ways) : [];
  });
  const remembered = computedOnce(() => rememberedSecondFactor(policies, facts, { rules, asked }));
  return {
    asks,
    steps: simulate(policies, facts),
    get asked() {
      return asked();
    },
    get least() {
      return least();
    },
    get acrs() {
      return acrs();
    },
    get remembered() {
      return remembered();
    },
    acrTerms: JSON.stringify([policies.acrLevels, facts.request.acrValues]),
    lifetimes: asks === 'denied' ? [] : [...sessionLifetimes(session), ...appLifetimes(app)],
    scopes: asks === 'denied' ? [] : carriedScopes(free, facts.request, app),
    recovery: asksOf(policies.recovery, facts),
    factors: factorsOf(facts),
  };
}

function computedOnce<Value>(compute: () => Value): () => Value {
  let found: { readonly value: Value } | undefined;
  return () => {
    found ??= { value: compute() };
    return found.value;
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

function sessionLifetimes(rule: Rule | undefined): readonly SessionLength[] {
  const terms = rule?.then.kind === 'allow' ? rule.then.session : undefined;
  if (terms === undefined) return [];
  const { idle, absolute, keep } = terms;
  return [
    { what: 'a session lasts', length: durationText(absolute), by: 'session' },
    { what: 'it ends without use after', length: durationText(idle), by: 'session' },
    { what: 'keeping a session is', length: keep ? 'offered' : 'not offered', by: 'session' },
    ...(keep ? keptLifetimes(keep) : []),
  ];
}

function keptLifetimes({ absolute, idle }: SessionLimits): readonly SessionLength[] {
  return [
    { what: 'a kept session lasts', length: durationText(absolute), by: 'session' },
    { what: 'a kept session ends without use after', length: durationText(idle), by: 'session' },
  ];
}

function appLifetimes(rule: Rule | undefined): readonly SessionLength[] {
  const { appSession }: Partial<AllowTerms> = rule?.then.kind === 'allow' ? rule.then : {};
  const counts = appSession?.absolute;
  return [
    {
      what: 'at this app a session counts',
      length: counts === undefined ? 'as long as it lasts' : `for ${durationText(counts)}`,
      by: 'app',
    },
    {
      what: 'at this app a kept session counts',
      length: appSession?.unkept ? 'like any other' : 'as a kept one',
      by: 'app',
    },
  ];
}

/** Counts the factor types of the enrollments that can be used more than once. */
function factorsOf({ subject }: Facts): number {
  const lasting = subject?.enrollments.filter(({ temporary, consumed }) => !temporary && !consumed) ?? [];
  return new Set(lasting.flatMap(({ factors }) => factors)).size;
}
