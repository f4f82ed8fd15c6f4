/**
 * Checks the configuration: whether there is one, can be read and equals the files, and whether its `acr` values can be
 * reached.
 */

import { attainableAcrValues } from '../../core/evidence/attainable-acr.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { StepgateError } from '../../errors.ts';
import { warningsLeft } from '../../policy/analysis/findings/accepted-findings.ts';
import { loadConfiguration } from '../../policy/load.ts';
import { defaultAcrLevels } from '../../policy/model/acr-defaults.ts';
import type { App } from '../../policy/model/app.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { findingLine } from '../../policy/model/finding.ts';
import { changedKeys, documentHashes, type Manifest } from '../../policy/revision/document-store.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { isLoopback } from '../../policy/schema/fields/fields.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import type { Store } from '../../stores/store.ts';
import { groupsWithMembers } from '../../users/directory/member-groups.ts';
import { appNames, readActiveRevision } from '../shared/configuration/read-active-revision.ts';
import { checkChallengeService } from './challenge-service.ts';
import { checkDelivery } from './delivery.ts';
import { type CheckResult, fail, ok, warn } from './finding.ts';
import { checkModelFiles } from './model-files.ts';
import { checkRelyingParties, type Fetch } from './relying-party.ts';

interface Installation {
  /** Groups that users are in. */
  readonly groups?: readonly string[];
  readonly authenticators: readonly AuthenticatorKind[];
  readonly variables: Variables;
  readonly configDir: string;
  readonly issuer?: string;
  readonly fetch: Fetch;
  now(): Seconds;
}

const apply = 'npm run stepgate -- config apply';
/** Apps read at the same time. */
const atOnce = 100;

export async function checkConfiguration(store: Store, given: Installation): Promise<readonly CheckResult[]> {
  try {
    const { snapshot, manifest } = await readActiveRevision(store, given.authenticators);
    const apps = await readApps(snapshot, appNames(manifest));
    return [
      ok('configuration', `revision ${manifest.revision}, ${apps.length} ${apps.length === 1 ? 'app' : 'apps'}`),
      ...snapshot
        .laterFaults()
        .map((fault) => warn('configuration', `this release refuses what is active: ${fault}`, apply)),
      ...(await checkFiles(manifest, { ...given, groups: await groupsWithMembers(store) })),
      checkIssuer(given.issuer ?? snapshot.settings.issuer),
      ...(await checkAcr(snapshot, apps)),
      ...checkDelivery(snapshot.settings, given.authenticators, given.variables),
      ...checkChallengeService(snapshot.settings, given.variables),
      ...checkModelFiles(snapshot.settings, given.authenticators),
      ...(await checkRelyingParties(snapshot.settings, given.authenticators, {
        issuer: given.issuer ?? snapshot.settings.issuer,
        fetch: given.fetch,
      })),
    ];
  } catch (error) {
    if (!(error instanceof StepgateError) || error.code !== 'not_configured') throw error;
    return [fail('configuration', error.message, apply)];
  }
}

/** Reads each app with its policies. Rejects if one is invalid. */
async function readApps(snapshot: Snapshot, names: readonly string[]): Promise<readonly (readonly [App, PolicySet])[]> {
  const apps: (readonly [App, PolicySet])[] = [];
  for (let start = 0; start < names.length; start += atOnce) {
    const read = names.slice(start, start + atOnce).map(async (name) => {
      const app = await snapshot.app(name);
      return app === undefined ? [] : [[app, await snapshot.policies(app)] as const];
    });
    apps.push(...(await Promise.all(read)).flat());
  }
  return apps;
}

async function checkFiles({ revision, documents }: Manifest, given: Installation): Promise<readonly CheckResult[]> {
  const { configDir } = given;
  const loaded = await loadConfiguration(configDir, given);
  if (!loaded.ok) {
    const [first] = loaded.findings;
    if (first?.file === '.') return [ok('files', `none in ${configDir}: revision ${revision} counts`)];
    return [warn('files', `${configDir} is not a good configuration`, `npm run stepgate -- config check ${configDir}`)];
  }
  const other = changedKeys(documents, documentHashes(loaded.documents));
  const risks = warningsLeft(loaded, given.now()).map(({ advice, ...warning }) =>
    warn('files', findingLine(warning), advice),
  );
  if (other.length === 0) return [ok('files', `${configDir} is what revision ${revision} says`), ...risks];
  const shown = other.slice(0, 5).join(', ') + (other.length > 5 ? ` and ${other.length - 5} more` : '');
  return [warn('files', `${configDir} differs from revision ${revision}: ${shown}`, `${apply} ${configDir}`), ...risks];
}

function checkIssuer(issuer: string | undefined): CheckResult {
  if (issuer === undefined)
    return warn('issuer', 'none is set: only the demo starts', 'set `issuer` in stepgate.yaml, or ISSUER');
  const url = URL.parse(issuer);
  if (url === null) return fail('issuer', `${issuer} is not a URL`, 'set it to the public https address');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return fail('issuer', `${issuer} has a path`, 'set it to the bare address, such as https://id.example.org');
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return ok('issuer', issuer);
  return fail('issuer', `${issuer} is not https`, 'put TLS in front, and set the https address');
}

async function checkAcr(
  { settings }: Snapshot,
  apps: readonly (readonly [App, PolicySet])[],
): Promise<readonly CheckResult[]> {
  const [some] = apps;
  const policies = some?.[1];
  if (policies === undefined) return [warn('apps', 'there are none', 'add one under apps/')];
  const enabled = policies.authenticators.map(({ key }) => key);
  if (enabled.length === 0) return [fail('authenticators', 'none is enabled', 'enable one in stepgate.yaml')];
  const attainable = attainableAcrValues(settings.acrValues, policies.authenticators);
  const names = settings.acrValues.map(({ value }) => value).filter((value) => !attainable.includes(value));
  const stuck = apps.filter(([{ minimumAcr }]) => minimumAcr !== undefined && names.includes(minimumAcr));
  return [
    ok('authenticators', `enabled: ${enabled.join(', ')}`),
    acrFinding(
      settings.acrValues.length,
      names,
      JSON.stringify(settings.acrValues) === JSON.stringify(defaultAcrLevels),
    ),
    ...stuck.map(([{ clientId, minimumAcr }]) =>
      fail('acr', `no user can reach ${minimumAcr}, which ${clientId} demands`, 'enable an authenticator that can'),
    ),
  ];
}

function acrFinding(count: number, beyond: readonly string[], isDefault: boolean): CheckResult {
  if (beyond.length === 0) return ok('acr', `all ${count} values can be reached`);
  const text = `out of reach: ${beyond.join(', ')}`;
  return isDefault
    ? ok('acr', `${text} (needs other authenticators)`)
    : warn('acr', text, 'enable an authenticator that can');
}
