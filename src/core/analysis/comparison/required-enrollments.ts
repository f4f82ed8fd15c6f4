/** Compares what enrollment terms require: whether what meets it now meets what was required before, and as soon. */
import type { Grace, RequiredEnrollment } from '../../model/enrollment-policy.ts';
import { subsetsOf } from '../space/subsets.ts';
import type { UsableThen } from './compare-asks.ts';

export interface RequiredOf {
  readonly usable: Pick<UsableThen, 'before' | 'next'>;
  /** Keys of what users have in any case. */
  readonly had: readonly string[];
}

/** An authenticator that is not usable under one configuration counts for nothing there. */
export function requiresAsMuch(
  before: readonly RequiredEnrollment[],
  now: readonly RequiredEnrollment[],
  { usable, had }: RequiredOf,
): boolean {
  const keysOf = (authenticators: UsableThen['next']) => new Set(authenticators.map(({ key }) => key));
  const [then, next] = [counting(before, keysOf(usable.before)), counting(now, keysOf(usable.next))];
  const isOpen = ({ anyOf, count = 1 }: RequiredEnrollment) => had.filter((key) => anyOf.includes(key)).length < count;
  return then.filter(isOpen).every((enrollment) => isKept(enrollment, next));
}

function counting(required: readonly RequiredEnrollment[], usable: ReadonlySet<string>): readonly RequiredEnrollment[] {
  return required.map((enrollment) => ({ ...enrollment, anyOf: enrollment.anyOf.filter((key) => usable.has(key)) }));
}

/** Some of what is required now, that no enrollment counts for twice, asks for as much, and no later. */
function isKept(required: RequiredEnrollment, now: readonly RequiredEnrollment[]): boolean {
  const { count = 1 } = required;
  const within = now.filter((other) => contains(required, other));
  const isApart = (all: readonly RequiredEnrollment[]) =>
    all.every(({ anyOf }, index) =>
      all.slice(index + 1).every((other) => !other.anyOf.some((key) => anyOf.includes(key))),
    );
  const isEnough = (all: readonly RequiredEnrollment[]) =>
    all.reduce((sum, { count: own = 1 }) => sum + own, 0) >= count;
  return subsetsOf(within.slice(0, mostTogether)).some((all) => isEnough(all) && isApart(all));
}

/** The largest number of required enrollments that are compared together. */
const mostTogether = 8;

/** Whether everything that meets `other` also meets `one`, and no later. */
function contains(one: RequiredEnrollment, other: RequiredEnrollment): boolean {
  return other.anyOf.every((key) => one.anyOf.includes(key)) && isNoLonger(other.grace, one.grace);
}

function isNoLonger(now: Grace | undefined, before: Grace | undefined): boolean {
  if (now === undefined) return true;
  if (before === undefined) return false;
  if ('until' in now) return 'until' in before && now.until <= before.until;
  return 'skips' in before && now.skips <= before.skips;
}
