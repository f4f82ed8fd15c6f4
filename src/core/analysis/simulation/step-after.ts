/** What a user is asked for after proving some authenticators, as far as it concerns setting up others. */
import { evaluate } from '../../decision/evaluate.ts';
import { enrollScope } from '../../enrollment/account-request.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { type AdmittedWith, factsWith } from '../proofs/proving-user.ts';

/** `refused`: denied, or asked to prove more. */
export type StepAfter =
  /** `offered`: what the user may set up and need not. */
  | { readonly kind: 'allowed'; readonly offered?: readonly string[] }
  | { readonly kind: 'enroll'; readonly choices: readonly string[] }
  | { readonly kind: 'refused' };

/** The requests of the account pages: the user asks for each authenticator to set up. */
export function requestsOf(facts: UserFacts, { isAccountApp, authenticators }: PolicySet): readonly UserFacts[] {
  if (!isAccountApp) return [facts];
  const keys = authenticators.filter(({ enrollable }) => enrollable).map(({ key }) => key);
  return keys.map((key) => ({
    ...facts,
    request: { ...facts.request, scopes: [...facts.request.scopes, enrollScope(key)] },
  }));
}

interface ProvenUser {
  /** Proved just now, each showing all that it can. */
  readonly proved: readonly AuthenticatorDescriptor[];
  /** The user has these, too. Absent: nothing else. */
  readonly besides?: readonly AuthenticatorDescriptor[];
  /** Names of the proofs that the browser remembers. Absent: none. */
  readonly remembered?: readonly string[];
}

export function stepAfter(user: ProvenUser, facts: UserFacts, policies: PolicySet): StepAfter {
  return stepAfterProofs(proofsOf(user), facts, policies);
}

/** The proofs of this very sign-in. */
export function proofsOf({ proved, besides = [], remembered = [] }: ProvenUser): AdmittedWith {
  const evidence = proved.map(({ key, factors, characteristics, methods }) => ({
    ...{ authenticator: key, enrollment: key, factors, characteristics, age: 'now' as const },
    ...(methods && { methods }),
  }));
  return { evidence, remembered, enrolled: [...proved, ...besides].map(({ key }) => key) };
}

export function stepAfterProofs(proofs: AdmittedWith, facts: UserFacts, policies: PolicySet): StepAfter {
  const decision = evaluate(policies, factsWith(proofs, facts, policies.authenticators));
  if (decision.kind === 'deny' || decision.kind === 'challenge' || decision.kind === 'identify')
    return { kind: 'refused' };
  if (decision.kind !== 'enroll') return { kind: 'allowed' };
  const { choices, proofFirst } = decision;
  if (decision.skippable && !policies.isAccountApp)
    return { kind: 'allowed', ...(!proofFirst && { offered: choices }) };
  return proofFirst ? { kind: 'refused' } : { kind: 'enroll', choices };
}
