/** Whether the identifier page also offers an authenticator that finds out the user by itself. */

import type { Facts } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { identifyingHelps } from './identifier-page-secret.ts';
import { cachedAnswers, rulesAhead } from './rules-ahead.ts';
import { withoutVerification } from './user-verification.ts';

/** Whether the page offers the authenticator. */
export type Discoverable =
  | { readonly offered: false }
  /** `userVerification`: without it no user would make progress. */
  | { readonly offered: true; readonly userVerification: boolean };

/** It is offered if it would make progress for some user: no user has to take it. */
export function discoverable(policies: PolicySet, facts: Facts, key: string): Discoverable {
  return answers(rulesAhead(policies, facts), key, () => {
    if (!identifyingHelps(policies, facts, { key, forUsers: 'some' })) return { offered: false };
    return {
      offered: true,
      userVerification: !identifyingHelps(withoutVerification(policies, key), facts, { key, forUsers: 'some' }),
    };
  });
}

const answers = cachedAnswers<Discoverable>();
