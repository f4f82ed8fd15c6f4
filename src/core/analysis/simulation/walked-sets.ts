/**
 * What is proved and enrolled in sign-ins that take an enrollment, page by page. What a page offers depends on what the
 * user proved and enrolled before, so no search among the authenticators finds it. See decision 188.
 */
import type { ChallengeOption } from '../../model/decision.ts';
import type { Evidence } from '../../model/facts.ts';
import { omitUndefined } from '../../model/omit-undefined.ts';
import { askedMethods } from '../../queries/asked-methods.ts';
import { type Action, holdsAllOf } from '../../remediation/all-sufficient-sets.ts';
import { afterFirstSecret, decisionAt, factsAt, stepsOf, type WalkedTurn, walkFrom } from './simulate.ts';
import { type Progress, prove, type Simulation } from './simulated-answers.ts';
import { methodAmong, simulateEnrollment } from './simulated-proofs.ts';
import { endsWell, withoutDenyingOffers } from './skipping-offers.ts';
import { requiredAt, type ToldApart } from './sufficient-proofs.ts';

/** A set of proofs, and what follows it: the user gets in, or is denied. */
export interface FollowedSet {
  readonly set: readonly Action[];
  readonly turns: readonly WalkedTurn[];
}

export interface WalkedSets {
  /** The smallest first. A set is there more than once where something else may follow it. */
  readonly followed: readonly FollowedSet[];
  /** False: there are more pages than are walked. */
  readonly isComplete: boolean;
}

/** More pages are not walked. */
const mostPages = 400;

/** A page, with what was proved and enrolled until then, in order. */
interface ReachedPage {
  readonly progress: Progress;
  readonly actions: readonly Action[];
  /** The first of them is the secret of the first page, which is not offered after it. */
  readonly isSecret?: boolean;
}

/** What is known while pages are walked, those after the fewest actions first. */
interface PageWalk {
  readonly simulation: Simulation;
  readonly apart: ToldApart;
  readonly seen: Set<string>;
  /** Ways in. None contains a smaller one. */
  readonly least: FollowedSet[];
  /** Such a way after a needless proof. */
  readonly begunOtherwise: FollowedSet[];
  readonly denied: FollowedSet[];
}

/** The minimal sets after which the user gets in, and the sets after which the user is denied. */
export function walkedSets(start: Progress, simulation: Simulation, apart: ToldApart): WalkedSets {
  const walk: PageWalk = { simulation, apart, seen: new Set(), least: [], begunOtherwise: [], denied: [] };
  const pages = [...walkPage({ progress: start, actions: [] }, walk), ...afterSecret(walk)];
  for (const page of pages) {
    if (walk.seen.size > mostPages) break;
    pages.push(...walkPage(page, walk));
  }
  const { least, begunOtherwise, denied } = walk;
  const found = [...least, ...begunOtherwise.filter((way) => isTold(way, walk)), ...denied];
  return { followed: withSortedSets(found, simulation), isComplete: walk.seen.size <= mostPages };
}

/** The page after the secret of the first page. None: it asks for no secret, or what comes after it offers it, too. */
function afterSecret(walk: PageWalk): readonly ReachedPage[] {
  const progress = afterFirstSecret(walk.simulation);
  if (progress === undefined) return [];
  const actions = progress.transaction.evidence.map(({ authenticator }) => ({ authenticator }));
  return [{ progress, actions, isSecret: true }].filter((page) => isNew(page, walk));
}

/** The new pages that may come next. None: the user has proved enough, or is denied. */
function walkPage(page: ReachedPage, walk: PageWalk): readonly ReachedPage[] {
  const { progress, actions } = page;
  const smaller = walk.least.filter(({ set }) => set.length < actions.length && holdsAllOf(actions, set));
  const isBegun = mayBeTold(page, walk) && smaller.some(({ set }) => isAfterFirst(set, actions));
  if (smaller.length > 0 && !isBegun) return [];
  const { simulation } = walk;
  if (requiredAt(progress, simulation).isMet) {
    const way = { set: actions, turns: withoutDenyingOffers(walkFrom(progress, simulation), progress, simulation) };
    const ways = isBegun ? walk.begunOtherwise : walk.least;
    (endsWell(stepsOf(way.turns)) ? ways : walk.denied).push(way);
    return [];
  }
  const next = isBegun ? [] : [...nextPages(page, walk)];
  if (next.length === 0 && !isBegun) walk.denied.push({ set: actions, turns: walkFrom(progress, simulation) });
  return next.filter((other) => isNew(other, walk));
}

function mayBeTold({ actions: [first], isSecret }: ReachedPage, { apart: { isTold: matters } }: PageWalk): boolean {
  return !!first && !!matters && (!isSecret || matters(first.authenticator));
}

/** Whether the set is all that the user proved after the first proof. */
function isAfterFirst(set: readonly Action[], [, ...rest]: readonly Action[]): boolean {
  return set.length === rest.length && holdsAllOf(rest, set);
}

/** What is offered there, whichever the user takes. */
function nextPages(page: ReachedPage, walk: PageWalk): readonly ReachedPage[] {
  const decision = decisionAt(page.progress, walk.simulation);
  if (decision.kind === 'challenge') return decision.options.flatMap((option) => afterProofs(option, page, walk));
  return decision.kind === 'enroll' ? decision.choices.flatMap((key) => afterEnrollment(key, page, walk)) : [];
}

function afterProofs(
  { authenticator, enrollments }: ChallengeOption,
  page: ReachedPage,
  walk: PageWalk,
): readonly ReachedPage[] {
  const { progress, actions } = page;
  const { now: at } = walk.simulation.facts;
  const offered = progress.subject.enrollments.filter(({ id }) => enrollments.includes(id));
  return offered.flatMap((enrollment) =>
    methodsToTell({ authenticator, own: enrollment.methods }, page, walk).map(({ method, named }) => ({
      ...page,
      progress: prove(progress, enrollment, omitUndefined({ origin: 'sign_in' as const, at, method })),
      actions: [...actions, omitUndefined({ authenticator, method: named })],
    })),
  );
}

function afterEnrollment(authenticator: string, page: ReachedPage, walk: PageWalk): readonly ReachedPage[] {
  const { progress, actions } = page;
  const descriptor = walk.simulation.policies.authenticators.find(({ key }) => key === authenticator);
  if (descriptor === undefined) return [];
  return methodsToTell({ authenticator, own: undefined }, page, walk).map(({ method, named }) => ({
    ...page,
    progress: simulateEnrollment(progress, descriptor, { ...walk.simulation, method }),
    actions: [...actions, omitUndefined({ authenticator, method: named, toEnroll: true as const })],
  }));
}

interface MethodToTell {
  readonly method: string | undefined;
  /** The same, if it is told apart. */
  readonly named: string | undefined;
}

/** The methods that are told apart, or one that stands for all. `own`: those of the enrollment. */
function methodsToTell(
  { authenticator, own }: { readonly authenticator: string; readonly own: readonly string[] | undefined },
  { progress }: ReachedPage,
  { simulation, apart }: PageWalk,
): readonly MethodToTell[] {
  const { policies, facts } = simulation;
  const methods = askedMethods(policies, factsAt(progress, facts), authenticator);
  if (methods && apart.methods.has(authenticator)) return methods.map((method) => ({ method, named: method }));
  return [{ method: methodAmong(methods, own), named: undefined }];
}

/** Pages are the same where the user proved and enrolled the same, in whatever order. */
function isNew({ progress, actions }: ReachedPage, { apart, seen }: PageWalk): boolean {
  const { transaction, subject } = progress;
  const { recovery } = subject;
  const looks = new Map(
    subject.enrollments.map(({ id, label: _, createdAt: __, ...look }) => [id, recovery ? id : JSON.stringify(look)]),
  );
  const lookOf = ({ enrollment, method, origin, replacesProof }: Evidence) =>
    JSON.stringify([looks.get(enrollment), method, origin, replacesProof]);
  const proofs = transaction.evidence.map(lookOf).sort();
  const first = apart.isTold ? actions[0] : undefined;
  const known = seen.size;
  return seen.add(JSON.stringify([first, proofs, [...looks.values()].sort(), recovery])).size > known;
}

/** A first proof that is in no way, or one that matters, where no way with it is met earlier. */
function isTold({ set }: FollowedSet, { apart, least }: PageWalk): boolean {
  const [first] = set;
  if (first === undefined) return false;
  const own = least.filter((way) => holdsAllOf(way.set, [first]));
  return own.length === 0 || (!!apart.isTold?.(first.authenticator) && !own.some((way) => holdsAllOf(set, way.set)));
}

/** Each set in the order of the authenticators, proofs first, and the sets in the order of their actions. */
function withSortedSets(followed: readonly FollowedSet[], { policies }: Simulation): readonly FollowedSet[] {
  const keys = policies.authenticators.map(({ key }) => key);
  const placeOf = ({ authenticator, toEnroll }: Action) => keys.indexOf(authenticator) + (toEnroll ? keys.length : 0);
  const sets = new Map<string, readonly Action[]>();
  const sorted = followed.map(({ set, turns }) => {
    const own = set.toSorted((one, other) => placeOf(one) - placeOf(other));
    const key = JSON.stringify(own);
    sets.set(key, sets.get(key) ?? own);
    return { set: sets.get(key) ?? own, turns };
  });
  const compared = (one: readonly Action[], other: readonly Action[]): number => {
    const at = one.findIndex((action, index) => other[index] && placeOf(action) !== placeOf(other[index]));
    const [a, b] = [one[at], other[at]];
    return one.length - other.length || (a && b ? placeOf(a) - placeOf(b) : 0);
  };
  return sorted.toSorted((one, other) => compared(one.set, other.set));
}
