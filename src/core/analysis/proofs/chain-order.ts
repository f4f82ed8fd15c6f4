/** Compares chains step by step. */
import { isMatchable } from '../../evidence/chain-matching.ts';
import type { ChainStep, Requirement } from '../../model/policy.ts';

type Chains = Extract<Requirement, { readonly chains: unknown }>;

/**
 * All evidence that meets the first meets the second; each has one chain. False: that is not proved. Every step of the
 * second is met by what meets a step of its own of the first.
 */
export function followsChain({ chains: [one = []] }: Chains, { chains: [other = []] }: Chains): boolean {
  return isMatchable(
    other.map((weak) => one.flatMap((strict, index) => (isAsStrict(strict, weak) ? [String(index)] : []))),
  );
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
