/** What rules that decide together ask for, and the proofs that can count for them. */

import { canWaiveBeside, withoutSecondFactor } from '../../decision/waiver.ts';
import type { NamedProof } from '../../evidence/proof-names.ts';
import { distinct } from '../../model/distinct.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { AllowTerms, AppSession, Requirement, Rule, SessionLimits } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { usablePolicies } from '../../policy/rules/enrollment-terms.ts';
import type { DecidingRules } from '../space/sign-in-rules.ts';
import { minimumOf } from './minimum-acr.ts';
import { possiblyShown } from './shown-characteristics.ts';
import type { PossibleProofs, ProofLimits } from './weakest-proofs.ts';

/**
 * A browser that remembers nothing or one proof. A browser that remembers more lets in only users whom one of these
 * lets in.
 */
export interface SignInBrowser {
  readonly remembered?: NamedProof;
  /** What the rules ask for there. */
  readonly asked: readonly Requirement[];
  /** The sign-ins that need the remembered proof. All others succeed in any browser. */
  readonly premises: readonly Requirement[];
}

/** What the rules ask for. */
export function askedIn({ session, app }: AskingRules, policies: PolicySet): readonly Requirement[] {
  return [...requirementOf(session), ...minimumOf(policies), ...requirementOf(app)];
}

type AskingRules = Pick<DecidingRules, 'session' | 'app'>;

/** The first remembers nothing. `rememberable`: the authenticators whose proof a browser may remember. */
export function browsersOf(
  rules: AskingRules,
  policies: PolicySet,
  rememberable: readonly AuthenticatorDescriptor[],
): readonly [SignInBrowser, ...SignInBrowser[]] {
  const asked = askedIn(rules, policies);
  const { then } = rules.app;
  if (then.kind === 'deny' || then.remember === undefined || 'chains' in then.requirement)
    return [{ asked, premises: asked }];
  const { anyOf } = then.requirement;
  const beside = asked.slice(0, -1);
  if (!mayWaiveBeside(beside, policies.authenticators)) return [{ asked, premises: asked }];
  const others = rememberable.flatMap(rememberedAs).flatMap((proof): readonly SignInBrowser[] => {
    const left = withoutSecondFactor({ anyOf }, proof);
    if (left.length === 0) return [];
    const { authenticator, methods } = proof;
    return [
      {
        remembered: { authenticator, ...(methods && { methods }) },
        asked: [...beside, { anyOf: [...anyOf, ...left] }],
        premises: [...beside, { anyOf: left }],
      },
    ];
  });
  return [{ asked, premises: asked }, ...distinct(others)];
}

/** Whether some user may have something waived beside these. A chain may ask for several enrollments of one kind. */
export function mayWaiveBeside(
  beside: readonly Requirement[],
  authenticators: readonly AuthenticatorDescriptor[],
): boolean {
  const proofs = authenticators.map(({ key, methods, factors, characteristics }) => ({
    ...{ authenticator: key, enrollment: key, factors, characteristics, age: 'now' as const },
    ...(methods && { methods }),
  }));
  const requirements = beside.filter((requirement) => !('chains' in requirement));
  return canWaiveBeside(
    requirements.map((requirement) => ({ layer: 'app', anyOf: [requirement] })),
    proofs,
  );
}

function requirementOf({ then }: Rule): readonly Requirement[] {
  return then.kind === 'allow' ? [then.requirement] : [];
}

/** Whether browsers may remember its proofs: they remember what the user has, and nothing that stands in for it. */
export function isRememberable({ factors, recovery }: AuthenticatorDescriptor): boolean {
  return !recovery && factors.includes('possession');
}

/**
 * A proof by each method, both with all that an enrollment may show and with less: which demand it meets depends on
 * that.
 */
export function rememberedAs(descriptor: AuthenticatorDescriptor): readonly RememberedAs[] {
  const { key, methods, factors } = descriptor;
  const proofs = possiblyShown(descriptor).map((characteristics) => ({
    ...{ authenticator: key, enrollment: key },
    factors,
    characteristics,
  }));
  return proofs.flatMap((proof) => methods?.map((method) => ({ ...proof, methods: [method] })) ?? [proof]);
}

type RememberedAs = Parameters<typeof withoutSecondFactor>[1];

/** The proofs that can count in a sign-in. */
export interface CountedProofs {
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** In sessions that are kept, and in others. One of the two, if no more counts in the other. */
  readonly limits: readonly [ProofLimits, ...ProofLimits[]];
}

/** Those of each kind of session. */
export function eachOf({ authenticators, limits }: CountedProofs): readonly PossibleProofs[] {
  return limits.map((own) => ({ authenticators, ...own }));
}

/** The proofs that can count where these rules decide. */
export function proofsIn(
  { session, app, enrollment }: Pick<DecidingRules, 'session' | 'app' | 'enrollment'>,
  policies: PolicySet,
): CountedProofs {
  const { authenticators } = usablePolicies(policies, enrollment?.then);
  const atApp = app.then.kind === 'allow' ? app.then : {};
  return { authenticators, limits: limitsUnder(session.then.kind === 'allow' ? session.then : {}, atApp) };
}

/** How old proofs can be that count under a session rule and a rule of the sign-on policy together. */
export function limitsUnder(
  { session: terms }: Pick<AllowTerms, 'session'>,
  { appSession }: Pick<AllowTerms, 'appSession'>,
): CountedProofs['limits'] {
  if (terms === undefined) return [{}];
  const kept = limitsOf(terms.keep ?? terms, terms, appSession);
  const unkept = limitsOf(terms, terms, appSession);
  if (isWithin(unkept, kept)) return [kept];
  const others = { ...unkept, unkept: true as const };
  return isWithin(kept, unkept) ? [others] : [kept, others];
}

type SessionProofs = Required<Pick<ProofLimits, 'oldest' | 'longestPause'>>;

/** `usual`: of sessions that are not kept. */
function limitsOf({ idle, absolute }: SessionLimits, usual: SessionLimits, atApp: AppSession = {}): SessionProofs {
  const oldest = Math.min(absolute, atApp.absolute ?? absolute);
  if (!atApp.unkept) return { oldest, longestPause: idle };
  return { oldest: Math.min(oldest, usual.absolute), longestPause: Math.min(idle, usual.idle) };
}

function isWithin(some: SessionProofs, others: SessionProofs): boolean {
  return some.oldest <= others.oldest && some.longestPause <= others.longestPause;
}
