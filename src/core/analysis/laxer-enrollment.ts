/**
 * Finds what an enrollment rule lets users do after proving less: set up what they could not, or go on without setting
 * up what they had to. Two-sided: shown by the evaluator on both sides; terms that are as strict are known by their
 * form; of all others it is said that they are undecided.
 */
import type { EnrollmentRule, EnrollmentTerms, Grace, RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { asksHowSignedIn } from '../policy/conditions.ts';
import type { UserFacts } from '../policy/theory.ts';
import { type Deciders, decidingTogether, factsFor, type Sides } from './deciding-together.ts';
import type { RuleSpace } from './rule-space.ts';
import { requestsOf, type StepAfter, stepAfter } from './step-after.ts';

export interface LaxerEnrollment {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly facts: UserFacts;
  /** Keys of the authenticators that the user proved. */
  readonly proved: readonly string[];
  /** Of all that the user has, each as often as that is. */
  readonly enrolled: readonly string[];
  /** What comes next then. */
  readonly step: { readonly before: StepAfter; readonly now: StepAfter };
}

export interface LaxerEnrollments {
  readonly found: readonly LaxerEnrollment[];
  readonly undecided: readonly { readonly before: Deciders; readonly now: Deciders }[];
}

/** One for each pair of enrollment rules that decide about the same users. */
export function laxerEnrollments(sides: Sides, space: RuleSpace): LaxerEnrollments {
  const found = new Map<string, LaxerEnrollment>();
  const open = new Map<string, { readonly before: Deciders; readonly now: Deciders }>();
  const written = ({ enrollment }: PolicySet) => JSON.stringify(enrollment?.rules.map(({ rule }) => rule));
  if (written(sides.live) === written(sides.next)) return { found: [], undecided: [] };
  for (const { before, now, formulas } of decidingTogether(sides, space)) {
    const terms = [before.enrollment?.then ?? nothing, now.enrollment?.then ?? nothing] as const;
    const key = JSON.stringify([before.enrollment, now.enrollment]);
    if (found.has(key) || isAsStrict(...terms)) continue;
    const facts = factsFor({ before, now, formulas }, { ...sides, space });
    if (facts === 'impossible') continue;
    const shown = facts === 'undecided' ? undefined : laxerFor(facts, sides);
    if (shown) found.set(key, { before, now, ...shown });
    else open.set(key, { before, now });
  }
  return {
    found: [...found.values()],
    undecided: [...open].filter(([key]) => !found.has(key)).map(([, pair]) => pair),
  };
}

/**
 * Rules that ask how the user signed in, where they differ, or stand below others: what they decide is not compared.
 * The rules below the last of them are, for all whom none of these takes.
 */
export function changedAfterSignIn({ live, next }: Sides): readonly EnrollmentRule[] {
  const [before, now] = [upToLastAfterSignIn(live), upToLastAfterSignIn(next)];
  if (termsOf(before) === termsOf(now)) return [];
  return (now.some(isAfterSignIn) ? now : before).filter(isAfterSignIn);
}

const isAfterSignIn = ({ when }: EnrollmentRule) => asksHowSignedIn(when);

function upToLastAfterSignIn({ enrollment }: PolicySet): readonly EnrollmentRule[] {
  const rules = enrollment?.rules.map(({ rule }) => rule) ?? [];
  return rules.slice(0, rules.findLastIndex(isAfterSignIn) + 1);
}

/** Whatever they are called, and wherever they stand. */
function termsOf(rules: readonly EnrollmentRule[]): string {
  return JSON.stringify(rules.map(({ when, then }) => ({ when, then })));
}

const nothing: EnrollmentTerms = { required: [], optional: [], promoted: [], disabled: [] };

/** What is no longer disabled counts anew, which is compared by the evidence. */
function isAsStrict(before: EnrollmentTerms, now: EnrollmentTerms): boolean {
  const closed = [...(now.useOnly ?? []), ...now.disabled];
  const keepsModels = Object.entries(before.models ?? {}).every(([key, models]) =>
    now.models?.[key]?.every((model) => models.includes(model)),
  );
  return (
    (before.useOnly ?? []).every((key) => closed.includes(key)) &&
    keepsModels &&
    before.required.every((one) => isKept(one, now.required))
  );
}

/** Some of what is required now, that no enrollment counts for twice, comes to as much, and no later. */
function isKept(one: RequiredEnrollment, now: readonly RequiredEnrollment[]): boolean {
  const { count = 1 } = one;
  const within = now.filter((other) => contains(one, other));
  const isApart = (all: readonly RequiredEnrollment[]) =>
    all.every(({ anyOf }, at) => all.slice(at + 1).every((other) => !other.anyOf.some((key) => anyOf.includes(key))));
  const isEnough = (all: readonly RequiredEnrollment[]) =>
    all.reduce((sum, { count: own = 1 }) => sum + own, 0) >= count;
  return subsetsOf(within.slice(0, mostTogether)).some((all) => isEnough(all) && isApart(all));
}

/** More of them are not looked at together. */
const mostTogether = 8;

function subsetsOf<One>(all: readonly One[]): readonly (readonly One[])[] {
  return Array.from({ length: 2 ** all.length }, (_, subset) => all.filter((_one, at) => subset & (1 << at)));
}

/** What meets `other` counts for `one`, and no later. */
function contains(one: RequiredEnrollment, other: RequiredEnrollment): boolean {
  return other.anyOf.every((key) => one.anyOf.includes(key)) && isNoLonger(other.grace, one.grace);
}

function isNoLonger(now: Grace | undefined, before: Grace | undefined): boolean {
  if (now === undefined) return true;
  if (before === undefined) return false;
  if ('until' in now) return 'until' in before && now.until <= before.until;
  return 'skips' in before && now.skips <= before.skips;
}

const ranks: Readonly<Record<StepAfter['kind'], number>> = { allowed: 0, enroll: 1, refused: 2 };

/** With one proof, or with two; the user has each once, or as often as some rule counts. */
function laxerFor(
  facts: UserFacts,
  { live, next }: Sides,
): Pick<LaxerEnrollment, 'facts' | 'proved' | 'enrolled' | 'step'> | undefined {
  const kept = next.authenticators.filter(({ key }) => live.authenticators.some((one) => one.key === key));
  for (const asked of requestsOf(facts, next))
    for (const proved of fewOf(kept))
      for (const besides of furtherEnrollments(proved, { live, next })) {
        const given = { proved, besides };
        const step = { before: stepAfter(given, asked, live), now: stepAfter(given, asked, next) };
        const keysOf = (some: typeof proved) => some.map(({ key }) => key);
        if (ranks[step.now.kind] < ranks[step.before.kind])
          return { facts: asked, proved: keysOf(proved), enrolled: keysOf([...proved, ...besides]), step };
      }
  return undefined;
}

/** Further enrollments of what was proved: none, or so many that the user has it as often as a rule may count. */
function furtherEnrollments(
  proved: readonly AuthenticatorDescriptor[],
  { live, next }: Sides,
): readonly (readonly AuthenticatorDescriptor[])[] {
  const terms = [live, next].flatMap(({ enrollment }) => enrollment?.rules.map(({ rule }) => rule.then) ?? []);
  const counted = terms.flatMap(({ required }) => required);
  return proved.reduce<readonly (readonly AuthenticatorDescriptor[])[]>(
    (all, one) => {
      const counts = counted.filter(({ anyOf }) => anyOf.includes(one.key)).map(({ count = 1 }) => count);
      const most = one.maxEnrollments ?? Math.max(1, ...counts);
      return all.flatMap((some) => Array.from({ length: most }, (_, more) => [...some, ...Array(more).fill(one)]));
    },
    [[]],
  );
}

function fewOf(all: readonly AuthenticatorDescriptor[]): readonly (readonly AuthenticatorDescriptor[])[] {
  const pairs = all.flatMap((one, at) => all.slice(at + 1).map((other) => [one, other]));
  return [...all.map((one) => [one]), ...pairs];
}
