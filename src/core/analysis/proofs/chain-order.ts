/** Compares chains step by step. */
import type { ChainStep, Requirement } from '../../model/policy.ts';

type Chains = Extract<Requirement, { readonly chains: unknown }>;

/**
 * All evidence that meets the first meets the second, and it is asked for in the same order; each has one chain.
 * False: that is not proved. Every step of the second is met by what meets a step of its own of the first, one after
 * the other. A chain in another order lets users begin with something else, so it is there for a reason.
 */
export function followsChain({ chains: [one = []] }: Chains, { chains: [other = []] }: Chains): boolean {
  let next = 0;
  return other.every((weak) => {
    const found = one.slice(next).findIndex((strict) => isAsStrict(strict, weak));
    next += found + 1;
    return found >= 0;
  });
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
