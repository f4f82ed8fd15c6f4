/** All sets of proofs that are enough for a fresh sign-in, whichever rules decide on the way. */
import type { RequiredEvidence } from '../../decision/required-evidence.ts';
import { requiredOf } from '../../decision/required-evidence.ts';
import { withMethodsApart } from '../../evidence/proof-names.ts';
import type { AssessedEvidence } from '../../evidence/requirement.ts';
import { authenticatorIn } from '../../model/authenticator-name.ts';
import type { ChallengeOption } from '../../model/decision.ts';
import type { Requirement, RuleHead } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { signInOnceProved } from '../../policy/rules/once-proved.ts';
import { askedMethods } from '../../queries/asked-methods.ts';
import { type AllSetsOfEvidence, allSufficientEvidence } from '../../remediation/all-sufficient-sets.ts';
import { afterFirstSecret, decisionAt, factsAt } from './simulate.ts';
import type { Progress, Simulation } from './simulated-answers.ts';

/** What is told apart among ways to sign in. */
export interface ToldApart {
  /** Keys of authenticators whose methods are. */
  readonly methods: ReadonlySet<string>;
  /** Whether it matters that the user began with this authenticator. Absent: with none. */
  readonly isTold?: ((authenticator: string) => boolean) | undefined;
}

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
  const decision = decisionAt(start, simulation);
  const options = decision.kind === 'challenge' ? decision.options : [];
  // What counts for an enrollment only (Law 7) is in no set of proofs, and a user may begin with it.
  if (options.some(({ enrollments }) => !capabilities.enrollments.some(({ id }) => enrollments.includes(id))))
    return { sets: [], begunOtherwise: [], isComplete: true, given };
  const secret = afterFirstSecret(simulation)?.transaction.evidence[0]?.enrollment;
  const isSecret = (proof: AssessedEvidence) =>
    proof.enrollment === secret && !options.some(({ enrollments }) => enrollments.includes(proof.enrollment));
  const isOffered = askedFirst(options, start, simulation);
  const isFirst = options.length > 0 ? (proof: AssessedEvidence) => isOffered(proof) || isSecret(proof) : undefined;
  const isTold = ({ authenticator }: AssessedEvidence) => told.includes(authenticator);
  const apart = { distinguished: [...distinguished, ...first], isFirst, isSecret, isTold };
  return { ...allSufficientEvidence(requirements, capabilities, apart), given };
}

/** What is told apart of the ways of a user who is at the start of the sign-in. `distinguished`: as above. */
export function toldApart(
  start: Progress,
  simulation: Simulation,
  distinguished: readonly Requirement[] = [],
): ToldApart {
  const { policies, facts } = simulation;
  const before = factsAt(start, facts);
  const after = signInOnceProved(policies, before);
  const told = namesOfSignIn(policies);
  const layers = [before, after].flatMap((at) => requiredOf(policies, at, start.subject).requirements);
  const additions = policies.accountPolicy?.rules.flatMap(({ then }) =>
    then.kind === 'allow' ? then.requirement : [],
  );
  const requirements = [...layers.flatMap(({ anyOf }) => anyOf), ...(additions ?? []), ...distinguished];
  const isTold = after === before && told.length === 0 ? undefined : (key: string) => told.includes(key);
  return { methods: withMethodsApart(requirements), isTold };
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

/** Whether the user can begin with this proof, which is one of the options. */
function askedFirst(
  options: readonly ChallengeOption[],
  start: Progress,
  simulation: Simulation,
): (proof: AssessedEvidence) => boolean {
  const facts = factsAt(start, simulation.facts);
  const methodsOf = new Map(
    options.map(({ authenticator }) => [authenticator, askedMethods(simulation.policies, facts, authenticator)]),
  );
  const isOffered = ({ authenticator, enrollment }: AssessedEvidence) =>
    options.some((option) => option.authenticator === authenticator && option.enrollments.includes(enrollment));
  return (proof) => {
    const methods = methodsOf.get(proof.authenticator);
    const isAsked = !proof.methods || !methods || proof.methods.some((method) => methods.includes(method));
    return !proof.toEnroll && isOffered(proof) && isAsked;
  };
}
