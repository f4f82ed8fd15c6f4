/** Proofs with which a user gets in under a weaker rule, and would not under the stricter one of the same policy. */
import type { Rule } from '../../model/policy.ts';
import { compilePolicy, type PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import {
  type EvidenceSets,
  isNewlyLetIn,
  newlyAdmittedWith,
  newlyRemembering,
} from '../comparison/confirmed-change.ts';
import type { PolicySides } from '../comparison/deciding-together.ts';
import { askedIn, eachOf, proofsIn } from '../proofs/asked-proofs.ts';
import type { EvidenceSet } from '../proofs/evidence-set.ts';
import type { AdmittedWith } from '../proofs/proving-user.ts';
import { evidenceFor } from '../proofs/strictness.ts';
import { countedWithin, type PossibleProofs } from '../proofs/weakest-proofs.ts';
import { outcomeKey } from '../simulation/sign-in-outcomes.ts';
import type { SignInLayer, Weaker } from './asks-less.ts';

/** A rule that decides in these facts, and makes a sign-in weaker than another rule would. */
export interface ShownWeaker extends Weaker {
  readonly strict: Rule;
  readonly facts: UserFacts;
}

/** Undefined: less seems to be asked for, and no sign-in is known that shows it. */
export function shownWeaker(
  weaker: ShownWeaker,
  policies: PolicySet,
  layer: SignInLayer,
): { readonly proved?: AdmittedWith } | undefined {
  const { evidence, longer } = weaker;
  if (evidence.length === 0 && longer.length === 0) return {};
  const proved = provedWhereWeaker(weaker, policies, layer);
  if (proved) return { proved };
  return evidence.length > 0 ? undefined : {};
}

/** Undefined: none are known, or there is a difference for a refresh token only. */
function provedWhereWeaker(
  { strict, facts, evidence, longer }: ShownWeaker,
  policies: PolicySet,
  layer: SignInLayer,
): AdmittedWith | undefined {
  const { session, app } = policies;
  const [sessionRule, appRule] = [findRule(session, facts).rule, app && findRule(app, facts).rule];
  if (sessionRule === undefined || appRule === undefined) return undefined;
  const rules = { session: sessionRule, app: appRule };
  const strictOnly = compilePolicy({ name: layer, rules: [{ ...strict, when: {} }] });
  const sides = { active: { ...policies, [layer]: strictOnly }, next: policies };
  for (const proofs of eachOf(proofsIn(rules, policies))) {
    const sets = setsShowing({ evidence, longer }, askedIn(rules, policies), proofs);
    const asked = JSON.stringify([outcomeKey(policies, facts), layer, strict.then, sets, proofs.unkept]);
    const { unkept } = proofs;
    const found = admittedLikeOthers(asked, { sets, ...(unkept && { unkept }), facts, sides });
    if (found) return found;
  }
  const remembered = longer.find(({ what }) => what === 'remembered');
  return remembered && newlyRemembering(facts, sides, remembered.before);
}

/** Cached by the configuration's authenticators, and by all else that the outcome of a sign-in depends on. */
const foundBefore = new WeakMap<PolicySet['authenticators'], Map<string, AdmittedWith>>();

/** What was found for another user who is asked for the same, if the evaluator confirms it for this one. */
function admittedLikeOthers(
  asked: string,
  { facts, sides, ...sets }: EvidenceSets & { readonly facts: UserFacts; readonly sides: PolicySides },
): AdmittedWith | undefined {
  const { authenticators } = sides.next;
  const known = foundBefore.get(authenticators) ?? new Map<string, AdmittedWith>();
  foundBefore.set(authenticators, known);
  const before = known.get(asked);
  if (before && isNewlyLetIn(facts, sides)(before)) return before;
  const proofs = newlyAdmittedWith(sets, facts, sides);
  if (proofs) known.set(asked, proofs);
  return proofs;
}

function setsShowing(
  { evidence, longer }: Weaker,
  asked: Parameters<typeof evidenceFor>[0],
  proofs: PossibleProofs,
): readonly EvidenceSet[] {
  if (evidence.length > 0) return [evidence.map((item) => countedWithin(item, proofs))];
  return longer.some(({ what }) => what !== 'remembered') ? evidenceFor(asked, proofs) : [];
}
