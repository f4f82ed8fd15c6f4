/** Should the page that asks who someone is also offer an authenticator that can tell by itself? */

import type { Facts } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { identifyingHelps } from './identifier-page-secret.ts';
import { withoutVerification } from './user-verification.ts';

export type Discoverable =
  | { readonly offered: false }
  /** `userVerification`: without it no progress is made, whoever the person turns out to be. */
  | { readonly offered: true; readonly userVerification: boolean };

/** It is offered if it makes progress for somebody: nobody has to take it. */
export function discoverable(policies: PolicySet, facts: Facts, key: string): Discoverable {
  if (!identifyingHelps(policies, facts, key, 'somebody')) return { offered: false };
  return {
    offered: true,
    userVerification: !identifyingHelps(withoutVerification(policies, key), facts, key, 'somebody'),
  };
}
