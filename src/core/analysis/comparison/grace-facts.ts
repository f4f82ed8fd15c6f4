/** Users for whom the grace of a required enrollment was over before a change, at times at which it was. */
import { oneWeek } from '../../model/durations.ts';
import type { EnrollmentRule, RequiredEnrollment } from '../../model/enrollment-policy.ts';
import type { Seconds, Subject } from '../../model/facts.ts';
import { beforeSignIn } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import type { PolicySides } from './deciding-together.ts';

interface RulesThen {
  readonly before: EnrollmentRule | undefined;
  readonly now: EnrollmentRule | undefined;
}

/**
 * The facts, and the same once grace was over before: on the first day, and for users who have skipped as often as
 * they could. The same enrollment rules decide then.
 */
export function factsOnceOver(facts: UserFacts, { before, now }: RulesThen, sides: PolicySides): readonly UserFacts[] {
  const required = before?.then.required ?? [];
  const days = [...required, ...(now?.then.required ?? [])].flatMap(({ grace }) =>
    grace && 'until' in grace ? [grace.until] : [],
  );
  const times = days.flatMap((day) => weeksFrom(day, facts.now)).filter((at) => at >= (sides.since ?? 0));
  const skipped = skippedIn(required, facts.now);
  const users = [facts, ...(skipped ? [{ ...facts, subject: { ...facts.subject, skipped } }] : [])];
  const later = users.flatMap((user) => [...new Set(times)].map((time) => atTime(user, time)));
  return [...users, ...later.filter((userFacts) => decideAlike(userFacts, facts, sides))];
}

/** From this day on: at the same hour of the week first, as windows of hours are open then. */
function weeksFrom(day: Seconds, now: Seconds): readonly Seconds[] {
  return [now + Math.ceil((day - now) / oneWeek) * oneWeek, day];
}

/** Undefined: no rule let users skip some times. */
function skippedIn(required: readonly RequiredEnrollment[], time: Seconds): Subject['skipped'] {
  const counts = required.flatMap(({ anyOf, grace }) =>
    grace && 'skips' in grace ? anyOf.map((key) => [key, grace.skips] as const) : [],
  );
  if (counts.length === 0) return undefined;
  const most = (key: string) => Math.max(...counts.flatMap(([counted, count]) => (counted === key ? [count] : [])));
  return Object.fromEntries(counts.map(([key]) => [key, { grace: { count: most(key), at: time } }]));
}

/** What happened before stays as long ago. */
function atTime({ subject, lastSignIn, ...facts }: UserFacts, now: Seconds): UserFacts {
  const shift = now - facts.now;
  const { createdAt, recovery } = subject;
  return {
    ...facts,
    now,
    ...(typeof lastSignIn === 'number' && { lastSignIn: lastSignIn + shift }),
    subject: {
      ...subject,
      ...(createdAt !== undefined && { createdAt: createdAt + shift }),
      ...(recovery && { recovery: { ...recovery, at: recovery.at + shift } }),
    },
  };
}

function decideAlike(one: UserFacts, other: UserFacts, { active, next }: PolicySides): boolean {
  const rulesOf = (facts: UserFacts) =>
    [active, next].flatMap(({ session, app, enrollment }) => [
      findRule(session, facts).rule,
      app && findRule(app, facts).rule,
      enrollment && findRule(beforeSignIn(enrollment), facts).rule,
    ]);
  const rules = rulesOf(other);
  return rulesOf(one).every((rule, index) => rule === rules[index]);
}
