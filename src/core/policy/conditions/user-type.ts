/** The condition `userType`: the type of the user. A user without a type is in no list. */
import { type ConditionDescriptor, subjectTest } from '../condition-descriptor.ts';
import { choiceTheory, namesIn } from '../theories/membership-theory.ts';
import type { UserFacts } from '../theories/theory.ts';
import { meetsLists } from '../values/membership.ts';

export const userTypeCondition: ConditionDescriptor<'userType'> = {
  about: 'user',
  units: {},
  compile: (lists) => {
    const test = subjectTest(({ userType }) => meetsLists(lists, userType === undefined ? [] : [userType]));
    return [{ name: 'userType', test }];
  },
  varies: false,
  // A type that no condition names has the same effect as no type.
  theory: (conditions) => {
    const types = [...new Set(conditions.flatMap(namesIn))];
    const none = { names: [], applyTo: (facts: UserFacts) => facts };
    const each = types.map((userType) => ({
      names: [userType],
      applyTo: ({ subject, ...facts }: UserFacts) => ({ ...facts, subject: { ...subject, userType } }),
    }));
    return choiceTheory('userType', [none, ...each], { lasting: true });
  },
};
