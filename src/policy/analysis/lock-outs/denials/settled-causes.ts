/**
 * What need not be searched for in rule combinations of an app. A finding tells which apps the causes with its first
 * rule lock users out of, and shows one user, a usual one if there is any. So once such a cause locks some users of the
 * app out, and no usual one is left to be found, circumstances of causes that were found at any app are not searched.
 * Those in which users are let in are the same in all combinations that ask for the same.
 */
import type { UsersLeftOut } from '../../../../core/analysis/accounts/user-by-user.ts';
import { entryKey } from '../../../../core/analysis/simulation/sign-in-outcomes.ts';
import { findModelWithin } from '../../../../core/analysis/space/find-model.ts';
import { onceFor } from '../../../../core/analysis/space/once-for.ts';
import type { RuleCombination } from '../../../../core/analysis/space/rule-combinations.ts';
import { notAll } from '../../../../core/analysis/space/rule-space.ts';
import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import type { Formula } from '../../../../core/policy/theories/theory.ts';
import type { AnalysedApp } from '../../analysed/analysed-apps.ts';
import { causeKey, decidedKey, firstRuleKey } from './cause-key.ts';
import { type DenialSearch, type DeniedThere, formulasOfCircumstance } from './circumstances.ts';
import type { Denied } from './denied-users.ts';
import type { KnownCircumstance } from './known-circumstances.ts';
import type { KnownOfApps } from './known-of-apps.ts';
import { isUsualLockOut } from './usual-users.ts';

/** What is settled before one combination is searched. */
interface SettledBefore {
  /** What must hold of circumstances that are not settled. Absent: no search is left to be made. */
  readonly besides?: readonly Formula[];
  /** What must hold of circumstances that are not known to have the cause of this denial. */
  readonly byOtherCauses: (denied: DeniedThere) => readonly Formula[];
  readonly isSettled: (denied: DeniedThere) => boolean;
  /** Whether users may be denied in a circumstance that is known. */
  readonly mayDeny: () => boolean;
  /** Users who are let in. Absent: it is not known that the first rule of the cause locks out some users, not all. */
  readonly letInBy: (denied: DeniedThere) => UsersLeftOut | undefined;
  readonly add: (found: Pick<DenialSearch, 'denied' | 'letIn'>) => void;
}

/** Of one app. */
export interface SettledCauses {
  /** `keys`: the authenticators with which the users begin. */
  readonly before: (combination: RuleCombination, keys: readonly string[]) => SettledBefore;
  /** Users who are denied, one for each cause that was not settled. */
  readonly add: (found: readonly Denied[]) => void;
}

export function settledCauses(
  app: AnalysedApp,
  { mayBeUsual, circumstancesOf, found: known }: KnownOfApps,
): SettledCauses {
  const { policies, denialBudget, space } = app;
  const entryOf = onceFor(({ facts }: RuleCombination) => entryKey(policies, facts));
  const byFirstRule = new Set<string | undefined>();
  const letInUsers = new Map<string, UsersLeftOut>();
  return {
    before: (combination, keys) => {
      const entry = entryOf(combination);
      const table = circumstancesOf(app, { entry, combination, keys });
      const isSettledBy = (denied: DeniedThere, key: string | undefined) => {
        const first = firstRuleKey(denied);
        if (key === undefined || !known.causes.has(key) || !byFirstRule.has(first)) return false;
        return known.usual.has(first) || !mayBeUsual(denied, { app, combination, entry });
      };
      const isOpen = ({ denied, cause }: KnownCircumstance) => denied !== undefined && !isSettledBy(denied, cause);
      const all = (circumstance: KnownCircumstance) => ({ all: formulasOfCircumstance(circumstance, app) });
      const not = (circumstance: KnownCircumstance) => notAll(formulasOfCircumstance(circumstance, app));
      const open = table.all().filter(isOpen);
      const isOver = table.isComplete() && open.length === 0;
      const besides = table.isComplete()
        ? [{ any: open.map(all) }]
        : table.all().flatMap((each) => (isOpen(each) ? [] : [not(each)]));
      return {
        ...(!isOver && { besides }),
        byOtherCauses: (denied) => {
          return open.filter((each) => isByTheSame(each, denied, policies)).map(not);
        },
        isSettled: (denied) => isSettledBy(denied, causeKey(denied)),
        letInBy: (denied) => {
          if (policies.enrollment?.beforeSignIn || !known.firstRules.has(firstRuleKey(denied))) return undefined;
          const terms = JSON.stringify([entry, combination.enrollment?.location]);
          const users = letInUsers.get(terms) ?? [];
          letInUsers.set(terms, users);
          return users;
        },
        mayDeny: () => {
          const denied = table.all().filter((each) => each.denied);
          const formulas = [...combination.formulas, { any: denied.map(all) }];
          return denied.length > 0 && findModelWithin(formulas, denialBudget, space.reader) !== 'impossible';
        },
        add: table.add,
      };
    },
    add: (found) => {
      for (const each of found) {
        if (each.lockOut === undefined || each.lockOut.isForAll) continue;
        known.causes.add(causeKey(each));
        known.firstRules.add(firstRuleKey(each));
        byFirstRule.add(firstRuleKey(each));
        if (isUsualLockOut(each)) known.usual.add(firstRuleKey(each));
      }
    },
  };
}

function isByTheSame({ cause, denied: known }: KnownCircumstance, denied: DeniedThere, policies: PolicySet): boolean {
  if (known === undefined || cause === undefined || cause !== causeKey(denied)) return false;
  return decidedKey(known, policies) === decidedKey(denied, policies);
}
