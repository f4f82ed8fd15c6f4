/** Users who are denied with what their account begins with, and what is searched for about them. */
import type { LockOut } from '../../../../core/analysis/accounts/find-lock-out.ts';
import type { UsersLeftOut } from '../../../../core/analysis/accounts/user-by-user.ts';
import type { RuleCombination } from '../../../../core/analysis/space/rule-combinations.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import type { AnalysedApp } from '../../analysed/analysed-apps.ts';
import type { DeniedThere } from './circumstances.ts';

/** The authenticators of a new account. `how`: the way in which the account was made, in words. */
export interface NewAccount {
  readonly keys: readonly string[];
  readonly how: string;
  /** Other accounts, which are made in a similar way, have more. */
  readonly hasLess?: true;
}

/** Rules that let a newcomer in, who is denied in the end all the same. */
export interface Denied extends Omit<DeniedThere, 'alike'> {
  readonly app: AnalysedApp;
  readonly combination: RuleCombination;
  readonly beginning: NewAccount;
  /** Users who are denied with everything that they can reach. Absent: there are none. */
  readonly lockOut?: LockOut;
}

export interface NewcomerSearch {
  readonly denied: readonly Denied[];
  /** Rules for which the steps of the search did not suffice to find the users that they lock out. */
  readonly undecided: readonly RuleHead[];
}

/** The users who are denied for good. */
export interface LockOutFinder {
  /**
   * Finds the users whom the causing rules lock out. `letIn`: users of the app whom the same terms let in are known. It
   * is not asked then whether all others are locked out.
   */
  readonly find: (denied: Omit<Denied, 'lockOut'>, letIn?: UsersLeftOut) => LockOut | 'undecided' | undefined;
  /**
   * Keys of the authenticators that one user or another can reach, each as often as any rule requires; each set once.
   * `isPartial`: there may be others.
   */
  readonly reachable: (app: AnalysedApp) => {
    readonly sets: readonly (readonly string[])[];
    readonly isPartial: boolean;
  };
  /** Whether all parts of expressions that were evaluated for the app have the same results at this other one. */
  readonly isLike: (app: AnalysedApp, clientId: string) => boolean;
}
