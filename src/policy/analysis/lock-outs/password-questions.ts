/** The rules that may together keep one user from replacing a password, and what such users have. */
import { canBeMet } from '../../../core/analysis/accounts/addition-rules.ts';
import { enoughToSignIn } from '../../../core/analysis/accounts/enough-to-sign-in.ts';
import { marksIn, type PasswordMark } from '../../../core/analysis/accounts/marked-passwords.ts';
import { isSpent } from '../../../core/analysis/space/find-model.ts';
import type { RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import type { EnrollmentRule } from '../../../core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../../core/model/facts.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import { defaultPasswordTerms, type PasswordRule } from '../../../core/model/password-policy.ts';
import type { Rule, RuleHead } from '../../../core/model/policy.ts';
import type { CompiledPolicy } from '../../../core/policy/rules/compile.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { beginningsAt } from './denials/denied-newcomers.ts';

/** One app, and an authenticator whose secret is under the password policy. */
export interface PasswordOfApp {
  readonly app: AnalysedApp;
  readonly descriptor: AuthenticatorDescriptor;
  /** The account policy about replacing it. */
  readonly about?: CompiledPolicy;
}

/** A rule that may keep users from replacing the password, and why it must be replaced. */
interface PasswordObstacle {
  /** Equal for rules of the same locations, and the same reason. */
  readonly key: string;
  readonly cause: RuleHead;
  readonly by?: PasswordRule | undefined;
  readonly mark: PasswordMark;
}

/** Rules that may decide about one user, of which one may keep the user from replacing the password. */
export interface PasswordQuestion extends PasswordObstacle {
  readonly combination: RuleCombination;
  readonly account?: Rule | undefined;
  /** What the user has. */
  readonly keys: readonly string[];
  /** An account that has what accounts begin with has more. */
  readonly hasLess: boolean;
  /** What the sign-in makes the user set up, or some of it. */
  readonly toAdd: readonly string[];
}

/** What users have is found by simulations, which take about as long as this many steps of a search. */
const stepsOfUsers = 100;

/**
 * Takes steps from the `denialBudget` of the app. With none left, it asks only about users of the password alone.
 * `isOpen`: whether there is more to ask about the obstacle with this key.
 */
export function* questionsAbout(
  password: PasswordOfApp,
  isOpen: (key: string) => boolean,
): Generator<PasswordQuestion> {
  const { app, about, descriptor } = password;
  const plain = { keys: [descriptor.key], hasLess: true, toAdd: [] };
  for (const combination of app.combinations) {
    for (const account of about?.rules.map(({ rule }) => rule) ?? [undefined]) {
      // What users have is found only where something is asked about them.
      const obstacles = obstaclesBy({ combination, account }, password).filter(({ key }) => isOpen(key));
      if (obstacles.length === 0) continue;
      app.denialBudget.steps -= stepsOfUsers;
      const users = isSpent(app.denialBudget) ? [plain] : usersOf(combination, password);
      for (const user of users) {
        if (causeIn({ combination, account }, user.keys, password) === undefined) continue;
        for (const obstacle of obstacles)
          if (isOpen(obstacle.key)) yield { combination, account, ...obstacle, ...user };
      }
    }
  }
}

/** Users who have more than the password may still be kept from replacing it, and only by the same rule. */
function obstaclesBy(rules: ChangeRules, password: PasswordOfApp): readonly PasswordObstacle[] {
  const { app, descriptor } = password;
  const cause = causeIn(rules, [descriptor.key], password);
  if (cause === undefined) return [];
  const passwordRules = app.policies.password?.rules.map(({ rule }) => rule) ?? [undefined];
  return passwordRules.flatMap((by) =>
    marksIn(by?.then ?? defaultPasswordTerms).map((mark) => {
      const key = JSON.stringify([locationKey(cause), by && locationKey(by), mark]);
      return { key, cause, by, mark };
    }),
  );
}

type AskedUser = Pick<PasswordQuestion, 'keys' | 'hasLess' | 'toAdd'>;
type ChangeRules = Pick<PasswordQuestion, 'combination' | 'account'>;

/**
 * Users who have added what is enough to sign in, and those who have what an account begins with. Others have nothing
 * but the password, as accounts have whose address is not proved: they come last.
 */
function usersOf({ facts }: RuleCombination, { app, descriptor }: PasswordOfApp): readonly AskedUser[] {
  const begun = beginningsAt(app).find(({ keys }) => keys.includes(descriptor.key))?.keys;
  if (begun === undefined) return [];
  const whoBegan = (keys: readonly string[], hasLess: boolean): readonly AskedUser[] => {
    const enough = enoughToSignIn(app.policies, facts, keys);
    const users = enough.map((had) => ({ keys: had, hasLess, toAdd: [] }));
    if (enough.some(({ length }) => length === keys.length)) return users;
    return [...users, { keys, hasLess, toAdd: enough.flat().filter((key) => !keys.includes(key)) }];
  };
  return [...whoBegan(begun, false), ...(begun.length > 1 ? whoBegan([descriptor.key], true) : [])];
}

/** Undefined: where these decide, users replace the password. */
function causeIn(
  { combination: { enrollment }, account }: ChangeRules,
  keys: readonly string[],
  { app, descriptor }: PasswordOfApp,
): RuleHead | undefined {
  if (enrollment?.then.disabled.includes(descriptor.key)) return undefined;
  if (account?.then.kind === 'deny') return account;
  if (isUseOnly(enrollment, descriptor)) return enrollment;
  const owned = app.policies.authenticators.filter(({ key }) => keys.includes(key));
  return canBeMet(account, owned) ? undefined : account;
}

export function isUseOnly(enrollment: EnrollmentRule | undefined, { key }: AuthenticatorDescriptor): boolean {
  return enrollment?.then.useOnly?.includes(key) ?? false;
}
