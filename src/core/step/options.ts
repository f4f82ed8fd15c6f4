/** The options of a decision, and how a page lists them. */
import type { Decision } from '../model/decision.ts';
import type { Seconds } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { AuthenticatorOption } from './step.ts';
import type { Choice, Pending } from './transaction.ts';

/** What a page may know about the user's enrollments. */
export interface OptionsView {
  /** The name that the user gave to an enrollment, if the page may show it. */
  readonly labels: (enrollment: string) => string | undefined;
  /**
   * Whether all enrollments of this authenticator are one option: because one challenge serves all of them, or because
   * the page must not reveal yet that there are several.
   */
  readonly isSingleOption?: (authenticator: string) => boolean;
  /**
   * Enrollments that the typed identifier names. If several enrollments are one option, the first of these is
   * challenged.
   */
  readonly namedByIdentifier?: readonly string[];
  /** Enrollments that the user proved last with this browser. These come first. */
  readonly lastUsed?: readonly string[];
  /** From `askedMethods`: the methods of an authenticator whose proof makes progress. */
  readonly askedMethods?: (authenticator: string) => readonly string[] | undefined;
  /** The only method that is offered, if the authenticator has others. */
  readonly soleMethod?: (authenticator: string) => string | undefined;
}

/** One option of a decision. */
export type Option = Omit<Choice, 'purpose'>;

/**
 * Puts the options used last with this browser first. Recovery authenticators keep their place at the end, since they
 * are for users who have nothing else.
 */
export function challengesToSelect(
  options: Extract<Decision, { kind: 'challenge' }>['options'],
  view: OptionsView,
): readonly Option[] {
  const { lastUsed = [] } = view;
  const ranked = options.flatMap(({ authenticator, enrollments, recovery }) => {
    const each = view.isSingleOption?.(authenticator) ? [enrollments] : enrollments.map((enrollment) => [enrollment]);
    const rank = (id: string) => (recovery ? lastUsed.length : lastUse(id, view));
    return each.map((ids) => ({ authenticator, ids, rank: Math.min(...ids.map(rank)) }));
  });
  return ranked
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ authenticator, ids }) => ({ authenticator, ...challenged(ids, view) }));
}

/** The position in the list of enrollments used last, or a position after all of them. */
function lastUse(enrollment: string, { lastUsed = [] }: OptionsView): number {
  const at = lastUsed.indexOf(enrollment);
  return at < 0 ? lastUsed.length : at;
}

/**
 * Which of several enrollments in one option to challenge: the one that the identifier names, then the one used last,
 * then the oldest.
 */
function challenged(ids: readonly string[], view: OptionsView): Pick<Option, 'enrollment'> {
  const used = ids.toSorted((one, other) => lastUse(one, view) - lastUse(other, view));
  return omitUndefined({ enrollment: ids.find((id) => view.namedByIdentifier?.includes(id)) ?? used[0] });
}

/** The authenticators to enroll, as options. */
export function enrollmentsToSelect(choices: readonly string[]): readonly Option[] {
  return choices.map((authenticator) => ({ authenticator }));
}

/** The options of a decision as a page lists them. */
export function optionsToSelect(decision: Decision, view: OptionsView): readonly AuthenticatorOption[] {
  if (decision.kind === 'challenge') return listedOptions(challengesToSelect(decision.options, view), view);
  return decision.kind === 'enroll' ? listedOptions(enrollmentsToSelect(decision.choices), view) : [];
}

/**
 * An option contains the id of its enrollment only if several options share an authenticator. Elsewhere the id would
 * reveal whether the user exists.
 */
export function listedOptions(options: readonly Option[], view: OptionsView): readonly AuthenticatorOption[] {
  return options.map(({ authenticator, enrollment }) => {
    const isTwin = options.filter((other) => other.authenticator === authenticator).length > 1;
    const label = enrollment === undefined ? undefined : view.labels(enrollment);
    return omitUndefined({ authenticator, enrollment: isTwin ? enrollment : undefined, label });
  });
}

/** The listed options, each with the only method that it offers. */
export function withSoleMethods(options: readonly Option[], view: OptionsView): readonly AuthenticatorOption[] {
  return listedOptions(options, view).map((option) =>
    omitUndefined({ ...option, method: view.soleMethod?.(option.authenticator) }),
  );
}

/** The challenge has not expired, and at least one of its methods still makes progress. */
export function isOpen(
  { expires, authenticator, methods }: Pending,
  { askedMethods }: OptionsView,
  now: Seconds,
): boolean {
  if (expires <= now) return false;
  const asked = methods && askedMethods?.(authenticator);
  return methods === undefined || asked === undefined || methods.some((method) => asked.includes(method));
}
