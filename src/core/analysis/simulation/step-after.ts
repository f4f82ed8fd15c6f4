/** What a user is asked for after proving some authenticators, as far as it concerns setting up others. */
import { evaluate } from '../../decision/evaluate.ts';
import { enrollScope } from '../../enrollment/account-request.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { factsWith } from '../proofs/facts-with.ts';

/** `refused`: denied, or asked to prove more. */
export type StepAfter =
  | { readonly kind: 'allowed' }
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

export function stepAfter(
  { proved, besides = [], remembered = [] }: ProvenUser,
  facts: UserFacts,
  policies: PolicySet,
): StepAfter {
  const evidence = proved.map(({ key, factors, characteristics, methods }) => ({
    ...{ authenticator: key, enrollment: key, factors, characteristics, age: 'now' as const },
    ...(methods && { methods }),
  }));
  const enrolled = [...proved, ...besides].map(({ key }) => key);
  const decision = evaluate(policies, factsWith({ evidence, remembered, enrolled }, facts, policies.authenticators));
  if (decision.kind === 'deny' || decision.kind === 'challenge' || decision.kind === 'identify')
    return { kind: 'refused' };
  if (decision.kind !== 'enroll' || (decision.skippable && !policies.isAccountApp)) return { kind: 'allowed' };
  return decision.proofFirst ? { kind: 'refused' } : { kind: 'enroll', choices: decision.choices };
}
