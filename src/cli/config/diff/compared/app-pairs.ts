/** The apps that a change may affect. Apps for which both configurations decide alike are grouped. */
import type { RefusedParts } from '../../../../core/analysis/comparison/deciding-together.ts';
import { appTests, appTestsBesideUsers } from '../../../../core/policy/rules/app-lists.ts';
import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import { accountClientId } from '../../../../policy/model/account-client-id.ts';
import type { App } from '../../../../policy/model/app.ts';
import { withAccountApp } from '../../../../policy/revision/account-app.ts';
import { changedKeys } from '../../../../policy/revision/document-store.ts';
import { appClasses } from '../../../../policy/revision/equivalent-apps.ts';
import { endOfRefreshTokens } from '../../../../policy/revision/refresh-tokens.ts';
import type { ComparedConfiguration } from './compared-configuration.ts';
import { refusedParts } from './refused-scopes.ts';

/** An app under one configuration. */
export interface AppSide {
  readonly side: ComparedConfiguration;
  readonly app: App;
  readonly policies: PolicySet;
}

/** One app under both configurations. */
export interface AppPair {
  /** Client ids of all apps in the group. */
  readonly clientIds: readonly string[];
  /** Equal for apps that differ only in parts of expressions which read the app and the user. */
  readonly alike: string;
  readonly active: AppSide;
  readonly next: AppSide;
  /** Absent if the app may ask for the same scopes. */
  readonly refused?: RefusedParts;
}

export interface ComparedApps {
  readonly pairs: readonly AppPair[];
  /** The pages of the user's own account. Absent if no changed document matters for them. */
  readonly account?: AppPair;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Apps that users sign in to. Rejects if one cannot be read. */
export async function comparedApps(active: ComparedConfiguration, next: ComparedConfiguration): Promise<ComparedApps> {
  const [before, after] = [clientIdsIn(active), clientIdsIn(next)];
  const isTouched = touchedBy(changedKeys(active.hashes, next.hashes));
  const classOf = classesIn({ active, next }, (set) => appTests(set));
  const alikeOf = classesIn({ active, next }, appTestsBesideUsers);
  const pairs = new Map<string, AppPair>();
  for (const clientId of after) {
    if (!isIn(clientId, active)) continue;
    const pair = await pairOf(clientId, { active, next });
    if (pair === undefined || !(isTouched(pair.active.app) || isTouched(pair.next.app))) continue;
    const terms = [ownTerms(pair.active.app), ownTerms(pair.next.app), pair.refused, refreshTerms(pair)];
    const key = JSON.stringify([...(await classOf(pair)), ...terms]);
    const same = pairs.get(key);
    if (same) pairs.set(key, { ...same, clientIds: [...same.clientIds, clientId] });
    else pairs.set(key, { ...pair, alike: JSON.stringify([...(await alikeOf(pair)), ...terms]) });
  }
  const account = await accountPair(active, next);
  return {
    pairs: [...pairs.values()],
    ...(isTouched(account.next.app) && { account }),
    added: after.filter((id) => !isIn(id, active)),
    removed: before.filter((id) => !isIn(id, next)),
  };
}

type Sides = Pick<AppPair, 'active' | 'next'>;

/** Where a rule says how long a session counts, it says so of refresh tokens, too. */
function refreshTerms({ active, next }: Sides): string | undefined {
  const isLimited = [active, next].some(({ policies: { app } }) =>
    app?.rules.some(({ rule: { then } }) => then.kind === 'allow' && then.appSession !== undefined),
  );
  return isLimited ? endOfRefreshTokens(next.app) : undefined;
}

/** Names the class of an app under each configuration. */
function classesIn(
  { active, next }: { readonly active: ComparedConfiguration; readonly next: ComparedConfiguration },
  testsIn: Parameters<typeof appClasses>[1],
): (pair: Sides) => Promise<readonly string[]> {
  const before = appClasses((app) => active.snapshot.policies(app), testsIn);
  const after = appClasses((app) => next.snapshot.policies(app), testsIn);
  return async (pair) => [await before(pair.active.app), await after(pair.next.app)];
}

/** The app in which users manage their own account. */
export async function accountPair(active: ComparedConfiguration, next: ComparedConfiguration): Promise<AppPair> {
  const own = async (side: ComparedConfiguration) => {
    const snapshot = withAccountApp(side.snapshot, '');
    const app = await snapshot.app(accountClientId);
    if (app === undefined) throw new TypeError('the account app is built in');
    return { side, app, policies: await snapshot.policies(app) };
  };
  return { clientIds: [accountClientId], alike: accountClientId, active: await own(active), next: await own(next) };
}

const appPrefix = 'app/';

function clientIdsIn({ hashes }: ComparedConfiguration): readonly string[] {
  const keys = Object.keys(hashes).filter((key) => key.startsWith(appPrefix));
  return keys.map((key) => key.slice(appPrefix.length)).sort();
}

function isIn(clientId: string, { hashes }: ComparedConfiguration): boolean {
  return Object.hasOwn(hashes, `${appPrefix}${clientId}`);
}

/** Reads equal content once. Undefined if under one of the configurations it is not an app that users sign in to. */
async function pairOf(
  clientId: string,
  { active, next }: { readonly active: ComparedConfiguration; readonly next: ComparedConfiguration },
): Promise<Omit<AppPair, 'alike'> | undefined> {
  const key = `${appPrefix}${clientId}`;
  const after = await next.snapshot.app(clientId);
  const before = active.hashes[key] === next.hashes[key] ? after : await active.snapshot.app(clientId);
  if (after?.signOnPolicies === undefined || before?.signOnPolicies === undefined) return undefined;
  const policies = { active: await active.snapshot.policies(before), next: await next.snapshot.policies(after) };
  const refused = refusedParts({ app: before, side: active }, { app: after, side: next });
  return {
    ...(refused && { refused }),
    clientIds: [clientId],
    active: { side: active, app: before, policies: policies.active },
    next: { side: next, app: after, policies: policies.next },
  };
}

/** Whether a changed document matters for sign-ins to the app. */
function touchedBy(changed: readonly string[]): (app: App) => boolean {
  const own = /^(?:app|sign-on|profile|service|file)\//;
  if (changed.some((key) => !own.test(key))) return () => true;
  const keys = new Set(changed);
  const isAnySignOn = changed.some((key) => key.startsWith('sign-on/'));
  return ({ clientId, signOnPolicies = [], profilePolicy = 'default' }) =>
    keys.has(`app/${clientId}`) ||
    keys.has(`profile/${profilePolicy}`) ||
    (signOnPolicies.length === 0 ? isAnySignOn : signOnPolicies.some((name) => keys.has(`sign-on/${name}`)));
}

/** What an app's file says about sign-ins, apart from naming policies. */
function ownTerms({ firstParty, requiredScopes, identify, client }: App): readonly unknown[] {
  const { default_acr_values: acrValues, default_max_age: maxAge, scope } = client;
  return [firstParty, requiredScopes, identify, acrValues, maxAge, scope];
}
