/** All sets of proofs that are enough for a fresh sign-in, whichever rules decide on the way. */
import type { RequiredEvidence } from '../../decision/required-evidence.ts';
import { requiredOf } from '../../decision/required-evidence.ts';
import type { AssessedEvidence } from '../../evidence/requirement.ts';
import { authenticatorIn } from '../../model/authenticator-name.ts';
import type { ChallengeOption } from '../../model/decision.ts';
import type { Requirement, RuleHead } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { signInOnceProved } from '../../policy/rules/once-proved.ts';
import { askedMethods } from '../../queries/asked-methods.ts';
import { type AllSetsOfEvidence, allSufficientEvidence } from '../../remediation/all-sufficient-sets.ts';
import { decisionAt, factsAt } from './simulate.ts';
import type { Progress, Simulation } from './simulated-answers.ts';

export interface SufficientProofs extends AllSetsOfEvidence {
  /** What the user has proved already. */
  readonly given: readonly AssessedEvidence[];
}

/** What is required there. */
export function requiredAt(progress: Progress, { policies, facts }: Simulation): RequiredEvidence {
  return requiredOf(policies, factsAt(progress, facts), progress.subject);
}

/**
 * The sets for a user who is at the start of the sign-in. Where other rules decide once something is proved, the sets
 * are enough for these, and each contains a proof that is asked for first. Where rules ask how the user signed in, sets
 * that begin with a proof that they name are told, too. `distinguished`: as for `allSufficientEvidence`.
 */
export function sufficientProofs(
  start: Progress,
  simulation: Simulation,
  distinguished: readonly Requirement[] = [],
): SufficientProofs {
  const { policies, facts } = simulation;
  const before = factsAt(start, facts);
  const after = signInOnceProved(policies, before);
  const { requirements, capabilities } = requiredOf(policies, after, start.subject);
  const given = capabilities.evidence;
  const told = namesOfSignIn(policies);
  if (after === before && told.length === 0)
    return { ...allSufficientEvidence(requirements, capabilities, { distinguished }), given };
  const first = requiredAt(start, simulation).requirements.flatMap(({ anyOf }) => anyOf);
  const isFirst = askedFirst(start, simulation);
  const isTold = ({ authenticator }: AssessedEvidence) => told.includes(authenticator);
  const apart = { distinguished: [...distinguished, ...first], isFirst, isTold };
  return { ...allSufficientEvidence(requirements, capabilities, apart), given };
}

/** Keys of the authenticators that rules about how the user signed in name. */
function namesOfSignIn({ enrollment, profile }: PolicySet): readonly string[] {
  const rules = [enrollment, profile].flatMap((policy): readonly { readonly rule: RuleHead }[] =>
    policy?.beforeSignIn ? policy.rules : [],
  );
  const conditions = rules.flatMap(({ rule }) => conditionSets(rule.when));
  const names = conditions.flatMap(({ authenticated: { any = [], all = [] } = {} }) => [...any, ...all]);
  return [...new Set(names.map(authenticatorIn))];
}

/** Whether the user can begin with this proof. Undefined: nothing is asked for. */
function askedFirst(start: Progress, simulation: Simulation): ((proof: AssessedEvidence) => boolean) | undefined {
  const decision = decisionAt(start, simulation);
  if (decision.kind !== 'challenge') return undefined;
  const facts = factsAt(start, simulation.facts);
  const methodsOf = new Map(
    decision.options.map(({ authenticator }) => [
      authenticator,
      askedMethods(simulation.policies, facts, authenticator),
    ]),
  );
  const isOffered = ({ authenticator, enrollment }: AssessedEvidence) =>
    decision.options.some(
      (option: ChallengeOption) => option.authenticator === authenticator && option.enrollments.includes(enrollment),
    );
  return (proof) => {
    const methods = methodsOf.get(proof.authenticator);
    const isAsked = !proof.methods || !methods || proof.methods.some((method) => methods.includes(method));
    return !proof.toEnroll && isOffered(proof) && isAsked;
  };
}
