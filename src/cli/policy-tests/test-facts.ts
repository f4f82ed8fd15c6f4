/** Converts a policy test to options of `explain`, from which the facts are made. */

import type { ConditionSet } from '../../core/model/conditions.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { plainTime, type UserFacts } from '../../core/policy/theories/theory.ts';
import { attributePairs } from '../../policy/analysis/text/attribute-text.ts';
import type { PolicyTest } from '../../policy/schema/policy-tests.ts';
import { deviceOf } from '../../user-agent.ts';
import type { FactOptions } from '../explain/fact-options.ts';

/** An option of facts that says something about the user. */
type UserOption = keyof Pick<
  FactOptions,
  | 'userId'
  | 'identifiers'
  | 'groups'
  | 'userType'
  | 'attribute'
  | 'enrolled'
  | 'skipped'
  | 'accountAge'
  | 'lastSignIn'
  | 'recovered'
  | 'recoveredBy'
>;

/**
 * Options of facts that no policy test sets:
 * - `claims`, `promptConsent`, `promptSelectAccount`: no rule reads them. They decide whether and what the pages of
 *   consent and of accounts ask.
 * - `lastUsed`: no rule reads it. It puts one authenticator before others that count as much.
 */
type UntestedOption = keyof Pick<FactOptions, 'claims' | 'promptConsent' | 'promptSelectAccount' | 'lastUsed'>;

/** Without a time, a constant one is used, so that a test that passes today passes tomorrow. */
export function factOptionsOf(test: PolicyTest): FactOptions {
  const { network, device, request, evidence, keptSignedIn, time } = test;
  const browser = device?.userAgent === undefined ? device : deviceOf(device.userAgent);
  return omitUndefined({
    ...userOptions(test.user),
    ip: network?.ip,
    zone: network?.zones,
    scope: request?.scopes?.join(' '),
    essentialClaims: request?.essentialClaims?.join(' '),
    acrValues: request?.acrValues?.join(' '),
    essentialAcr: request?.essentialAcr,
    maxAge: request?.maxAge?.toString(),
    promptLogin: request?.promptLogin,
    risk: test.risk,
    distance: test.distance?.toString(),
    device: (device?.known ?? isUsual(test)) ? 'known' : 'new',
    platform: browser?.platform,
    os: browser?.os,
    deviceSignals: device?.signals,
    remembered: device?.remembered,
    at: time ?? new Date(plainTime * 1000).toISOString(),
    evidence,
    keepSignedIn: keptSignedIn,
    // Every other option has its line here, or the compiler tells.
  } satisfies Readonly<Record<Exclude<keyof FactOptions, UserOption | UntestedOption>, unknown>>);
}

/**
 * Whether the browser is known (`device.known`). A test that says nothing about it leaves that open: where the rules
 * ask about risk alone, it follows from the signals.
 */
export function isKnownBrowserIn(test: PolicyTest, placed: UserFacts, sets: readonly ConditionSet[]): boolean {
  const { device } = test;
  if (device?.remembered !== undefined) return true;
  if (isUsual(test)) return device?.known ?? true;
  const isChosen = sets.some((set) => set.device?.known !== undefined) || sets.every(({ risk }) => risk === undefined);
  return device?.known ?? (isChosen ? placed.device.known : !showsNewBrowser(placed));
}

function showsNewBrowser({ risk }: UserFacts): boolean {
  return risk?.reasons.some(({ signal }) => signal === 'newDevice' || signal === 'recentFailures') ?? false;
}

/** Nothing is unusual, so the browser is known unless the test says that it is not, and the place is a usual one. */
function isUsual({ risk }: PolicyTest): boolean {
  return risk?.length === 0;
}

/** Options for what a test leaves open about the browser and the past, as in these facts. */
export function openOptions(
  test: PolicyTest,
  placed: UserFacts,
  sets: readonly ConditionSet[],
): Pick<FactOptions, 'device' | 'risk' | 'distance'> {
  const { risk = placed.risk?.reasons.map(({ signal }) => signal) } = test;
  const distance = test.distance ?? (isUsual(test) ? placed.distance && 0 : placed.distance);
  return {
    device: isKnownBrowserIn(test, placed, sets) ? 'known' : 'new',
    ...omitUndefined({ risk, distance: distance?.toString() }),
  };
}

function userOptions(user: PolicyTest['user']): Pick<FactOptions, UserOption> {
  if (user === undefined) return {};
  const { id, identifiers, groups, userType, attributes, enrolled, accountAge, lastSignIn, skipped } = user;
  return omitUndefined({
    userId: id,
    identifiers,
    // Even without groups there is a user.
    groups: groups?.filter((name) => name !== '*') ?? [],
    userType,
    attribute: attributes && Object.entries(attributes).flatMap(([name, value]) => attributePairs(name, value)),
    enrolled,
    skipped: skipped && Object.entries(skipped).map(([key, count]) => `${key}=${count}`),
    accountAge: secondsText(accountAge),
    lastSignIn: pastText(lastSignIn),
    recovered: secondsText(user.recovered),
    recoveredBy: user.recoveredBy,
  } satisfies Readonly<Record<UserOption, unknown>>);
}

/** An assumed last sign-in counts as one for the rules. */
function pastText(last: NonNullable<PolicyTest['user']>['lastSignIn']): string | undefined {
  if (last === 'never') return last;
  return secondsText(typeof last === 'object' ? last.recordedSince : last);
}

function secondsText(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : `${seconds}s`;
}
