/** Compares chains step by step. */
import { isMatchable } from '../../evidence/chain-matching.ts';
import type { ChainStep, Requirement } from '../../model/policy.ts';

type Chains = Extract<Requirement, { readonly chains: unknown }>;

/**
 * Whether all evidence that meets the first chain meets the second one, and the first has more steps or asks in the
 * same order. False: that is not proved. Each requirement has one chain. Each step of the second must be implied by a
 * different step of the first. Chains with the same steps in another order do not count: users begin with something
 * else there, which may be intended.
 */
export function followsChain({ chains: [one = []] }: Chains, { chains: [other = []] }: Chains): boolean {
  const within = other.map((weak) => one.flatMap((strict, index) => (isAsStrict(strict, weak) ? [String(index)] : [])));
  const isSameOrder = within.every((indexes, at) => indexes.includes(String(at)));
  return isMatchable(within) && (one.length > other.length || isSameOrder);
}

/** Everything else that a step may demand must be the same. */
function isAsStrict(strict: ChainStep, weak: ChainStep): boolean {
  const { characteristics = [], authenticators, maxAge, maxIdle, ...others } = strict;
  const { characteristics: demanded = [], authenticators: taken, maxAge: age, maxIdle: weakIdle, ...rest } = weak;
  return (
    authenticators.every((key) => taken.includes(key)) &&
    demanded.every((wanted) => characteristics.includes(wanted)) &&
    isWithin(maxAge, age) &&
    isWithin(maxIdle, weakIdle) &&
    JSON.stringify(others) === JSON.stringify(rest)
  );
}

function isWithin(limit: number | undefined, other: number | undefined): boolean {
  return other === undefined || (limit !== undefined && limit <= other);
}
