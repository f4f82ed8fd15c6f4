/**
 * Compares what two rules of one policy ask for, each together with a rule of the other policy that lets users in. One
 * policy is the session policy, and the other is the sign-on policy.
 */
import type { AllowTerms, SessionTerms } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { type LongerLimit, longerLimits } from '../comparison/longer-limits.ts';
import { minimumOf } from '../proofs/minimum-acr.ts';
import { type EvidenceSet, evidenceBetween, impliesAll } from '../proofs/strictness.ts';

/** A policy that lets users in. */
export type SignInLayer = 'session' | 'app';

/** The terms of a rule, and those of a rule of the other policy that decides with it. */
export interface TermsTogether {
  readonly own: AllowTerms;
  readonly beside: AllowTerms;
}

/** What makes terms weaker: less is asked for, or as much and sessions last longer. */
export interface Weaker {
  /** Evidence that meets the weaker terms and not the stricter rule. Empty: none is known, and `longer` is not. */
  readonly evidence: EvidenceSet;
  readonly longer: readonly LongerLimit[];
}

/** Undefined: it is not proved that the first terms ask for everything that the second ones do, and for more. */
export type CompareTerms = (strict: TermsTogether, weak: TermsTogether) => Weaker | undefined;

/** Most rules of a policy have one of a few requirements, and each pair of these is compared once. */
export function termsComparison(policies: PolicySet, layer: SignInLayer): CompareTerms {
  const known = new Map<string, Weaker | undefined>();
  return (strict, weak) => {
    const key = JSON.stringify([strict, weak]);
    if (known.has(key)) return known.get(key);
    const found = compareTerms({ strict, weak }, policies, layer);
    known.set(key, found);
    return found;
  };
}

interface Compared {
  readonly strict: TermsTogether;
  readonly weak: TermsTogether;
}

function compareTerms({ strict, weak }: Compared, policies: PolicySet, layer: SignInLayer): Weaker | undefined {
  const minimum = minimumOf(policies);
  const asked = ({ own, beside }: TermsTogether) => [beside.requirement, ...minimum, own.requirement];
  if (!impliesAll(asked(strict), asked(weak), policies)) return undefined;
  const evidence = evidenceBetween(asked(weak), strict.own.requirement, policies);
  if (evidence) return { evidence, longer: [] };
  // A rule that asks for something more in return is not weaker, even if the other policy asks for that anyway.
  if (layer === 'app' || !impliesAll([strict.own.requirement], [weak.own.requirement], policies)) return undefined;
  const limits = [limitsOf(strict), limitsOf(weak)] as const;
  const longer = longerLimits(...limits);
  const shorter = longerLimits(limits[1], limits[0]);
  return longer.length > 0 && shorter.length === 0 ? { evidence: [], longer } : undefined;
}

/** How long what was proved counts at the app, by the session rule and what the rule of the app leaves of it. */
function limitsOf({ own, beside: { appSession = {}, ...app } }: TermsTogether): Parameters<typeof longerLimits>[0] {
  const { absolute = Number.POSITIVE_INFINITY, unkept } = appSession;
  const capped = ({ keep, ...limits }: SessionTerms): SessionTerms => ({
    idle: limits.idle,
    absolute: Math.min(limits.absolute, absolute),
    ...(keep && !unkept && { keep: { idle: keep.idle, absolute: Math.min(keep.absolute, absolute) } }),
  });
  return { session: { ...own, ...(own.session && { session: capped(own.session) }) }, app };
}
