/** The condition `users`: user ids or identifiers. */
import type { ConditionOf } from '../../model/conditions.ts';
import type { Subject } from '../../model/facts.ts';
import { type ConditionDescriptor, subjectTest } from '../condition-descriptor.ts';
import { membershipTheory } from '../theories/membership-theory.ts';

export const usersCondition: ConditionDescriptor<'users'> = {
  about: 'user',
  units: {},
  compile: (lists) => [{ name: 'users', test: subjectTest(usersTest(lists)) }],
  varies: false,
  // A user may have several identifiers.
  theory: (conditions) =>
    membershipTheory(conditions, {
      what: 'users',
      isLasting: (name) => userId.test(name),
      add: ({ subject, ...facts }, name) => ({
        ...facts,
        subject: { ...subject, identifiers: [...subject.identifiers, name] },
      }),
    }),
};

/**
 * A user id: 128 bits in base64url, so of the last character only two bits count. Other names can pass to another user:
 * they are not lasting.
 */
export const userId = /^[\w-]{21}[AQgw]$/;

/** Lists of users may be long, but a user has few identifiers: sets make the test fast. */
function usersTest(lists: ConditionOf<'users'>): (subject: Subject) => boolean {
  const any = lists.any && new Set(lists.any);
  const none = new Set(lists.none);
  const isIn = (set: ReadonlySet<string>, { id, identifiers }: Subject) =>
    set.has(id) || identifiers.some((identifier) => set.has(identifier));
  return (subject) => (any === undefined || isIn(any, subject)) && !isIn(none, subject);
}
