/** Compares what is asked for in browsers that remember a second factor, before a change and after it. */
import { withoutSecondFactor } from '../../decision/waiver.ts';
import type { AllowTerms, Requirement } from '../../model/policy.ts';
import { isRememberable, mayWaiveBeside, rememberedAs } from '../proofs/asked-proofs.ts';
import { compareAsks, type UsableThen } from './compare-asks.ts';

/** What the app itself asks for, and what the other layers ask for. */
interface AskedOnOneSide {
  readonly app: AllowTerms;
  readonly beside: readonly Requirement[];
}

/**
 * Whether more is waived in some browser than before: what is left of the requirement there was not enough, whatever
 * the browser remembered then.
 */
export function isMoreWaived(before: AskedOnOneSide, now: AskedOnOneSide, usable: UsableThen): boolean {
  const [{ requirement: asked, remember: remembered }, { requirement, remember }] = [before.app, now.app];
  const isSame = JSON.stringify([asked, before.beside]) === JSON.stringify([requirement, now.beside]);
  if (remember === undefined || isSame || !mayWaiveBeside(now.beside, usable.next)) return false;
  const couldWaive = mayWaiveBeside(before.beside, usable.before);
  return usable.next
    .filter(isRememberable)
    .flatMap(rememberedAs)
    .some((proof) => {
      const left = withoutSecondFactor(requirement, proof);
      const waived = remembered === undefined || !couldWaive ? [] : withoutSecondFactor(asked, proof);
      const then = 'chains' in asked ? asked : { anyOf: [...asked.anyOf, ...waived] };
      return compareAsks([...now.beside, { anyOf: left }], [...before.beside, then], usable) !== 'as_strict';
    });
}
