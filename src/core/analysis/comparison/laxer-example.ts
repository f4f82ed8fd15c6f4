/**
 * Finds users who may do more by an enrollment rule after the same proofs. The evaluator shows it under both
 * configurations.
 */
import { methodName } from '../../model/authenticator-name.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { spelledOut } from '../proofs/admitted-with.ts';
import { isRememberable } from '../proofs/asked-proofs.ts';
import type { EvidenceSet } from '../proofs/evidence-set.ts';
import type { AdmittedWith } from '../proofs/proving-user.ts';
import { atStrongest } from '../proofs/strongest-example.ts';
import { proofsOf, requestsOf, type StepAfter, stepAfterProofs } from '../simulation/step-after.ts';
import { factsOn, type PolicySides } from './deciding-together.ts';
import type { EnrollmentChange } from './enrollment-changes.ts';
import { factsOnceOver } from './grace-facts.ts';
import type { SignedInWith } from './signed-in-with.ts';

/** What the user proves, and what else the user has. */
export interface LaxerExample {
  readonly facts: UserFacts;
  readonly proofs: AdmittedWith;
  /** The next step, before and now. */
  readonly step: { readonly before: StepAfter; readonly now: StepAfter };
}

/** How an example is looked for. */
interface Searched extends Pick<EnrollmentChange, 'signedInWith'> {
  /** Further proofs to try, which may be old or weak. */
  readonly sets?: readonly EvidenceSet[];
  /** Key of an authenticator that every user has who is tried. Undefined: none. */
  readonly owned?: string | undefined;
  /** Whether the step is one that the user could not do. */
  readonly isLaxer?: (step: LaxerExample['step']) => boolean;
}

const ranks: Readonly<Record<StepAfter['kind'], number>> = { allowed: 0, enroll: 1, refused: 2 };

/** More users are not tried. */
const mostTried = 200;

/** Undefined: none is known. */
export function laxerFor(
  facts: UserFacts,
  sides: PolicySides,
  { signedInWith, before: ruleBefore, now: ruleNow }: Pick<EnrollmentChange, 'signedInWith' | 'before' | 'now'>,
): LaxerExample | undefined {
  const rules = { before: ruleBefore, now: ruleNow };
  const requests = factsOnceOver(facts, rules, sides).flatMap((userFacts) => requestsOf(userFacts, sides.next));
  return laxerAt(requests, sides, { ...(signedInWith && { signedInWith }) });
}

/** A user who may do more at one of these requests. Undefined: none is known. */
export function laxerAt(
  requests: readonly UserFacts[],
  sides: PolicySides,
  { signedInWith, sets = [], owned, isLaxer = isFurther }: Searched,
): LaxerExample | undefined {
  const { active, next } = sides;
  const users = usersOf(sides, signedInWith).slice(0, mostTried);
  const others = sets.flatMap((set) => [...spelledOut(set, next)]).slice(0, mostTried);
  const inThisSignIn = users.map((user) => proofsOf({ ...user, proved: user.proved.map(asNamed) }));
  const all = [...inThisSignIn.map(justBefore), ...others, ...inThisSignIn].map((user) => withOwned(user, owned));
  for (const facts of requests) {
    const [then, now] = [factsOn('active', facts, sides), factsOn('next', facts, sides)];
    const stepOf = (admitted: AdmittedWith) => ({
      before: stepAfterProofs(admitted, then, active),
      now: stepAfterProofs(admitted, now, next),
    });
    const isGood = (admitted: AdmittedWith) => isLaxer(stepOf(admitted));
    const found = all.find(isGood);
    const proofs = found && atStrongest(found, next, isGood);
    if (proofs) return { facts, proofs, step: stepOf(proofs) };
  }
  return undefined;
}

function isFurther({ before, now }: LaxerExample['step']): boolean {
  return ranks[now.kind] < ranks[before.kind];
}

function withOwned(user: AdmittedWith, owned: string | undefined): AdmittedWith {
  const { enrolled } = user;
  return owned === undefined || enrolled.includes(owned) ? user : { ...user, enrolled: [...enrolled, owned] };
}

/** The same in a sign-in of a moment ago, as examples can say it. */
function justBefore({ evidence, ...more }: AdmittedWith): AdmittedWith {
  return { ...more, evidence: evidence.map((item) => ({ ...item, age: 0 })) };
}

/** Several methods at once are no proof that a name could say. */
function asNamed({ methods = [], ...descriptor }: AuthenticatorDescriptor): AuthenticatorDescriptor {
  return methods.length === 1 ? { ...descriptor, methods } : descriptor;
}

type Descriptors = readonly AuthenticatorDescriptor[];

interface ProvenUser {
  readonly proved: Descriptors;
  readonly besides: Descriptors;
  readonly remembered: readonly string[];
}

/**
 * Users who prove one or two authenticators, or those of the way to sign in and a few others. Each has them once, or
 * as often as some rule counts, or has other authenticators as well, also in a browser that remembers one.
 */
function usersOf(sides: PolicySides, signedInWith: EnrollmentChange['signedInWith']): readonly ProvenUser[] {
  const { active, next } = sides;
  const kept = next.authenticators.filter(({ key }) =>
    active.authenticators.some((authenticator) => authenticator.key === key),
  );
  const sets = typeof signedInWith === 'object' ? setsOf(signedInWith) : fewOf(kept);
  const plain = sets.flatMap((proved) =>
    furtherEnrollments(proved, sides).map((besides) => ({ proved, besides, remembered: [] })),
  );
  return [...plain, ...sets.flatMap((proved) => withOthers(proved, next.authenticators))];
}

function withOthers(proved: Descriptors, all: Descriptors): readonly ProvenUser[] {
  const others = all.filter(({ key }) => !proved.some((descriptor) => descriptor.key === key));
  const having = [...others.map((descriptor) => [descriptor]), others].map((besides) => ({
    proved,
    besides,
    remembered: [],
  }));
  const remembering = others.filter(isRememberable).flatMap((descriptor) => {
    const names = descriptor.methods?.map((method) => methodName(descriptor.key, method)) ?? [descriptor.key];
    return names.map((name) => ({ proved, besides: [descriptor], remembered: [name] }));
  });
  return [...having, ...remembering];
}

function setsOf({ proved, others }: SignedInWith): readonly Descriptors[] {
  return [[], ...fewOf(others)].map((more) => [...proved, ...more]).filter(({ length }) => length > 0);
}

/** Further enrollments of the proved authenticators: none, or up to the largest number that a rule counts. */
function furtherEnrollments(proved: Descriptors, { active, next }: PolicySides): readonly Descriptors[] {
  const terms = [active, next].flatMap(({ enrollment }) => enrollment?.rules.map(({ rule }) => rule.then) ?? []);
  const counted = terms.flatMap(({ required }) => required);
  return proved.reduce<readonly Descriptors[]>(
    (all, descriptor) => {
      const counts = counted.filter(({ anyOf }) => anyOf.includes(descriptor.key)).map(({ count = 1 }) => count);
      const most = descriptor.maxEnrollments ?? Math.max(1, ...counts);
      return all.flatMap((some) =>
        Array.from({ length: most }, (_, more) => [...some, ...Array(more).fill(descriptor)]),
      );
    },
    [[]],
  );
}

function fewOf(all: Descriptors): readonly Descriptors[] {
  const pairs = all.flatMap((descriptor, at) => all.slice(at + 1).map((other) => [descriptor, other]));
  return [...all.map((descriptor) => [descriptor]), ...pairs];
}
