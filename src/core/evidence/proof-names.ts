/** Which proofs the names in a policy mean: all proofs by an authenticator, or those by one of its methods. */
import { authenticatorIn, methodIn, methodName } from '../model/authenticator-name.ts';
import type { ChainStep, Demand, Requirement } from '../model/policy.ts';

/** A proof that was given, or could be. */
export interface NamedProof {
  readonly authenticator: string;
  /**
   * By which of its methods it was given, or could be. Absent: the authenticator has none, or the record is from before
   * methods were recorded.
   */
  readonly methods?: readonly string[];
}

/** Names of proofs that a demand takes, and of those that it does not take. */
export interface ProofNames {
  readonly authenticators?: readonly string[];
  readonly exclude?: readonly string[];
}

/**
 * Whether a method that may have been used is named and not excluded. Where the method of a proof is unknown, any
 * exclusion of a method excludes the proof, and only the key of the authenticator takes it.
 */
export function isTaken({ authenticators, exclude }: ProofNames, { authenticator, methods }: NamedProof): boolean {
  const isAnyTaken = authenticators === undefined || authenticators.includes(authenticator);
  if (exclude === undefined && (isAnyTaken || methods === undefined)) return isAnyTaken;
  if (exclude?.includes(authenticator)) return false;
  if (methods === undefined) {
    const prefix = methodName(authenticator, '');
    return isAnyTaken && !exclude?.some((name) => name.startsWith(prefix));
  }
  return methods.some((method) => {
    const name = methodName(authenticator, method);
    return (isAnyTaken || authenticators.includes(name)) && !exclude?.includes(name);
  });
}

/** All names that mean the proof: `phone`, and `phone.sms`. */
export function proofNames({ authenticator, methods = [] }: NamedProof): readonly string[] {
  return [authenticator, ...methods.map((method) => methodName(authenticator, method))];
}

/** The demands of all alternatives, or the steps of all chains. */
export function demandsOf(requirement: Requirement): readonly (Demand | ChainStep)[] {
  return 'chains' in requirement ? requirement.chains.flat() : requirement.anyOf.flatMap(({ demands }) => demands);
}

/** Keys of the authenticators of which a requirement tells methods apart. */
export function withMethodsApart(requirements: readonly Requirement[]): ReadonlySet<string> {
  const parts: readonly ProofNames[] = requirements.flatMap(demandsOf);
  const names = parts.flatMap(({ authenticators = [], exclude = [] }) => [...authenticators, ...exclude]);
  return new Set(names.filter((name) => methodIn(name) !== undefined).map(authenticatorIn));
}

/** Whether one of the names means the proof. */
export function isNamedBy(names: readonly string[], proof: NamedProof): boolean {
  return isTaken({ authenticators: names }, proof);
}
