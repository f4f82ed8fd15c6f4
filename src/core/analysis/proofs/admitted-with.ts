/** Finds proofs with which the evaluator lets a user in. */
import { evaluate } from '../../decision/evaluate.ts';
import { isNamedBy, type NamedProof, proofNames } from '../../evidence/proof-names.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import { authenticatorIn } from '../../model/authenticator-name.ts';
import type { Decision } from '../../model/decision.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { Requirement } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { decideTogether } from '../space/rule-combinations.ts';
import type { DecidingRules } from '../space/sign-in-rules.ts';
import type { EvidenceSet } from './evidence-set.ts';
import { withoutNeedless } from './needless-proofs.ts';
import { type AdmittedWith, factsWith } from './proving-user.ts';
import { spellings } from './spellings.ts';
import { evidenceFor } from './strictness.ts';
import type { PossibleProofs } from './weakest-proofs.ts';

/** Which proofs are looked for. */
export interface Wanted {
  /** What the rules ask for. */
  readonly premises: readonly Requirement[];
  readonly proofs: PossibleProofs;
  readonly isWanted: (evidence: EvidenceSet) => boolean;
  /** What the browser remembers. */
  readonly remembered?: NamedProof;
}

/** More sets of proofs are not tried. */
const mostTried = 40;

/** Which sign-ins are tried. */
export interface TriedSignIns {
  readonly rules: Pick<DecidingRules, 'session' | 'app' | 'enrollment'>;
  /** The rules decide about them. */
  readonly facts: UserFacts;
  /** The user must not be let in without the proofs of these names. */
  readonly avoided?: readonly string[];
}

/** The first of the candidates with which the user gets in. Undefined: no proofs are known. */
export function admittedWith(
  policies: PolicySet,
  { rules, facts, avoided }: TriedSignIns,
  candidates: readonly AdmittedWith[],
): AdmittedWith | undefined {
  const isLetIn = (proofs: AdmittedWith) => {
    const given = factsWith(proofs, facts, policies.authenticators);
    return decideTogether(policies, rules, given) && isAdmitted(evaluate(policies, given));
  };
  const isGood = (candidate: AdmittedWith) =>
    isLetIn(candidate) && !(avoided && isLetIn(withoutProofs(avoided, candidate)));
  const found = candidates.find(isGood);
  return found && withoutNeedless(found, isGood);
}

/** The proofs without those of these names. */
function withoutProofs(names: readonly string[], { evidence, remembered, ...more }: AdmittedWith): AdmittedWith {
  return {
    ...more,
    evidence: evidence.filter((item) => !isNamedBy(names, item)),
    remembered: remembered.filter((name) => !names.includes(name) && !names.includes(authenticatorIn(name))),
  };
}

/** The simplest first. */
export function* admittingProofs(
  policies: PolicySet,
  { premises, proofs, isWanted, remembered }: Wanted,
): Generator<AdmittedWith> {
  const meets = (set: EvidenceSet) => premises.every((premise) => meetsRequirement(premise, set));
  const spelled = evidenceFor(premises, proofs).map((set) => spellings(set, proofs).filter(isWanted).find(meets));
  const simplest = spelled.flatMap((set) => (set ? [set] : [])).toSorted((a, b) => a.length - b.length);
  const memory = remembered ? proofNames(remembered).slice(-1) : [];
  const keys = memory.map(authenticatorIn);
  for (const evidence of simplest.slice(0, mostTried))
    for (const enrolled of enrolledWith(evidence, policies))
      yield {
        evidence,
        remembered: memory,
        enrolled: [...enrolled, ...keys.filter((key) => !enrolled.includes(key))],
        ...(proofs.unkept && { unkept: true }),
      };
}

/** All readings of these proofs, the simplest first, of users who have nothing else, or more. */
export function* spelledOut(
  set: EvidenceSet,
  policies: PolicySet,
  { unkept }: Pick<AdmittedWith, 'unkept'> = {},
): Generator<AdmittedWith> {
  for (const evidence of spellings(set, policies))
    for (const enrolled of enrolledWith(evidence, policies))
      yield { evidence, remembered: [], enrolled, ...(unkept && { unkept }) };
}

/** The enrollments to try: those proved alone, with all others, or with all others as often as any rule requires. */
function enrolledWith(evidence: EvidenceSet, policies: PolicySet): readonly (readonly string[])[] {
  const own = [...new Map(evidence.map(({ enrollment, authenticator }) => [enrollment, authenticator])).values()];
  const isTooMany = ({ key, maxEnrollments }: AuthenticatorDescriptor) =>
    maxEnrollments !== undefined && own.filter((other) => other === key).length > maxEnrollments;
  if (policies.authenticators.some(isTooMany)) return [];
  return [own, ...everythingOf(policies).map((keys) => withAtLeast(own, keys))];
}

/** Each key as often as in the list that has it more often. */
function withAtLeast(least: readonly string[], keys: readonly string[]): readonly string[] {
  const count = (list: readonly string[], key: string) => list.filter((other) => other === key).length;
  const lacking = (key: string) => Math.max(0, count(least, key) - count(keys, key));
  return keys.flatMap((key, index) => [
    key,
    ...(keys.indexOf(key) === index ? Array.from({ length: lacking(key) }, () => key) : []),
  ]);
}

/** Those asked for, then each authenticator once, then each as often as any rule asks for. */
export function enrolledCandidates(policies: PolicySet): readonly (readonly string[])[] {
  const first = policies.authenticators.filter(({ askedWithIdentifier }) => askedWithIdentifier).map(({ key }) => key);
  return [first, ...everythingOf(policies)];
}

function everythingOf(policies: PolicySet): readonly (readonly string[])[] {
  const all = policies.authenticators.map(({ key }) => key);
  const several = policies.authenticators.flatMap((descriptor) =>
    Array.from({ length: mostRequired(descriptor, policies) }, () => descriptor.key),
  );
  return several.length > all.length ? [all, several] : [all];
}

/** How many enrollments of an authenticator some rule requires; at least one. */
function mostRequired({ key, maxEnrollments }: AuthenticatorDescriptor, { enrollment }: PolicySet): number {
  if (maxEnrollments === 1) return 1;
  const required = (enrollment?.rules ?? []).flatMap(({ rule }) => rule.then.required);
  return Math.max(1, ...required.filter(({ anyOf }) => anyOf.includes(key)).map(({ count = 1 }) => count));
}

/** The user needs no further proof to enter the app. */
export function isAdmitted(decision: Decision): boolean {
  if (decision.kind === 'enroll') return decision.skippable !== undefined;
  return ['allow', 'profile', 'consent', 'select_account', 'keep_account'].includes(decision.kind);
}
