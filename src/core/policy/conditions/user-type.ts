/** The condition `userType`: the type of the user. A user without one is in no list. */
import { type ConditionDescriptor, subjectTest } from '../condition-descriptor.ts';
import { jointMembers, meetsLists } from '../membership.ts';

export const userTypeCondition: ConditionDescriptor<'userType'> = {
  compile: (lists) => {
    const test = subjectTest(({ userType }) => meetsLists(lists, userType === undefined ? [] : [userType]));
    return [{ name: 'userType', test }];
  },
  varies: false,
  samples: ({ one, other }) => {
    const userTypes = jointMembers(one, other);
    if (userTypes === undefined) return [];
    const [userType] = userTypes;
    return [userType === undefined ? {} : { subject: { userType } }];
  },
};
