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
import { equivalentApps } from '../../revision/equivalent-apps.ts';
import { type InvariantApps, invariantsSchema, type WrittenInvariant } from '../../schema/policies/invariants.ts';
import type { DocumentSource, YamlSource } from '../../source/yaml-source.ts';
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
  { snapshot, apps, universe }: AnalysedConfiguration,
): (invariant: WrittenInvariant) => Promise<readonly ExaminedApp[]> {
  const known = withAccountApp(snapshot, snapshot.settings.issuer ?? 'https://localhost');
  const spaces = new Map<string, ExaminedPolicies>();
  const examinedPolicies = async (app: App): Promise<ExaminedPolicies> => {
    const present = spaces.get(app.clientId);
    if (present) return present;
    const policies = await known.policies(app);
    const profile = policies.profile?.rules.map(({ rule }) => rule) ?? [];
    const conditions = [...rulesTogether(policies), ...profile, ...invariants].map(({ when }) => when);
    const made = { policies, space: ruleSpace(conditions, universe([app.clientId])) };
    spaces.set(app.clientId, made);
    return made;
  };
  return async (invariant) => {
    const account = await known.app(accountClientId);
    const all = [...apps.map(({ app }) => app), ...(account ? [account] : [])];
    const meant = all.filter((app) => app.signOnPolicies !== undefined && isAbout(invariant.apps, app));
    const found: ExaminedApp[] = [];
    const groups = await equivalentApps(onePage(meant), known.policies, [invariant.when]);
    for (const { app, count, clientIds } of groups) {
      const examined = await examinedPolicies(app);
      found.push({
        app,
        count,
        clientIds,
        policies: examined.policies,
        verdict: examineInvariant(invariant, examined),
      });
    }
    return found;
  };
}

async function* onePage(apps: readonly App[]): AsyncGenerator<readonly App[]> {
  yield apps;
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
