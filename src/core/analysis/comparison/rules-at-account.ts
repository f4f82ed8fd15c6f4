/** The rules that decide on the pages of the account about a user for whom given rules decide at an app. */
import type { ConditionSet, Conditions } from '../../model/conditions.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import { beforeSignIn, type CompiledPolicy, compilePolicy, type PolicySet } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import type { Formula } from '../../policy/theories/theory.ts';
import { type PossiblyDeciding, possiblyDeciding } from '../space/rule-pairings.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import type { Deciders } from './deciding-together.ts';

/** The pages of the account before a change. */
export interface AccountBefore {
  readonly policies: PolicySet;
  readonly clientId: string;
}

export interface RulesAtAccount {
  /** Absent: none decides, or it is not known which one does. */
  readonly session?: Rule;
  readonly enrollment?: EnrollmentRule;
  /** What must hold for these to decide. */
  readonly formulas: readonly Formula[];
}

/** `app`: the rules that decide at the app. They decide here, too, if no rule asks what is requested. */
export function rulesAtAccount(
  { session, enrollment }: Deciders,
  { policies, clientId }: AccountBefore,
  space: RuleSpace,
): readonly RulesAtAccount[] {
  const own = policies.enrollment && beforeSignIn(policies.enrollment);
  const conditions = [policies.session, own].flatMap((policy) => (policy?.rules ?? []).map(({ rule }) => rule.when));
  if (!conditions.some(dependsOnRequest))
    return [{ ...(session && { session }), ...(enrollment && { enrollment }), formulas: [] }];
  const decidingHere = <Of extends RuleHead>(policy: CompiledPolicy<Of> | undefined) =>
    conditions.some(isInvolved) ? anyOf(policy) : possiblyDeciding(policy && metAt(clientId, policy), space);
  const [sessions, enrollments] = [decidingHere(policies.session), decidingHere(own)];
  return sessions.flatMap((first) =>
    enrollments.map((beside) => ({
      ...(first.rule && { session: first.rule }),
      ...(beside.rule && { enrollment: beside.rule }),
      formulas: [...first.formulas, ...beside.formulas],
    })),
  );
}

/** Whether the conditions ask for the app, or for what it requests. */
export function dependsOnRequest(when: Conditions): boolean {
  return conditionSets(when).some(asksWhatIsRequested);
}

function asksWhatIsRequested({ apps, scopes, claims, expression }: ConditionSet): boolean {
  const isWritten = expression?.written.includes('request') === true;
  return apps !== undefined || scopes !== undefined || claims !== undefined || isWritten;
}

/**
 * Whether what decides at an app may leave open which rules decide on the pages of the account: conditions about the
 * request that cannot be read, or rules about changes of which some ask for the request and some for other things.
 */
export function isOpenAtAccount({ session, enrollment, accountPolicy }: PolicySet): boolean {
  const heads = [session, enrollment].flatMap((policy): readonly RuleHead[] =>
    (policy?.rules ?? []).map(({ rule }) => rule),
  );
  const changes = accountPolicy?.rules ?? [];
  const asksOther = ({ when: { apps: _, scopes: __, claims: ___, ...rest } }: RuleHead) => Object.keys(rest).length > 0;
  return (
    [...heads, ...changes].some(({ when }) => isInvolved(when)) ||
    (changes.some(({ when }) => dependsOnRequest(when)) && changes.some(asksOther))
  );
}

/** A part of the conditions asks for it. */
function isInvolved({ any = [], expression }: Conditions): boolean {
  return [{ ...(expression && { expression }) }, ...any].some(asksWhatIsRequested);
}

/** Any rule, or none, may decide. */
function anyOf<Of extends RuleHead>(policy: CompiledPolicy<Of> | undefined): readonly PossiblyDeciding<Of>[] {
  const rules = (policy?.rules ?? []).map(({ rule }) => rule);
  const isSure = rules.some(({ when }) => Object.keys(when).length === 0);
  return [...rules, ...(isSure ? [] : [undefined])].map((rule) => ({ rule, formulas: [] }));
}

/** The rules that the pages of the account may meet, without what they ask of the request: it names no other scope. */
function metAt<Of extends RuleHead>(clientId: string, { name, rules }: CompiledPolicy<Of>): CompiledPolicy<Of> {
  const rulesHere = rules.flatMap(({ rule }): readonly Of[] => {
    const { apps, scopes, claims, ...when } = rule.when;
    const isAt = (apps?.any?.includes(clientId) ?? true) && !apps?.none?.includes(clientId);
    const isAsked = [scopes, claims].some((names) => names?.any !== undefined || names?.all !== undefined);
    return isAt && !isAsked ? [{ ...rule, when }] : [];
  });
  return compilePolicy({ name, rules: rulesHere });
}
