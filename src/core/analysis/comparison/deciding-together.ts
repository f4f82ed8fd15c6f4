/** The rules that decide about the same sign-in before and after a change, and facts for which they do. */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Seconds } from '../../model/facts.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import type { RefusedNames } from '../../policy/claim-scopes.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { resolved } from '../../policy/theories/resolved.ts';
import type { Formula, UserFacts, Variable } from '../../policy/theories/theory.ts';
import { modelOf } from '../space/ordinary-facts.ts';
import { type PossiblyDeciding, pairings, possiblyDeciding, type RulePairing } from '../space/rule-pairings.ts';
import type { RuleSpace } from '../space/rule-space.ts';

/** The policies of an app, before and after. */
export interface PolicySides {
  readonly active: PolicySet;
  readonly next: PolicySet;
  /** Scopes that the configuration knows. Absent: none. */
  readonly scopes?: readonly string[];
  /** Absent: requests may ask for the same before and after. */
  readonly refused?: RefusedParts;
  /** Sign-ins before this time are over (epoch seconds). Absent: none are. */
  readonly since?: Seconds;
}

/** What a request of the app cannot ask for. Before: also what it cannot ask for now, as one request is compared. */
export type RefusedParts = Readonly<Record<'active' | 'next', RefusedNames>>;

/** The request as one side accepts it: without what is refused there. */
export function factsOn<Of extends UserFacts>(
  side: 'active' | 'next',
  facts: Of,
  { refused }: Pick<PolicySides, 'refused'>,
): Of {
  if (refused === undefined) return facts;
  const { scopes, claims } = refused[side];
  const { request } = facts;
  const essential = request.essentialClaims?.filter((claim) => !claims.includes(claim));
  const asked = request.scopes.filter((scope) => !scopes.includes(scope));
  return { ...facts, request: { ...request, scopes: asked, ...(essential && { essentialClaims: essential }) } };
}

/** The rules of a policy on one side, each with what must hold for it to decide. */
export function possiblyDecidingOn<Of extends RuleHead>(
  side: 'active' | 'next',
  policy: CompiledPolicy<Of> | undefined,
  { refused, space }: Pick<SidesInSpace, 'refused' | 'space'>,
): readonly PossiblyDeciding<Of>[] {
  const all = possiblyDeciding(policy, space);
  if (refused === undefined) return all;
  const { scopes, claims } = refused[side];
  const names = new Set([...scopes.map((scope) => `scopes.${scope}`), ...claims.map((claim) => `claims.${claim}`)]);
  const isRefused = ({ name }: Variable) => (names.has(name) ? 0 : undefined);
  return all.map(({ rule, formulas }) => ({ rule, formulas: formulas.map((formula) => resolved(formula, isRefused)) }));
}

/** The rules that decide on one side. Absent: none does, which denies; or there is no enrollment policy. */
export interface Deciders {
  readonly session?: Rule;
  readonly app?: Rule;
  readonly enrollment?: EnrollmentRule;
}

/** Rules that may decide together, on both sides. */
export interface Pairing {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly formulas: readonly Formula[];
}

/** Rules now that allow, with those before. */
export function decidingTogether({ active, next, ...sides }: PolicySides, space: RuleSpace): readonly Pairing[] {
  const within = { ...sides, space };
  const paired = <Of extends RuleHead>(then: CompiledPolicy<Of> | undefined, now: CompiledPolicy<Of> | undefined) =>
    pairings(possiblyDecidingOn('active', then, within), possiblyDecidingOn('next', now, within), space);
  const allows = ({ now }: RulePairing<Rule>) => now?.then.kind === 'allow';
  const sessions = paired(active.session, next.session).filter(allows);
  const apps = paired(active.app, next.app).filter(allows);
  const before = (policy: PolicySet['enrollment']) => policy && beforeSignIn(policy);
  const enrollments = paired(before(active.enrollment), before(next.enrollment));
  return apps.flatMap((app) =>
    sessions.flatMap((session) =>
      // The last rules of the enrollment policy come first: they are the plainest.
      enrollments.toReversed().map((enrollment) => ({
        before: decidersOf(session.before, app.before, enrollment.before),
        now: decidersOf(session.now, app.now, enrollment.now),
        formulas: [...space.onceProved, ...session.formulas, ...app.formulas, ...enrollment.formulas],
      })),
    ),
  );
}

function decidersOf(
  session: Rule | undefined,
  app: Rule | undefined,
  enrollment: EnrollmentRule | undefined,
): Deciders {
  return { ...(session && { session }), ...(app && { app }), ...(enrollment && { enrollment }) };
}

/** Both configurations, with the space of the rules of both. */
export interface SidesInSpace extends PolicySides {
  readonly space: RuleSpace;
}

/** Why there are no facts: there can be none, or none are known. */
export type NoFacts = 'impossible' | 'undecided';

/** Facts for which the evaluator says on both sides that these rules decide. */
export function factsFor(
  { before, now, formulas }: Pairing,
  { active, next, space, ...sides }: SidesInSpace,
): UserFacts | NoFacts {
  const model = modelOf(formulas, space);
  if (typeof model !== 'object') return model;
  const facts = space.factsOf(model);
  const isConfirmed =
    decide(active, before, factsOn('active', facts, sides)) && decide(next, now, factsOn('next', facts, sides));
  return isConfirmed ? facts : 'undecided';
}

function decide(policies: PolicySet, { session, app, enrollment }: Deciders, facts: UserFacts): boolean {
  const own = policies.enrollment && beforeSignIn(policies.enrollment);
  return (
    findRule(policies.session, facts).rule === session &&
    (policies.app && findRule(policies.app, facts).rule) === app &&
    (own && findRule(own, facts).rule) === enrollment
  );
}
