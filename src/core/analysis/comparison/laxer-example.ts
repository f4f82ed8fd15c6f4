/**
 * Finds users who may do more by an enrollment rule after the same proofs. The evaluator shows it under both
 * configurations.
 */
import { proofNames } from '../../evidence/proof-names.ts';
import { methodName } from '../../model/authenticator-name.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { isRemembered } from '../proofs/asked-proofs.ts';
import { requestsOf, type StepAfter, stepAfter } from '../simulation/step-after.ts';
import { factsOn, type Sides } from './deciding-together.ts';
import type { EnrollmentChange } from './enrollment-changes.ts';
import { factsOnceOver } from './grace-facts.ts';
import type { SignedInWith } from './signed-in-with.ts';

/** What the user proves, and what else the user has. */
export interface LaxerExample {
  readonly facts: UserFacts;
  /** Names of the proofs. */
  readonly proved: readonly string[];
  /** Names of the proofs that the browser remembers. */
  readonly remembered: readonly string[];
  /** Keys of all that the user has, each as often as that is. */
  readonly enrolled: readonly string[];
  /** The next step, before and now. */
  readonly step: { readonly before: StepAfter; readonly now: StepAfter };
}

const ranks: Readonly<Record<StepAfter['kind'], number>> = { allowed: 0, enroll: 1, refused: 2 };

/** More users are not tried. */
const mostTried = 200;

/** Undefined: none is known. */
export function laxerFor(
  facts: UserFacts,
  sides: Sides,
  { signedInWith, before: ruleBefore, now: ruleNow }: Pick<EnrollmentChange, 'signedInWith' | 'before' | 'now'>,
): LaxerExample | undefined {
  const rules = { before: ruleBefore, now: ruleNow };
  const requests = factsOnceOver(facts, rules, sides).flatMap((userFacts) => requestsOf(userFacts, sides.next));
  return laxerAt(requests, sides, signedInWith);
}

/** A user who may do more at one of these requests. Undefined: none is known. */
export function laxerAt(
  requests: readonly UserFacts[],
  sides: Sides,
  signedInWith?: EnrollmentChange['signedInWith'],
): LaxerExample | undefined {
  const { active, next } = sides;
  const users = usersOf(sides, signedInWith).slice(0, mostTried);
  for (const asked of requests)
    for (const user of users) {
      const [then, now] = [factsOn('active', asked, sides), factsOn('next', asked, sides)];
      const step = { before: stepAfter(user, then, active), now: stepAfter(user, now, next) };
      if (ranks[step.now.kind] < ranks[step.before.kind]) return exampleOf(user, asked, step);
    }
  return undefined;
}

function exampleOf(
  { proved, besides, remembered }: ProvenUser,
  facts: UserFacts,
  step: LaxerExample['step'],
): LaxerExample {
  const nameOf = ({ key, methods = [] }: AuthenticatorDescriptor) =>
    proofNames({ authenticator: key, methods: methods.length === 1 ? methods : [] }).at(-1) ?? key;
  const enrolled = [...proved, ...besides].map(({ key }) => key);
  return { facts, proved: proved.map(nameOf), remembered, enrolled, step };
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
function usersOf(sides: Sides, signedInWith: EnrollmentChange['signedInWith']): readonly ProvenUser[] {
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
  const remembering = others.filter(isRemembered).flatMap((descriptor) => {
    const names = descriptor.methods?.map((method) => methodName(descriptor.key, method)) ?? [descriptor.key];
    return names.map((name) => ({ proved, besides: [descriptor], remembered: [name] }));
  });
  return [...having, ...remembering];
}

function setsOf({ proved, others }: SignedInWith): readonly Descriptors[] {
  return [[], ...fewOf(others)].map((more) => [...proved, ...more]).filter(({ length }) => length > 0);
}

/** Further enrollments of the proved authenticators: none, or up to the largest number that a rule counts. */
function furtherEnrollments(proved: Descriptors, { active, next }: Sides): readonly Descriptors[] {
  const terms = [active, next].flatMap(({ enrollment }) => enrollment?.rules.map(({ rule }) => rule.then) ?? []);
  const counted = terms.flatMap(({ required }) => required);
  return proved.reduce<readonly Descriptors[]>(
    (all, one) => {
      const counts = counted.filter(({ anyOf }) => anyOf.includes(one.key)).map(({ count = 1 }) => count);
      const most = one.maxEnrollments ?? Math.max(1, ...counts);
      return all.flatMap((some) => Array.from({ length: most }, (_, more) => [...some, ...Array(more).fill(one)]));
    },
    [[]],
  );
}

function fewOf(all: Descriptors): readonly Descriptors[] {
  const pairs = all.flatMap((descriptor, at) => all.slice(at + 1).map((other) => [descriptor, other]));
  return [...all.map((descriptor) => [descriptor]), ...pairs];
}
