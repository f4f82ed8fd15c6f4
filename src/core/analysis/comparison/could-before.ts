/** Whether users could get in before a change by what they set up on the pages of the account. */
import { enrollScope } from '../../enrollment/account-request.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { enrollingOnly, type SubjectFacts } from '../simulation/enrolling-only.ts';
import type { AccountBefore } from './rules-at-account.ts';

/** `unknown`: what the user would be asked to set up is too much to follow. */
type CouldGetIn = boolean | 'unknown';

/** Policies before a change. */
interface BeforeSides {
  readonly active: PolicySet;
  readonly account: AccountBefore;
}

interface AddedThen {
  /** Keys of authenticators. */
  readonly added: readonly string[];
  readonly before: SubjectFacts;
}

/**
 * The user could set up the same on the pages of the account, or part of it, in some order, and then get in. What was
 * set up counts, whatever the order was, so each set is tried once.
 */
export function couldBefore({ added, before }: AddedThen, sides: BeforeSides): CouldGetIn {
  const tried = new Set<string>();
  const results = new Set<CouldGetIn>();
  const tryAfter = (facts: SubjectFacts, left: readonly string[]): void => {
    for (const [at, key] of left.entries()) {
      if (results.has(true)) return;
      const end = addedAtAccount(key, facts, sides);
      if (end && !end.facts) results.add('unknown');
      if (!end?.facts) continue;
      const others = left.toSpliced(at, 1);
      const enrolled = end.facts.subject.enrollments.map(({ id }) => id);
      const name = JSON.stringify([enrolled.toSorted(), others.toSorted()]);
      if (tried.has(name)) continue;
      tried.add(name);
      results.add(getsIn(end.facts, before, sides));
      tryAfter(end.facts, others);
    }
  };
  tryAfter(before, added);
  return results.has(true) || (results.has('unknown') && 'unknown');
}

/** The user could set these up on the pages of the account before, and then get in. */
export function couldGetInWith(keys: readonly string[], facts: SubjectFacts, sides: BeforeSides): CouldGetIn {
  let now = facts;
  for (const key of keys) {
    const end = addedAtAccount(key, now, sides);
    if (!end?.facts) return end ? 'unknown' : false;
    now = end.facts;
  }
  return getsIn(now, facts, sides);
}

function addedAtAccount(key: string, facts: SubjectFacts, { account }: Pick<BeforeSides, 'account'>) {
  const request = { ...facts.request, clientId: account.clientId, scopes: ['openid', enrollScope(key)] };
  return enrollingOnly(account.policies, { ...facts, request });
}

function getsIn(facts: SubjectFacts, { request }: SubjectFacts, { active }: Pick<BeforeSides, 'active'>): CouldGetIn {
  const end = enrollingOnly(active, { ...facts, request });
  return end ? end.facts !== undefined || 'unknown' : false;
}
