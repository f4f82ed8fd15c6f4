/**
 * Users who are denied for good at one app, tried at others. What a user can add does not depend on the app to which
 * the user signs in. So the evaluator alone tells whether the same user is denied for good at another app, too.
 */
import { conditionsOfPlaces } from '../../../../core/analysis/accounts/entry-rules.ts';
import { signInOutcome } from '../../../../core/analysis/simulation/sign-in-outcomes.ts';
import { canBeTogether } from '../../../../core/analysis/space/facts-together.ts';
import { onceFor } from '../../../../core/analysis/space/once-for.ts';
import { atApp } from '../../../../core/analysis/space/opaque-parts.ts';
import type { RuleCombination } from '../../../../core/analysis/space/rule-combinations.ts';
import { beforeSignIn, type PolicySet } from '../../../../core/policy/rules/compile.ts';
import { hasExpression } from '../../../../core/policy/rules/condition-table.ts';
import { findRule } from '../../../../core/policy/rules/rules.ts';
import { type Universe, type UserFacts, withProof } from '../../../../core/policy/theories/theory.ts';
import { onDevice } from '../../../../core/policy/values/risk.ts';
import { type AnalysedApp, rulesOfApp } from '../../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../../analysed/configuration.ts';
import type { AccountAdditions } from './account-additions.ts';
import { areSameForApps, haveSameAdditions } from './asked-about-additions.ts';
import { firstRuleKey } from './cause-key.ts';
import { causeOf } from './denial-cause.ts';
import type { Denied, NewAccount } from './denied-users.ts';

export interface KnownLockOuts {
  /** Users of this app who begin like this and are denied for good, one for each first rule of a cause. */
  readonly at: (app: AnalysedApp, beginning: NewAccount) => readonly Denied[];
  /** Remembers users of an app who are denied for good. */
  readonly add: (found: readonly Denied[]) => void;
}

/** The largest number of users to try for each first rule. */
const mostTried = 8;

export function knownLockOuts(
  { places }: AccountAdditions,
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): KnownLockOuts {
  const atPlaces = conditionsOfPlaces(places);
  const isOpaque = atPlaces.some(hasExpression);
  // The rules of the other app may ask for more facts, which are together only in some ways.
  const shownAt = onceFor(({ app: { clientId }, policies }: AnalysedApp) => {
    const here = universe([clientId]);
    const isPossible = canBeTogether([...rulesOfApp(policies).map(({ when }) => when), ...atPlaces], here);
    return (facts: UserFacts) => [facts, withNewDevice(facts, here)].find(isPossible);
  });
  const users = new Map<string, Denied[]>();
  // Where an expression decides, apps that are alike are told apart by the facts that the searches examined.
  const isComparable = ({ policies }: AnalysedApp) =>
    !isOpaque && areSameForApps(policies) && !(policies.app?.rules ?? []).some(({ rule }) => hasExpression(rule.when));
  return {
    at: (app, beginning) => {
      const found = new Map<string | undefined, Denied>();
      if (!isComparable(app)) return [];
      for (const [first, same] of users) {
        for (const known of same) {
          if (found.has(first)) break;
          const facts = known.lockOut && shownAt(app)(known.lockOut.facts);
          const denied = facts && deniedAt(app, known, { beginning, facts: atApp(facts, app.app.clientId) });
          const key = denied && firstRuleKey(denied);
          // By another rule, all users of the app may be locked out.
          if (denied && key !== undefined && users.has(key) && !found.has(key)) found.set(key, denied);
        }
      }
      return [...found.values()];
    },
    add: (found) => {
      for (const denied of found) {
        const key = firstRuleKey(denied);
        // A user of an app is not all users of it.
        if (key === undefined || denied.lockOut === undefined || denied.lockOut.isForAll) continue;
        const same = users.get(key) ?? [];
        users.set(key, same);
        if (same.length < mostTried && isComparable(denied.app)) same.push(denied);
      }
    },
  };
}

/** Where rules ask for risk, a browser that is not known is a new device. */
function withNewDevice(facts: UserFacts, { risk: scoring }: Pick<Universe, 'risk'>): UserFacts {
  const { risk } = onDevice(facts, facts.device, scoring);
  return risk && facts.risk === undefined ? withProof({ ...facts, risk }) : facts;
}

/** The user at this app, with these facts. Undefined: the user is not denied for good there. */
function deniedAt(
  app: AnalysedApp,
  known: Denied,
  { beginning, facts }: Pick<Denied, 'beginning' | 'facts'>,
): Denied | undefined {
  const { policies } = app;
  const { keys } = beginning;
  const { lockOut } = known;
  const beginsAlike = known.beginning.keys.join() === keys.join() && haveSameAdditions(policies, known.app.policies);
  // The other app may ask for scopes that this one cannot ask for.
  const mayAskAlike = JSON.stringify(app.refused) === JSON.stringify(known.app.refused);
  if (lockOut === undefined || !beginsAlike || !mayAskAlike) return undefined;
  const combination = combinationIn(facts, app);
  if (combination === undefined) return undefined;
  const isDenied = [keys, lockOut.reachable].every((had) => signInOutcome(policies, facts, { keys: had }).isDenied);
  if (!isDenied) return undefined;
  const cause = causeOf({ combination, facts, keys }, policies);
  return { app, combination, beginning, facts, cause, lockOut: { ...lockOut, facts } };
}

/** The combination of rules that decide in these facts. Undefined: the user is denied by a rule. */
function combinationIn(facts: UserFacts, { policies, combinations }: AnalysedApp): RuleCombination | undefined {
  const { session, app, enrollment }: PolicySet = policies;
  const inSession = findRule(session, facts).rule;
  const signOn = app && findRule(app, facts).rule;
  const terms = enrollment && findRule(beforeSignIn(enrollment), facts).rule;
  return combinations.find((each) => each.session === inSession && each.app === signOn && each.enrollment === terms);
}
