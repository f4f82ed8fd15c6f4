/** Compares chains step by step. */
import { isMatchable } from '../../evidence/chain-matching.ts';
import type { ChainStep, Requirement } from '../../model/policy.ts';

type Chains = Extract<Requirement, { readonly chains: unknown }>;

/**
 * All evidence that meets the first meets the second, and the first has more steps or asks in the same order; each has
 * one chain. False: that is not proved. Every step of the second is met by what meets a step of its own of the first.
 * As many steps in another order let users begin with something else, so they are there for a reason.
 */
export function followsChain({ chains: [one = []] }: Chains, { chains: [other = []] }: Chains): boolean {
  const within = other.map((weak) => one.flatMap((strict, index) => (isAsStrict(strict, weak) ? [String(index)] : [])));
  const isSameOrder = within.every((indexes, at) => indexes.includes(String(at)));
  return isMatchable(within) && (one.length > other.length || isSameOrder);
}

/** Whatever else a step may demand must be the same. */
function isAsStrict(strict: ChainStep, weak: ChainStep): boolean {
  const { characteristics = [], authenticators, maxAge, maxIdle, ...others } = strict;
  const { characteristics: demanded = [], authenticators: taken, maxAge: age, maxIdle: idle, ...rest } = weak;
  return (
    authenticators.every((key) => taken.includes(key)) &&
    demanded.every((one) => characteristics.includes(one)) &&
    isWithin(maxAge, age) &&
    isWithin(maxIdle, idle) &&
    JSON.stringify(others) === JSON.stringify(rest)
  );
}

function isWithin(limit: number | undefined, other: number | undefined): boolean {
  return other === undefined || (limit !== undefined && limit <= other);
}
