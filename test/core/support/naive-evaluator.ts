/**
 * A second, naive reading of requirements, to check the core by. It tries every set of evidence and shares no code with
 * the core.
 */
import type { Enrollment, Evidence } from '../../../src/core/model/facts.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../../../src/core/model/policy.ts';

/** The time at which evidence is assessed, and the transaction. */
export interface When {
  readonly now: number;
  readonly transaction?: string | undefined;
  /** Bounds all evidence: `max_age`, `prompt=login` (0), the session. */
  readonly maxAge?: number | undefined;
}

function isYoung(evidence: Evidence, maxAge: number | undefined, when: When): boolean {
  if (evidence.at > when.now + 60) return false;
  if (when.transaction !== undefined && evidence.transaction === when.transaction) return true;
  if (maxAge === undefined) return true;
  if (maxAge === 0) return false;
  return Math.max(0, when.now - evidence.at) <= maxAge;
}

/** Counts only where a demand names it, and only beside other evidence. */
function isAuxiliary({ authenticator }: Evidence): boolean {
  return authenticator === 'security_question';
}

/** One test for each member: one that is left out does not compile. */
const fitsMember: {
  readonly [Name in keyof Demand | keyof ChainStep]-?: (
    wanted: NonNullable<Demand[Name]>,
    evidence: Evidence,
    when: When,
  ) => boolean;
} = {
  factor: (factor, { factors }) => factors.includes(factor),
  authenticators: (names, evidence) => namesOf(evidence).some((name) => names.includes(name)),
  exclude: (names, evidence) => !names.some((name) => mayBe(evidence, name)),
  characteristics: (wanted, { characteristics }) =>
    wanted.every((characteristic) => characteristics.includes(characteristic)),
  maxAge: (maxAge, evidence, when) => isYoung(evidence, maxAge, when),
  maxIdle: (maxIdle, evidence, when) => wasActive(evidence, maxIdle, when),
};

function fits(demand: Demand | ChainStep, evidence: Evidence, when: When): boolean {
  if (isAuxiliary(evidence) && demand.authenticators === undefined) return false;
  for (const [name, wanted] of Object.entries(demand))
    if (!fitsMember[name as keyof Demand](wanted as never, evidence, when)) return false;
  return true;
}

/** `phone` and `phone.sms`. */
function namesOf({ authenticator, method }: Evidence): readonly string[] {
  return method === undefined ? [authenticator] : [authenticator, `${authenticator}.${method}`];
}

/** A proof whose method was not recorded may have been by any. */
function mayBe(evidence: Evidence, name: string): boolean {
  const isUnknown = evidence.method === undefined && name.split('.')[0] === evidence.authenticator;
  return isUnknown || namesOf(evidence).includes(name);
}

/** Each way in which an enrollment can be proved. */
export function waysToProve({ authenticator, methods }: Enrollment): readonly (string | undefined)[] {
  return methods ?? methodsOf[authenticator] ?? [undefined];
}

const methodsOf: Readonly<Record<string, readonly string[]>> = { phone: ['sms', 'voice'], email: ['code', 'link'] };

/** What was proved in this transaction has seen no pause. */
function wasActive(evidence: Evidence, maxIdle: number | undefined, when: When): boolean {
  const isNow = when.transaction !== undefined && evidence.transaction === when.transaction;
  return maxIdle === undefined || isNow || (evidence.longestPause ?? 0) <= maxIdle;
}

export function subsets<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const [first, ...others] = items;
  if (first === undefined) return [[]];
  const rest = subsets(others);
  return [...rest, ...rest.map((subset) => [first, ...subset])];
}

/**
 * One test for each member: one that is left out does not compile. What costs least comes first: properties ask
 * millions of times.
 */
const holdsMember: Readonly<
  Record<keyof Alternative, (alternative: Alternative, set: readonly Evidence[], when: When) => boolean>
> = {
  maxAge: ({ maxAge }, set, when) => set.every((evidence) => isYoung(evidence, maxAge, when)),
  factors: ({ factors }, set) => new Set(set.flatMap((evidence) => evidence.factors)).size >= factors,
  demands: ({ demands }, set, when) =>
    set.filter(isAuxiliary).every((proof) => demands.some((demand) => fits(demand, proof, when))) &&
    demands.every((demand) => set.some((evidence) => fits(demand, evidence, when))),
};

const alternativeTests = Object.values(holdsMember);

function holdsExactly(alternative: Alternative, set: readonly Evidence[], when: When): boolean {
  return !set.every(isAuxiliary) && alternativeTests.every((holds) => holds(alternative, set, when));
}

/** `used`: what the steps before took. */
function chainHolds(
  steps: readonly ChainStep[],
  left: { readonly evidence: readonly Evidence[]; readonly used: readonly Evidence[] },
  when: When,
): boolean {
  const [step, ...others] = steps;
  const { evidence, used } = left;
  if (step === undefined) return !used.every(isAuxiliary);
  return evidence.some(
    (proof) =>
      !used.some(({ enrollment }) => enrollment === proof.enrollment) &&
      fits(step, proof, when) &&
      chainHolds(others, { evidence, used: [...used, proof] }, when),
  );
}

/** Whether a set of evidence of one user meets a requirement. */
export function naivelyMeets(requirement: Requirement, evidence: readonly Evidence[], when: When): boolean {
  const young = evidence.filter((proof) => isYoung(proof, when.maxAge, when));
  if ('chains' in requirement)
    return requirement.chains.some((chain) => chainHolds(chain, { evidence: young, used: [] }, when));
  return requirement.anyOf.some((alternative) => subsets(young).some((set) => holdsExactly(alternative, set, when)));
}
