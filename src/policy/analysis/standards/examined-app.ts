/** The policies of an app, as each criterion of a standard has to examine them. */
import { additionRules } from '../../../core/analysis/accounts/addition-rules.ts';
import type { AdditionPlaces } from '../../../core/analysis/accounts/entry-rules.ts';
import type { ExaminedPolicies } from '../../../core/analysis/findings/invariants.ts';
import type { Guarantee } from '../../../core/analysis/proofs/demand-verdict.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../core/model/conditions.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import type { App } from '../../model/app.ts';
import { appsExaminedOnce } from '../analysed/apps-examined-once.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';
import { rulesTogether } from '../invariants/invariants.ts';
import { isGiven } from '../lock-outs/denials/account-additions.ts';
import { additionPlaces } from '../lock-outs/denials/addition-apps.ts';
import { hereAlone, spaceOf } from '../lock-outs/denials/lock-out-finder.ts';

interface AppToExamine {
  readonly app: App;
  readonly policies: PolicySet;
  /** Which sign-ins to it. */
  readonly when: Conditions;
}

interface ExaminedSignIns extends ExaminedPolicies, Pick<AppToExamine, 'when'> {}

/** Where users of any app may add authenticators. */
export async function placesOf(configuration: AnalysedConfiguration): Promise<AdditionPlaces> {
  const { apps, snapshot, refused } = configuration;
  const forUsers = apps.map(({ app }) => app).filter(({ signOnPolicies }) => signOnPolicies !== undefined);
  const groups = await appsExaminedOnce(forUsers, [], configuration);
  const places = groups.map(async ({ app }) => {
    return { app, policies: await snapshot.policies(app), refused: refused(app.clientId) };
  });
  return additionPlaces(await Promise.all(places));
}

/** Only where something must be offered does it matter what users can set up, at any place. */
export function examinedApp(
  examined: AppToExamine,
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
  places: AdditionPlaces,
): (guarantee: Guarantee) => ExaminedSignIns {
  const { app, policies, when } = examined;
  const conditions = [when, ...rulesTogether(policies).map((rule) => rule.when)];
  const plain = { policies, when, space: ruleSpace(conditions, universe([app.clientId])) };
  let whole: ExaminedSignIns | undefined;
  return ({ kind }) => {
    if (kind !== 'offers') return plain;
    whole ??= withAdditions(examined, { universe, places });
    return whole;
  };
}

function withAdditions(
  { app, policies, when }: AppToExamine,
  { universe, places }: Pick<AnalysedConfiguration, 'universe'> & { readonly places: AdditionPlaces },
): ExaminedSignIns {
  const here = { ...when, ...hereAlone(app.clientId) };
  const space = spaceOf({ app, policies }, { universe, places }, [{ when: here }]);
  const given = policies.authenticators.filter(isGiven);
  const rules = additionRules({ ...policies, places }, given, space);
  return { policies, when: here, space, additions: { given, additionRules: rules } };
}
