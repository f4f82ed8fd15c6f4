/** The ways to go on from a decision, and how a page lists them. */
import type { Decision } from '../model/decision.ts';
import type { AuthenticatorOption } from './step.ts';
import type { Choice } from './transaction.ts';

export interface OptionsView {
  /** Name that the person gave to an enrollment, where the page may show it. */
  readonly labels: (enrollment: string) => string | undefined;
  /**
   * All enrollments of this authenticator are one way on: one challenge serves them, or nobody may be told yet that
   * there are several.
   */
  readonly isSingleOption?: (authenticator: string) => boolean;
  /** Enrollments that what was typed names: where several are one way on, the first of these is challenged. */
  readonly namedByIdentifier?: readonly string[];
  /** Enrollments that the person proved last with this browser: these are offered first. */
  readonly lastUsed?: readonly string[];
}

/** One way on, before it is shown. */
export type Option = Omit<Choice, 'purpose'>;

/**
 * What was used last with this browser comes first; only the order changes. What exists for recovery stays where it
 * was: it is there for the case that nothing else is.
 */
export function challengesToSelect(
  options: Extract<Decision, { kind: 'challenge' }>['options'],
  view: OptionsView,
): readonly Option[] {
  const ways = options.flatMap(({ authenticator, enrollments, recovery }) => {
    const each = view.isSingleOption?.(authenticator) ? [enrollments] : enrollments.map((enrollment) => [enrollment]);
    const rank = (id: string) => (recovery ? (view.lastUsed ?? []).length : lastUse(id, view));
    return each.map((ids) => ({ authenticator, ids, rank: Math.min(...ids.map(rank)) }));
  });
  return ways
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ authenticator, ids }) => ({ authenticator, ...challenged(ids, view) }));
}

/** The place among what was used last; behind all of it what was not. */
function lastUse(enrollment: string, { lastUsed = [] }: OptionsView): number {
  const at = lastUsed.indexOf(enrollment);
  return at < 0 ? lastUsed.length : at;
}

/** Of several that are one way on: the one that was typed, then the one that was used last, then the oldest. */
function challenged(ids: readonly string[], view: OptionsView): Pick<Option, 'enrollment'> {
  const used = ids.toSorted((one, other) => lastUse(one, view) - lastUse(other, view));
  const enrollment = ids.find((id) => view.namedByIdentifier?.includes(id)) ?? used[0];
  return enrollment === undefined ? {} : { enrollment };
}

export function enrollmentsToSelect(choices: readonly string[]): readonly Option[] {
  return choices.map((authenticator) => ({ authenticator }));
}

/** The ways on that a page of this decision lists, as it lists them. */
export function optionsToSelect(decision: Decision, view: OptionsView): readonly AuthenticatorOption[] {
  if (decision.kind === 'challenge') return listedOptions(challengesToSelect(decision.options, view), view);
  return decision.kind === 'enroll' ? listedOptions(enrollmentsToSelect(decision.choices), view) : [];
}

/** An id is there only where it tells two of a kind apart: it would say whether somebody exists. */
export function listedOptions(options: readonly Option[], view: OptionsView): readonly AuthenticatorOption[] {
  return options.map(({ authenticator, enrollment }) => {
    const isTwin = options.filter((other) => other.authenticator === authenticator).length > 1;
    return { authenticator, ...(isTwin && enrollment !== undefined && { enrollment }), ...labelOf(enrollment, view) };
  });
}

function labelOf(enrollment: string | undefined, { labels }: OptionsView): { readonly label?: string } {
  const label = enrollment === undefined ? undefined : labels(enrollment);
  return label === undefined ? {} : { label };
}
