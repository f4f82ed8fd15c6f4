/** Should the page that asks who someone is also offer an authenticator that can tell by itself? */

import { identifyingHelps } from './beside-identifier.ts';
import type { PolicySet } from './compile.ts';
import type { Facts } from './model.ts';
import { withoutVerification } from './needs-user-verification.ts';

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
