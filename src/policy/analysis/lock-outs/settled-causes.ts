/**
 * What later rule combinations of an app need not be searched for. A finding tells of a cause which apps it locks users
 * out of, and shows one of them, a usual one if there is any. So once a cause locks some users of the app out, and no
 * usual one is left to be found, its circumstances are not searched again. Those in which users are let in are the same
 * in all combinations that ask for the same.
 */
import type { UsersLeftOut } from '../../../core/analysis/accounts/user-by-user.ts';
import { entryKey } from '../../../core/analysis/simulation/sign-in-outcomes.ts';
import { findModelWithin } from '../../../core/analysis/space/find-model.ts';
import { onceFor } from '../../../core/analysis/space/once-for.ts';
import type { RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import { notAll } from '../../../core/analysis/space/rule-space.ts';
import type { Formula } from '../../../core/policy/theories/theory.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import type { DenialSearch, DeniedThere } from './circumstances.ts';
import { rulesIn } from './denial-cause.ts';
import type { Denied } from './denied-users.ts';
import type { MayBeUsual } from './usual-lock-outs.ts';
import { isUsualLockOut } from './usual-users.ts';

/** What was found in one combination. */
interface FoundIn extends Pick<DenialSearch, 'denied' | 'letIn'> {
  /** One for each cause that was not settled. */
  readonly found: readonly Denied[];
}

/** What is settled before one combination is searched. */
interface SettledBefore {
  /** Circumstances to leave out. */
  readonly known: readonly Formula[];
  readonly isSettled: (denied: DeniedThere) => boolean;
  /** Whether users may be denied in a circumstance that is left out. */
  readonly mayDeny: () => boolean;
  /** Users who are let in. Absent: it is not known that the first rule of the cause locks out some users, not all. */
  readonly letInBy: (denied: DeniedThere) => UsersLeftOut | undefined;
  readonly add: (found: FoundIn) => void;
}

/** `keys`: the authenticators with which the users begin. */
export type SettledCauses = (combination: RuleCombination, keys: readonly string[]) => SettledBefore;

interface KnownCircumstance {
  /** What must hold for it. */
  readonly alike: readonly Formula[];
  readonly not: Formula;
  readonly isDenied: boolean;
  readonly position: number;
}

/**
 * Of one app. Only combinations with the same sign-on rule, or one above it, settle anything for a combination: apps
 * that are alike up to that rule have them in common.
 */
export function settledCauses(app: AnalysedApp, mayBeUsual: MayBeUsual): SettledCauses {
  const { policies, denialBudget, space } = app;
  const rules = policies.app?.rules.map(({ rule }) => rule) ?? [];
  const entryOf = onceFor(({ facts }: RuleCombination) => entryKey(policies, facts));
  const circumstances = new Map<string, KnownCircumstance[]>();
  const lockedOut = firstPositions();
  const usual = firstPositions();
  const byFirstRule = firstPositions();
  const letInUsers = new Map<string, UsersLeftOut>();
  return (combination, keys) => {
    const entry = entryOf(combination);
    const position = rules.indexOf(combination.app);
    const same = JSON.stringify([entry, combination.enrollment?.location, keys]);
    const all = circumstances.get(same) ?? [];
    circumstances.set(same, all);
    const before = all.filter((each) => each.position <= position);
    const isSettled = (denied: DeniedThere) => {
      const key = causeKey(denied);
      if (!lockedOut.isFrom(key, position)) return false;
      return usual.isFrom(key, position) || !mayBeUsual({ ...denied, app, combination }, entry);
    };
    return {
      known: before.map(({ not }) => not),
      isSettled,
      letInBy: (denied) => {
        if (policies.enrollment?.beforeSignIn || !byFirstRule.isFrom(firstRule(denied), position)) return undefined;
        const terms = JSON.stringify([entry, combination.enrollment?.location]);
        const users = letInUsers.get(terms) ?? [];
        letInUsers.set(terms, users);
        return users;
      },
      mayDeny: () => {
        const denied = before.filter(({ isDenied }) => isDenied).map(({ alike }) => ({ all: alike }));
        const formulas = [...combination.formulas, { any: denied }];
        return denied.length > 0 && findModelWithin(formulas, denialBudget, space.reader) !== 'impossible';
      },
      add: ({ found, denied, letIn }) => {
        for (const each of found) {
          if (each.lockOut === undefined || each.lockOut.isForAll) continue;
          lockedOut.add(causeKey(each), position);
          byFirstRule.add(firstRule(each), position);
          if (isUsualLockOut(each)) usual.add(causeKey(each), position);
        }
        const settled = denied.flatMap((each) => (each.alike && isSettled(each) ? [each.alike] : []));
        const more = [
          ...letIn.map((alike) => ({ alike, isDenied: false })),
          ...settled.map((alike) => ({ alike, isDenied: true })),
        ];
        for (const each of more)
          if (!all.some((known) => says(known, each, position)))
            all.push({ ...each, not: notAll(each.alike), position });
      },
    };
  };
}

/** Whether the other need not be known at this position and below. Equal circumstances have the same formulas. */
function says(
  known: KnownCircumstance,
  { alike, isDenied }: Pick<KnownCircumstance, 'alike' | 'isDenied'>,
  position: number,
): boolean {
  const isLike = known.alike.length === alike.length && known.alike.every((formula, at) => formula === alike[at]);
  return isLike && known.position <= position && (known.isDenied || !isDenied);
}

/** Absent, if it is no rule: each sign-on rule then has a finding of its own. */
function causeKey({ cause, after }: DeniedThere): string | undefined {
  const rules = rulesIn(cause);
  if (rules.length === 0) return undefined;
  const named = [...rules, after?.rule].map((rule) => rule?.location);
  return JSON.stringify([named, after?.signedInWith]);
}

/** Findings are told by it. */
function firstRule({ cause }: DeniedThere): string | undefined {
  const [first] = rulesIn(cause);
  return first && JSON.stringify(first.location);
}

/** The first position at which something was found. */
function firstPositions() {
  const first = new Map<string, number>();
  return {
    add: (key: string | undefined, position: number) => {
      if (key !== undefined) first.set(key, Math.min(position, first.get(key) ?? position));
    },
    isFrom: (key: string | undefined, position: number) =>
      key !== undefined && (first.get(key) ?? Number.POSITIVE_INFINITY) <= position,
  };
}
