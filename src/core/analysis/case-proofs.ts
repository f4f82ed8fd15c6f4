/** What the rules of a case ask for in effect, and which proofs can count there. */
import { withoutSecondFactor } from '../decision/waiver.ts';
import type { AuthenticatorDescriptor, Seconds } from '../model/facts.ts';
import type { Requirement, Rule, SessionTerms } from '../model/policy.ts';
import type { PolicySet } from '../policy/compile.ts';
import { usablePolicies } from '../policy/enrollment-terms.ts';
import type { SignInCase } from './sign-in-cases.ts';
import type { PossibleProofs } from './strictness.ts';
import { minimumOf } from './weaker-below.ts';

/** `remembered`: the authenticators whose proof a browser may remember, which waives what it can. */
export function premisesOf(
  { session, app }: Pick<SignInCase, 'session' | 'app'>,
  policies: PolicySet,
  remembered: readonly AuthenticatorDescriptor[],
): readonly Requirement[] {
  const asked = [...requirementOf(session), ...minimumOf(policies)];
  return [...asked, ...requirementOf(app).map((one) => waived(one, app, remembered))];
}

function requirementOf({ then }: Rule): readonly Requirement[] {
  return then.kind === 'allow' ? [then.requirement] : [];
}

/** With the alternatives that are left once any proof that a browser may remember stands for the second factor. */
function waived(requirement: Requirement, { then }: Rule, remembered: readonly AuthenticatorDescriptor[]): Requirement {
  if (then.kind === 'deny' || then.remember === undefined || 'chains' in requirement) return requirement;
  const left = remembered.flatMap((one) => withoutSecondFactor(requirement, asProof(one)));
  return { anyOf: [...requirement.anyOf, ...left] };
}

/** A browser remembers what the user has, and nothing that stands in for it. */
export function isRemembered({ factors, recovery }: AuthenticatorDescriptor): boolean {
  return !recovery && factors.includes('possession');
}

function asProof({ key, methods, factors, characteristics }: AuthenticatorDescriptor) {
  return { authenticator: key, enrollment: key, factors, characteristics, ...(methods && { methods }) };
}

/** The proofs that can count where these rules decide. */
export function proofsIn(
  { session, app, enrollment }: Omit<SignInCase, 'findFacts'>,
  policies: PolicySet,
): PossibleProofs {
  const terms = termsOf(session);
  const { authenticators } = usablePolicies(policies, enrollment?.then);
  if (terms === undefined) return { authenticators };
  const limits = app.then.kind === 'allow' ? app.then.appSession : undefined;
  const kept = limits?.unkept ? 0 : (terms.keep?.absolute ?? 0);
  const oldest = Math.min(Math.max(terms.absolute, kept), limits?.absolute ?? Number.POSITIVE_INFINITY);
  return { authenticators, oldest, longestPause: longestPause(policies) };
}

/** A session may have begun under any rule of the session policy. */
function longestPause({ session: { rules } }: PolicySet): Seconds {
  return Math.max(
    ...rules.map(({ rule }) => termsOf(rule)).map((one) => Math.max(one?.idle ?? 0, one?.keep?.idle ?? 0)),
  );
}

function termsOf({ then }: Rule): SessionTerms | undefined {
  return then.kind === 'allow' ? then.session : undefined;
}
