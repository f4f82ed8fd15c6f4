/** The invariants of `invariants.yaml`, examined at every app that they are about. */
import {
  type ExaminedPolicies,
  examineInvariant,
  type InvariantVerdict,
  type Violation,
} from '../../../core/analysis/findings/invariants.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { beforeSignIn, type PolicySet } from '../../../core/policy/rules/compile.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { App } from '../../model/app.ts';
import { withAccountApp } from '../../revision/account-app.ts';
import { type InvariantApps, invariantsSchema, type WrittenInvariant } from '../../schema/policies/invariants.ts';
import type { DocumentSource, YamlSource } from '../../source/yaml-source.ts';
import { appsExaminedOnce } from '../analysed/apps-examined-once.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';

/**
 * The result of an invariant at an app, which stands for all apps that neither a rule nor the invariant distinguishes
 * from it.
 */
export interface ExaminedApp {
  readonly app: App;
  readonly policies: PolicySet;
  /** The number of apps that it stands for, and the first of their client ids. */
  readonly count: number;
  readonly clientIds: readonly string[];
  readonly verdict: InvariantVerdict;
}

/** An invariant with its verdict. */
export interface ExaminedInvariant {
  readonly invariant: WrittenInvariant;
  readonly source: YamlSource;
  /** Its position in the file. */
  readonly index: number;
  readonly apps: readonly ExaminedApp[];
}

/** Sorted as in the file. Empty: there is no such file. */
export async function examinedInvariants(
  sources: readonly DocumentSource[],
  configuration: AnalysedConfiguration,
): Promise<readonly ExaminedInvariant[]> {
  const source = sources.find(({ kind }) => kind === 'invariants')?.source;
  if (source === undefined) return [];
  const invariants = invariantsSchema.parse(source.content);
  const examine = examinerFor(invariants, configuration);
  const examined: ExaminedInvariant[] = [];
  for (const [index, invariant] of invariants.entries())
    examined.push({ invariant, source, index, apps: await examine(invariant) });
  return examined;
}

/** Spaces are made once for each app, of the conditions of all invariants. */
function examinerFor(
  invariants: readonly WrittenInvariant[],
  configuration: AnalysedConfiguration,
): (invariant: WrittenInvariant) => Promise<readonly ExaminedApp[]> {
  const { snapshot, apps, universe, refused } = configuration;
  const known = withAccountApp(snapshot, snapshot.settings.issuer ?? 'https://localhost');
  const whens = invariants.map(({ when }) => when);
  const spaces = new Map<string, ExaminedPolicies>();
  const examinedPolicies = async (app: App): Promise<ExaminedPolicies> => {
    const present = spaces.get(app.clientId);
    if (present) return present;
    const policies = await known.policies(app);
    const profile = policies.profile?.rules.map(({ rule }) => rule) ?? [];
    const rules = [...rulesTogether(policies), ...profile].map(({ when }) => when);
    const conditions = [...rules, ...whens];
    const made = { policies, space: ruleSpace(conditions, universe([app.clientId])) };
    spaces.set(app.clientId, made);
    return made;
  };
  return async (invariant) => {
    const account = await known.app(accountClientId);
    const all = [...apps.map(({ app }) => app), ...(account ? [account] : [])];
    const meant = all.filter((app) => app.signOnPolicies !== undefined && isAbout(invariant.apps, app));
    const found: ExaminedApp[] = [];
    const context = { snapshot: known, refused };
    for (const { app, count, clientIds } of await appsExaminedOnce(meant, [invariant.when], context)) {
      const examined = await examinedPolicies(app);
      const verdict = examineInvariant(invariant, examined);
      found.push({ app, count, clientIds, policies: examined.policies, verdict });
    }
    return found;
  };
}

function isAbout({ any, none, labels }: InvariantApps, { clientId, labels: own }: App): boolean {
  return (
    (any === undefined || any.includes(clientId)) &&
    !none?.includes(clientId) &&
    (labels === undefined || labels.some((label) => own.includes(label)))
  );
}

/** The rules that decide over a sign-in together. */
export function rulesTogether({ session, app, enrollment }: PolicySet): readonly RuleHead[] {
  const own = [...session.rules, ...(app?.rules ?? [])].map(({ rule }): RuleHead => rule);
  return [...own, ...(enrollment ? beforeSignIn(enrollment).rules : []).map(({ rule }): RuleHead => rule)];
}

/** The result of an invariant at all apps. */
export function overallVerdict({ apps }: ExaminedInvariant): InvariantVerdict['kind'] {
  const kinds = new Set(apps.map(({ verdict }) => verdict.kind));
  return (['refuted', 'undecided', 'holds'] as const).find((kind) => kinds.has(kind)) ?? 'empty';
}

/** All violations, each with the app at which it happens. */
export function violationsOf({ apps }: ExaminedInvariant): readonly (Violation & Omit<ExaminedApp, 'verdict'>)[] {
  return apps.flatMap(({ verdict, ...examined }) =>
    verdict.kind === 'refuted' ? verdict.violations.map((violation) => ({ ...violation, ...examined })) : [],
  );
}
