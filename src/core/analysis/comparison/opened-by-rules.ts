/**
 * Finds users who newly get in by setting up something, when some rules alone decide: for every user, and without what
 * other policies say.
 */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule } from '../../model/policy.ts';
import { compilePolicy, type PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { enrollingOnly, type SubjectFacts } from '../simulation/enrolling-only.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { couldGetInWith } from './could-before.ts';
import { factsOn, type Pairing, type PolicySides } from './deciding-together.ts';
import { type AccountBefore, dependsOnRequest, type RulesAtAccount } from './rules-at-account.ts';
import { countedTerms, factsOfUser, type TriedUser, usersIn } from './tried-users.ts';

/** The policies of an app, before and after, and those of the pages of the account. */
export interface EnrollingSides extends PolicySides {
  readonly account: AccountBefore;
}

export interface OpenedByEnrolling {
  readonly user: TriedUser;
  readonly added: readonly string[];
}

/** More users are not remembered. */
const mostOpened = 5;

/** Finds the users who newly get in when these rules alone decide. The same terms are examined once. */
export function openedByRules(sides: EnrollingSides, space: RuleSpace) {
  const known = new Map<string, readonly OpenedByEnrolling[]>();
  const facts = space.factsOf(new Map());
  // What may be added on the pages of the account is then looked at in examples alone.
  const isApart = sides.account.policies.accountPolicy?.rules.some(({ when }) => dependsOnRequest(when)) === true;
  return ({ before, now }: Pairing, atAccount: RulesAtAccount): readonly OpenedByEnrolling[] => {
    const { active, next, account } = sides;
    const terms = [
      countedTerms(before, active),
      countedTerms(now, next),
      countedTerms(atAccount, account.policies),
    ] as const;
    const closed = isApart ? 'any' : closedAtAccount({ before, now }, atAccount);
    if (closed === 'nothing') return [];
    const key = JSON.stringify([...terms, closed, before.enrollment?.then.required]);
    const users = () => usersIn(sides, [terms[0], terms[1]]);
    const isTried = ({ proved }: TriedUser) =>
      closed === 'any' || proved.some(({ key: authenticator }) => closed.includes(authenticator));
    const all = known.get(key) ?? openedAmong(users().filter(isTried));
    known.set(key, all);
    return all;

    function openedAmong(tried: Iterable<TriedUser>): readonly OpenedByEnrolling[] {
      const own = { session: isApart ? undefined : atAccount.session, app: account.policies.app?.rules[0]?.rule };
      const alone = {
        active: decidingAlone(before, active),
        next: decidingAlone({ ...now, ...(now.enrollment && { enrollment: withoutRequired(now.enrollment) }) }, next),
        account: { ...account, policies: decidingAlone({ ...atAccount, ...own }, account.policies) },
      };
      const opened: OpenedByEnrolling[] = [];
      for (const user of tried) {
        const newly = addedNewly(user, facts, alone);
        if (newly) opened.push({ user, added: newly.added });
        if (opened.length === mostOpened) break;
      }
      return opened;
    }
  };
}

/**
 * What keeps users from doing the same on the pages of the account before. `nothing`: no rule does. What proves the
 * account-management requirement (Law 7) then also meets the session policy, as far as the account can meet that, and
 * the pages let users set up what they set up now. Keys: only those proofs do not count there. `any`: other users, too.
 */
function closedAtAccount(
  { before, now }: Pick<Pairing, 'before' | 'now'>,
  atAccount: RulesAtAccount,
): 'nothing' | 'any' | readonly string[] {
  const { disabled = [], useOnly = [], models = {} } = atAccount.enrollment?.then ?? {};
  const { disabled: off = [], useOnly: used = [], models: known } = now.enrollment?.then ?? {};
  const isAdded =
    useOnly.some((key) => ![...off, ...used].includes(key)) ||
    (Object.keys(models).length > 0 && JSON.stringify(models) !== JSON.stringify(known));
  const asked = (rule: Rule | undefined) => rule?.then.kind === 'allow' && JSON.stringify(rule.then.requirement);
  if (isAdded || atAccount.session === undefined || asked(atAccount.session) !== asked(before.session)) return 'any';
  return disabled.length === 0 ? 'nothing' : disabled;
}

/** What is required after the sign-in may depend on how the user signed in. */
function withoutRequired(rule: EnrollmentRule): EnrollmentRule {
  return { ...rule, then: { ...rule.then, required: [] } };
}

interface DecidingAlone {
  readonly session?: Rule | undefined;
  readonly app?: Rule | undefined;
  readonly enrollment?: EnrollmentRule;
}

/** These rules decide for every user, and nothing else does. There is no account policy. */
export function decidingAlone({ session, app, enrollment }: DecidingAlone, policies: PolicySet): PolicySet {
  const { accountPolicy: _, profile: __, password: ___, enrollment: ____, ...rest } = policies;
  const only = <Of extends Rule | EnrollmentRule>(rule: Of | undefined) =>
    compilePolicy<Of>({ name: 'alone', rules: rule ? [{ ...rule, when: {} }] : [] });
  return {
    ...rest,
    session: only(session),
    ...(app && { app: only(app) }),
    ...(enrollment && { enrollment: only(enrollment) }),
  };
}

/** The user newly gets in by setting up these. */
interface AddedNewly {
  /** Keys of authenticators, in order. */
  readonly added: readonly string[];
  /** It is not known whether the user gets in, or could not before. */
  readonly isOpen?: true;
}

/** What such a user newly sets up to get in. Undefined: the user does not get in, or could before. */
export function addedNewly(
  user: TriedUser,
  facts: UserFacts,
  sides: Omit<EnrollingSides, 'scopes'>,
): AddedNewly | undefined {
  const newly = newlyAdded(user, facts, sides);
  if (newly === undefined) return undefined;
  const { active } = sides;
  const single = active.authenticators.filter(({ enrollable }) => enrollable).map(({ key }) => [key]);
  const before = [newly.added, ...single].map((keys) => couldGetInWith(keys, newly.before, sides));
  if (before.includes(true)) return undefined;
  return addition(newly, before.includes('unknown'));
}

function addition({ added, isOpen }: AddedNewly, isUnknown: boolean): AddedNewly {
  return { added, ...((isOpen || isUnknown) && { isOpen: true }) };
}

interface NewlyAdded extends AddedNewly {
  /** The facts before. */
  readonly before: SubjectFacts;
}

/** The same, whatever the user could do on the pages of the account before. */
export function newlyAdded(
  user: TriedUser,
  facts: UserFacts,
  sides: Omit<EnrollingSides, 'scopes'>,
): NewlyAdded | undefined {
  const { active, next } = sides;
  const end = enrollingOnly(next, factsOfUser(user, factsOn('next', facts, sides), next));
  if (end === undefined || end.added.length === 0) return undefined;
  const before = factsOfUser(user, factsOn('active', facts, sides), active);
  const endBefore = enrollingOnly(active, before);
  if (endBefore?.facts) return undefined;
  return { ...addition(end, end.facts === undefined || endBefore !== undefined), before };
}
