/** Every way through a fresh sign-in with whatever its pages offer: proofs, enrollments and skips. */
import { decisionAt, factsAt, startOf, takeTurn } from '../../../src/core/analysis/simulation/simulate.ts';
import { identifiedAs, type Progress, prove } from '../../../src/core/analysis/simulation/simulated-answers.ts';
import { requiredOf } from '../../../src/core/decision/required-evidence.ts';
import type { Facts, Subject } from '../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../src/core/model/omit-undefined.ts';
import type { PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { askedMethods } from '../../../src/core/queries/asked-methods.ts';
import type { Action } from '../../../src/core/remediation/all-sufficient-sets.ts';
import { picked, skipping } from '../../../src/core/step/transitions.ts';

/** A page of the sign-in, or its end. */
interface Place {
  readonly progress: Progress;
  /** What was proved and enrolled until then, in whatever order. */
  readonly actions: readonly Action[];
  readonly outcome: 'allow' | 'deny' | 'page';
  /** The user has proved what the rules ask for. */
  readonly isMet: boolean;
  readonly next: Edge[];
}

/** What the user does on a page. */
interface Answer {
  /** Absent: something else than a proof or an enrollment. */
  readonly action?: Action;
  readonly isReplacement?: true;
  /** The user fills in what is required. */
  readonly isFillIn?: true;
}

interface Edge extends Answer {
  readonly to: Place;
}

export interface WalkedSignIn {
  /** What may be proved and enrolled until the rules are met, if some way from there leads in. */
  readonly sets: readonly (readonly Action[])[];
  /** The fewest enrollments of these that a way in takes, without replaced ones. Infinite: no way leads in. */
  readonly fewestOf: (keys: readonly string[]) => number;
  /** In each way in. */
  readonly mustFillIn: boolean;
}

/** More pages are not walked. */
const mostPlaces = 3000;

/** Fails where there are too many pages. */
export function walkedSignIn(policies: PolicySet, facts: Facts, subject: Subject): WalkedSignIn {
  const places = new Map<string, Place>();
  const walked = { policies, facts, places };
  const typed = startOf({ policies, facts }).next;
  const starts = [
    placeAt(identifiedAs(subject, facts), [], walked),
    ...(typed ? [placeAt(typed, actionsOf(typed), walked)] : []),
  ];
  if (places.size > mostPlaces) throw new Error('too many pages');
  const all = [...places.values()];
  const leading = leadingIn(all);
  const met = all.filter((place) => leading.has(place) && place.isMet && isFirstMet(place, all));
  return {
    sets: met.map(({ actions }) => actions),
    fewestOf: (keys) => fewest(starts, (answer) => setsUp(answer, keys)),
    mustFillIn: fewest(starts, ({ isFillIn }) => isFillIn === true) > 0,
  };
}

/** The secret of the first page. */
function actionsOf({ transaction }: Progress): readonly Action[] {
  return transaction.evidence.map(({ authenticator }) => ({ authenticator }));
}

interface Walked {
  readonly policies: PolicySet;
  readonly facts: Facts;
  readonly places: Map<string, Place>;
}

function keyOf({ transaction, subject }: Progress): string {
  const { evidence, skipped, requestedEnrollment } = transaction;
  const proofs = evidence.map(({ enrollment, method, origin }) => [enrollment, method, origin].join(' '));
  const { enrollments, profile, recovery } = subject;
  const ids = enrollments.map(({ id }) => id).sort();
  return JSON.stringify([[...new Set(proofs)].sort(), ids, profile, recovery, skipped, requestedEnrollment]);
}

function placeAt(progress: Progress, actions: readonly Action[], walked: Walked): Place {
  const { policies, facts, places } = walked;
  const key = keyOf(progress);
  const known = places.get(key);
  if (known) return known;
  const decision = decisionAt(progress, { policies, facts });
  const outcome = decision.kind === 'allow' || decision.kind === 'deny' ? decision.kind : 'page';
  const { isMet } = requiredOf(policies, factsAt(progress, facts), progress.subject);
  const place: Place = { progress, actions, outcome, isMet, next: [] };
  places.set(key, place);
  if (places.size > mostPlaces || outcome !== 'page') return place;
  for (const { to, ...edge } of edgesFrom(progress, walked)) {
    const more = edge.action ? [...actions, edge.action] : actions;
    place.next.push({ ...edge, to: placeAt(to, more, walked) });
  }
  return place;
}

interface Step extends Answer {
  readonly to: Progress;
}

function edgesFrom(progress: Progress, { policies, facts }: Walked): readonly Step[] {
  const simulation = { policies, facts };
  const decision = decisionAt(progress, simulation);
  const { transaction, subject } = progress;
  const skippable = 'skippable' in decision ? decision.skippable : undefined;
  const skipped = skippable ? [{ to: { subject, transaction: skipping(transaction, skippable.authenticators) } }] : [];
  if (decision.kind === 'challenge') {
    const proofs = decision.options.flatMap(({ authenticator, enrollments }) =>
      subject.enrollments
        .filter(({ id }) => enrollments.includes(id))
        .flatMap((enrollment) =>
          (askedMethods(policies, factsAt(progress, facts), authenticator) ?? [undefined]).map((method) => ({
            action: omitUndefined({ authenticator, method }),
            to: prove(progress, enrollment, omitUndefined({ origin: 'sign_in' as const, at: facts.now, method })),
          })),
        ),
    );
    return [...proofs, ...skipped];
  }
  if (decision.kind === 'enroll') {
    const made = decision.choices.flatMap((authenticator): readonly Step[] => {
      const chosen = { subject, transaction: picked(transaction, { purpose: 'enroll', authenticator }) };
      if (decision.proofFirst) return [{ to: chosen }];
      const { next } = takeTurn(chosen, simulation);
      const isReplacement = decision.replacementReason ? { isReplacement: true as const } : {};
      return next ? [{ action: { authenticator, toEnroll: true }, ...isReplacement, to: next }] : [];
    });
    return [...made, ...skipped];
  }
  const { next } = takeTurn(progress, simulation);
  const isFillIn = decision.kind === 'profile' && decision.required.length > 0 ? { isFillIn: true as const } : {};
  return next ? [{ ...isFillIn, to: next }] : [];
}

/** The places from which some way leads in. */
function leadingIn(all: readonly Place[]): ReadonlySet<Place> {
  const leading = new Set(all.filter(({ outcome }) => outcome === 'allow'));
  for (let size = -1; size !== leading.size; ) {
    size = leading.size;
    for (const place of all) if (place.next.some(({ to }) => leading.has(to))) leading.add(place);
  }
  return leading;
}

function isFirstMet(place: Place, all: readonly Place[]): boolean {
  const before = all.filter(({ next }) => next.some(({ to }) => to === place));
  return before.length === 0 || before.some(({ isMet }) => !isMet);
}

function setsUp({ action, isReplacement }: Answer, keys: readonly string[]): boolean {
  return action?.toEnroll === true && !isReplacement && keys.includes(action.authenticator);
}

/** How many such answers a way in has at least. */
function fewest(starts: readonly Place[], isCounted: (answer: Answer) => boolean): number {
  const counts = new Map(starts.map((start) => [start, 0]));
  const open = [...starts];
  let least = Number.POSITIVE_INFINITY;
  for (let place = open.shift(); place !== undefined; place = open.shift()) {
    const count = counts.get(place) ?? 0;
    if (place.outcome === 'allow') least = Math.min(least, count);
    for (const { to, ...answer } of place.next) {
      const more = count + (isCounted(answer) ? 1 : 0);
      if (more >= (counts.get(to) ?? Number.POSITIVE_INFINITY)) continue;
      counts.set(to, more);
      open.push(to);
    }
  }
  return least;
}
