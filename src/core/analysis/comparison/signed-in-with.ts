/**
 * The ways to sign in that rules with `authenticated` distinguish: each set of proofs that they name, as they see it
 * before and after a change.
 */

import { bestEvidence } from '../../evidence/attainable-acr.ts';
import { proofNames } from '../../evidence/proof-names.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import { authenticatorIn, methodIn } from '../../model/authenticator-name.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { Requirement } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { subsetsOf } from '../space/subsets.ts';
import type { UsableThen } from './compare-asks.ts';

/** The proofs that rules name, and the others that the user may give as well. */
export interface SignedInWith {
  /** Each with one method, if rules distinguish methods. */
  readonly proved: readonly AuthenticatorDescriptor[];
  /** The authenticators that no rule names. */
  readonly others: readonly AuthenticatorDescriptor[];
  /** The names that rules see. Before the change, a proof that did not count was not seen. */
  readonly seen: { readonly before: readonly string[]; readonly now: readonly string[] };
}

/** The largest number of proofs whose sets are all examined. */
export const mostProofs = 8;

/** The plainest first. Undefined: there are too many. */
export function possibleProofSets(names: readonly string[], usable: UsableThen): readonly SignedInWith[] | undefined {
  const asked = new Set(names.map(authenticatorIn));
  const proofs = usable.next
    .filter(({ key }) => asked.has(key))
    .flatMap((descriptor) => proofsOf(descriptor, names, usable));
  if (proofs.length > mostProofs) return undefined;
  const others = usable.next.filter(({ key }) => !asked.has(key));
  return subsetsOf(proofs)
    .toSorted((one, other) => one.length - other.length)
    .map((proved) => ({ proved, others, seen: { before: namesOf(proved.filter(countedThen)), now: namesOf(proved) } }));

  function countedThen(descriptor: AuthenticatorDescriptor): boolean {
    return isCounted(descriptor, usable.before);
  }
}

/** One proof for each method, if a rule names one or if some of the methods did not count before. */
function proofsOf(
  descriptor: AuthenticatorDescriptor,
  names: readonly string[],
  { before }: UsableThen,
): readonly AuthenticatorDescriptor[] {
  const { key, methods } = descriptor;
  if (methods === undefined) return [descriptor];
  const isNamed = names.some((name) => methodIn(name) !== undefined && authenticatorIn(name) === key);
  const isNew =
    before.some((authenticatorDescriptor) => authenticatorDescriptor.key === key) && !isCounted(descriptor, before);
  return isNamed || isNew ? methods.map((method) => ({ ...descriptor, methods: [method] })) : [descriptor];
}

function isCounted({ key, methods = [] }: AuthenticatorDescriptor, before: UsableThen['before']): boolean {
  const then = before.find((descriptor) => descriptor.key === key);
  return then !== undefined && methods.every((method) => then.methods?.includes(method) ?? true);
}

function namesOf(proved: readonly AuthenticatorDescriptor[]): readonly string[] {
  return [
    ...new Set(proved.flatMap(({ key, methods }) => proofNames({ authenticator: key, ...(methods && { methods }) }))),
  ];
}

/**
 * Whether all proofs of this way together meet what is asked for, each showing all that it can. More proofs never meet
 * less.
 */
export function isEnoughFor({ proved, others }: SignedInWith, asked: readonly Requirement[]): boolean {
  const able = [...Map.groupBy([...proved, ...others], ({ key }) => key).values()].map(joint);
  return asked.every((requirement) => meetsRequirement(requirement, bestEvidence(requirement, able)));
}

function joint([first, ...more]: readonly AuthenticatorDescriptor[]): AuthenticatorDescriptor {
  const one = first as AuthenticatorDescriptor;
  const methods = [one, ...more].flatMap((each) => each.methods ?? []);
  return one.methods ? { ...one, methods } : one;
}

/** The names that rules of the enrollment policies ask for. */
export function namesAfterSignIn(all: readonly PolicySet[]): readonly string[] {
  const lists = all.flatMap(({ enrollment }) =>
    (enrollment?.rules ?? []).flatMap(({ rule }) => conditionSets(rule.when).flatMap((set) => set.authenticated ?? [])),
  );
  return [...new Set(lists.flatMap(({ any = [], all: every = [] }) => [...any, ...every]))];
}
