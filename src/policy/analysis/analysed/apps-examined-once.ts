/** Apps that are examined once: nothing that has conditions tells them apart, and they may request the same. */
import type { Conditions } from '../../../core/model/conditions.ts';
import type { App } from '../../model/app.ts';
import { type EquivalentApps, equivalentApps } from '../../revision/equivalent-apps.ts';
import type { Snapshot } from '../../revision/snapshot.ts';
import type { AnalysedConfiguration } from './configuration.ts';

/** `about`: the conditions of what else is examined. Rejects if a policy cannot be read. */
export async function appsExaminedOnce(
  apps: readonly App[],
  about: readonly Conditions[],
  { snapshot, refused }: Pick<AnalysedConfiguration, 'refused'> & { readonly snapshot: Pick<Snapshot, 'policies'> },
): Promise<readonly EquivalentApps[]> {
  const found: EquivalentApps[] = [];
  for (const same of Map.groupBy(apps, ({ clientId }) => refused(clientId)).values())
    found.push(...(await equivalentApps(onePage(same), snapshot.policies, about)));
  return found;
}

async function* onePage(apps: readonly App[]): AsyncGenerator<readonly App[]> {
  yield apps;
}
