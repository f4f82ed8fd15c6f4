/** The condition `users` as it is written in a file. */
import { userId } from '../../../core/policy/conditions/users.ts';
import { canonicalIdentifier } from '../../../identifier.ts';
import { listOf, text } from '../fields/fields.ts';
import { laterCheck } from '../fields/later-check.ts';
import { anyNone } from '../fields/membership.ts';

const mayBeOfUser = laterCheck((identifier: string) => canonicalIdentifier(identifier).ok);

/** Comes out as users have it: `Ann@Corp.Test` is the user `ann@corp.test`. */
export const userName = text.transform((written, context) => {
  if (userId.test(written)) return written;
  const identifier = canonicalIdentifier(written);
  if (!mayBeOfUser(written))
    context.addIssue({
      code: 'custom',
      message: 'no user can have this identifier; write the id of the user, or what the user signs in with',
    });
  return identifier.ok ? identifier.value : written;
});

export const usersSchema = anyNone('users (ids or identifiers)', listOf(userName)).optional().describe('Who signs in.');
