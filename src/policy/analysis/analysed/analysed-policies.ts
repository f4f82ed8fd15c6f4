/** The policies of a configuration as they decide, each with the apps that it decides about. */
import { changeActions } from '../../../core/model/account-policy.ts';
import type { ConditionSet } from '../../../core/model/conditions.ts';
import type { EnrollmentRule } from '../../../core/model/enrollment-policy.ts';
import type { PasswordRule } from '../../../core/model/password-policy.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { compileAccountPolicy, namedInChanges } from '../../../core/policy/rules/account-policy.ts';
import { type AppTest, appLists, otherAppTests } from '../../../core/policy/rules/app-lists.ts';
import { type CompiledPolicy, compilePolicy } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { signOnOf } from '../../check/sign-on-of.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { App } from '../../model/app.ts';
import type { Document, DocumentKind, Documents } from '../../model/documents.ts';
import {
  readAccountPolicy,
  readEnrollmentPolicy,
  readPasswordPolicy,
  readPolicy,
  readProfilePolicy,
  readServicePolicy,
} from '../../revision/read-document.ts';

/** A policy as it decides; of several that an app lists, all together. */
export type AnalysedPolicy = PolicyWithApps & {
  /**
   * Client ids of the apps that it decides about, one for all apps that its rules do not distinguish and that may ask
   * for the same. Never empty.
   */
  readonly clientIds: readonly string[];
};

/** The same, before apps are told apart. */
export type PolicyWithApps = PolicyOfKind & {
  /** Client ids of all apps that it decides about. */
  readonly allClientIds: readonly string[];
  /** Some app has it. */
  readonly isUsed: boolean;
};

/** The rules of some policies allow or deny: a sign-in, a recovery, or a change of an account. */
type PolicyOfKind =
  | { readonly kind: KindOfAllowing; readonly policy: CompiledPolicy }
  | { readonly kind: 'enrollment'; readonly policy: CompiledPolicy<EnrollmentRule> }
  | { readonly kind: 'password'; readonly policy: CompiledPolicy<PasswordRule> }
  | {
      readonly kind: Exclude<DocumentKind, KindOfAllowing | 'enrollment' | 'password'>;
      readonly policy: CompiledPolicy<RuleHead>;
    };

type KindOfAllowing = 'account' | 'recovery' | 'session' | 'sign-on';

/** Policies that no app uses are examined as if all apps did. */
export function readPolicies(documents: Documents, apps: readonly App[]): readonly PolicyWithApps[] {
  const forUsers = apps.filter(({ signOnPolicies: ownPolicies }) => ownPolicies !== undefined);
  const everywhere = [...forUsers.map(({ clientId }) => clientId), accountClientId];
  const signOn = signOnPolicies(documents, forUsers);
  const covered = new Set(signOn.flatMap((each) => writtenRules(each).map(({ location }) => location?.file)));
  const others = [...documents.values()].flatMap((document): readonly PolicyWithApps[] => {
    if (document.kind === 'account') return accountRules(document, everywhere);
    const policy = covered.has(document.file) ? undefined : policyIn(document);
    if (policy === undefined) return [];
    const used = apps.filter((app) => uses(app, document)).map(({ clientId }) => clientId);
    const isShared = ['session', 'enrollment', 'password', 'recovery'].includes(document.kind);
    const own = analysed(policy, used.length > 0 ? used : everywhere);
    return [{ ...own, isUsed: isShared || used.length > 0 }];
  });
  return [...signOn, ...others];
}

/** `refused`: equal for apps that may ask for the same. */
export function analysedPolicies(all: readonly PolicyWithApps[], refused: AppTest): readonly AnalysedPolicy[] {
  const tests = all.flatMap((each) => setsOf(each).flatMap((set) => otherAppTests(set)));
  return all.map((policy) => ({ ...policy, clientIds: toldApart(policy, tests, refused) }));
}

/** Those that decide, and those that only report. */
export function writtenRules({ policy: { rules, reporting } }: PolicyOfKind): readonly RuleHead[] {
  return [...rules, ...(reporting?.rules ?? [])].map(({ rule }) => rule);
}

function setsOf(policy: PolicyOfKind): readonly ConditionSet[] {
  return writtenRules(policy).flatMap(({ when }) => conditionSets(when));
}

/** `tests`: what expressions ask of the app, in all policies, as several of them decide about one sign-in. */
function toldApart(policy: PolicyWithApps, tests: readonly AppTest[], refused: AppTest): readonly string[] {
  const { allClientIds: clientIds } = policy;
  const named = new Set(setsOf(policy).flatMap((set) => appLists(set).flat()));
  const [ownNamed, others] = [true, false].map((isNamed) =>
    clientIds.filter((clientId) => named.has(clientId) === isNamed),
  ) as [string[], string[]];
  const alike = [...Map.groupBy(others, refused).values()].flatMap((same) => [
    ...Map.groupBy(same, (clientId) => tests.map((test) => test(clientId)).join()).values(),
  ]);
  return [...alike.flatMap((same) => same.slice(0, 1)), ...ownNamed];
}

/** One policy for each change that rules distinguish: rules about different changes never shadow one another. */
function accountRules(document: Document, clientIds: readonly string[]): readonly PolicyWithApps[] {
  const policy = readAccountPolicy(document);
  const named = policy.rules.flatMap(namedInChanges);
  const changes = changeActions.flatMap((action) => [...new Set([...named, anyOther])].map((of) => ({ action, of })));
  const { about } = compileAccountPolicy(policy);
  const distinct = new Map(
    changes
      .map(about)
      .map((compiled) => [JSON.stringify(compiled.rules.map(({ rule }) => rule.location)), compiled] as const),
  );
  return [...distinct.values()].map((compiled) => analysed({ kind: 'account', policy: compiled }, clientIds));
}

/** An authenticator that no rule names. */
const anyOther = '';

/** Several policies that an app lists are one policy here. */
function signOnPolicies(documents: Documents, apps: readonly App[]): readonly PolicyWithApps[] {
  const read = apps.flatMap((app) => {
    const policy = signOnOf(app, documents);
    return policy === undefined ? [] : [{ policy, clientId: app.clientId }];
  });
  return [...Map.groupBy(read, ({ policy }) => policy.name).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const clientIds = same.map(({ clientId }) => clientId);
    return [analysed({ kind: 'sign-on', policy: compilePolicy(first.policy) }, clientIds)];
  });
}

function analysed(deciding: PolicyOfKind, allClientIds: readonly string[]): PolicyWithApps {
  return { ...deciding, isUsed: true, allClientIds };
}

function policyIn(document: Document): PolicyOfKind | undefined {
  const { kind } = document;
  switch (kind) {
    case 'recovery':
    case 'session':
    case 'sign-on':
      return { kind, policy: compilePolicy(readPolicy(document)) };
    case 'enrollment':
      return { kind, policy: compilePolicy(readEnrollmentPolicy(document)) };
    case 'password':
      return { kind, policy: compilePolicy(readPasswordPolicy(document)) };
    case 'profile':
      return { kind, policy: compilePolicy<RuleHead>(readProfilePolicy(document)) };
    case 'service':
      return { kind, policy: compilePolicy<RuleHead>(readServicePolicy(document)) };
    default:
      return undefined;
  }
}

/** Whether the policy is one that the app names, or one that it has without naming it. */
function uses(
  { signOnPolicies: ownPolicies, profilePolicy = 'default', service }: App,
  { kind, name }: Document,
): boolean {
  if (kind === 'service') return service !== undefined && (service.policy ?? 'default') === name;
  return kind === 'profile' && ownPolicies !== undefined && profilePolicy === name;
}
