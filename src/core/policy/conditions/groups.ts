/** The condition `groups`: the groups of the user. */
import { type ConditionDescriptor, subjectTest } from '../condition-descriptor.ts';
import { membershipTheory } from '../theories/membership-theory.ts';
import { meetsLists } from '../values/membership.ts';

export const groupsCondition: ConditionDescriptor<'groups'> = {
  about: 'user',
  units: {},
  compile: (lists) => [{ name: 'groups', test: subjectTest(({ groups }) => meetsLists(lists, groups)) }],
  varies: false,
  theory: (conditions) =>
    membershipTheory(conditions, {
      what: 'groups',
      isLasting: () => true,
      add: ({ subject, ...facts }, name) => ({ ...facts, subject: { ...subject, groups: [...subject.groups, name] } }),
    }),
};
