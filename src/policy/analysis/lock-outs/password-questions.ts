/** The rules that may together keep one user from replacing a password, and what such users have. */
import { canBeMet } from '../../../core/analysis/accounts/addition-rules.ts';
import { enoughToSignIn } from '../../../core/analysis/accounts/enough-to-sign-in.ts';
import { marksIn, type PasswordMark } from '../../../core/analysis/accounts/marked-passwords.ts';
import { isSpent } from '../../../core/analysis/space/find-model.ts';
import type { RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import type { EnrollmentRule } from '../../../core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../../core/model/facts.ts';
import { defaultPasswordTerms, type PasswordRule } from '../../../core/model/password-policy.ts';
import type { Rule, RuleHead } from '../../../core/model/policy.ts';
import type { CompiledPolicy } from '../../../core/policy/rules/compile.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { beginningsAt } from './denied-newcomers.ts';

/** One app, and an authenticator whose secret is under the password policy. */
export interface PasswordOfApp {
  readonly app: AnalysedApp;
  readonly descriptor: AuthenticatorDescriptor;
  /** The account policy about replacing it. */
  readonly about?: CompiledPolicy;
}

/** Rules that may decide about one user, of which one may keep the user from replacing the password. */
export interface PasswordQuestion {
  readonly combination: RuleCombination;
  readonly account?: Rule | undefined;
  readonly cause: RuleHead;
  readonly by?: PasswordRule | undefined;
  readonly mark: PasswordMark;
  /** What the user has. */
  readonly keys: readonly string[];
  /** An account that has what accounts begin with has more. */
  readonly hasLess: boolean;
  /** What the sign-in makes the user set up, or some of it. */
  readonly toAdd: readonly string[];
}

/** What users have is found by simulations, which take about as long as this many steps of a search. */
const stepsOfUsers = 100;

/** Takes steps from the `denialBudget` of the app. With none left, it asks only about users of the password alone. */
export function* questionsAbout(password: PasswordOfApp): Generator<PasswordQuestion> {
  const { app, about, descriptor } = password;
  const plain = { keys: [descriptor.key], hasLess: true, toAdd: [] };
  const passwordRules = app.policies.password?.rules.map(({ rule }) => rule);
  for (const combination of app.combinations) {
    for (const account of about?.rules.map(({ rule }) => rule) ?? [undefined]) {
      app.denialBudget.steps -= stepsOfUsers;
      const users = isSpent(app.denialBudget) ? [plain] : usersOf({ combination, account }, password);
      for (const user of users) {
        const cause = causeIn({ combination, account }, user.keys, password);
        if (cause === undefined) continue;
        for (const by of passwordRules ?? [undefined])
          for (const mark of marksIn(by?.then ?? defaultPasswordTerms))
            yield { combination, account, cause, by, mark, ...user };
      }
    }
  }
}

type AskedUser = Pick<PasswordQuestion, 'keys' | 'hasLess' | 'toAdd'>;
type ChangeRules = Pick<PasswordQuestion, 'combination' | 'account'>;

/**
 * Users who have added what is enough to sign in, and those who have what an account begins with. Others have nothing
 * but the password, as accounts have whose address is not proved: they come last.
 */
function usersOf(rules: ChangeRules, password: PasswordOfApp): readonly AskedUser[] {
  const { app, descriptor } = password;
  const begun = beginningsAt(app).find(({ keys }) => keys.includes(descriptor.key))?.keys;
  // A user who has more is kept from it only if this one is.
  if (begun === undefined || causeIn(rules, [descriptor.key], password) === undefined) return [];
  const { facts } = rules.combination;
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
