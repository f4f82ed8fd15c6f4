/**
 * Finds, for every possible user, what would newly be sufficient under a configuration: findings with examples, and
 * questions that stayed undecided.
 */

import type { Deciders, RefusedParts } from '../../../../core/analysis/comparison/deciding-together.ts';
import { type LaxerEnrollment, laxerEnrollments } from '../../../../core/analysis/comparison/laxer-enrollment.ts';
import { newlyTaken } from '../../../../core/analysis/comparison/newly-taken.ts';
import { newlyWeaker } from '../../../../core/analysis/comparison/newly-weaker.ts';
import { freedEnrollments, switchedOff } from '../../../../core/analysis/comparison/switched-off.ts';
import { newlyOpened } from '../../../../core/analysis/comparison/switched-on.ts';
import { type RuleSpace, ruleSpace } from '../../../../core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../../core/model/conditions.ts';
import type { Seconds } from '../../../../core/model/facts.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { sourcePlace } from '../../../../core/model/source-place.ts';
import { type CompiledPolicy, compilePolicy, type PolicySet } from '../../../../core/policy/rules/compile.ts';
import { mayFail } from '../../../../core/policy/rules/condition-table.ts';
import type { Universe } from '../../../../core/policy/theories/theory.ts';
import { recoveryKeys } from '../../../../core/remediation/account-management.ts';
import { knownIn } from '../../../../policy/analysis/analysed/configuration.ts';
import { examplePlaces } from '../../../../policy/analysis/analysed/sample-addresses.ts';
import { exampleOptions } from '../../../../policy/analysis/text/example-options.ts';
import { accountClientId } from '../../../../policy/model/account-client-id.ts';
import { withAccountApp } from '../../../../policy/revision/account-app.ts';
import { canonicalJson } from '../../../../policy/revision/document-store.ts';
import { type AppPair, comparedApps } from '../compared/app-pairs.ts';
import type { ComparedConfiguration } from '../compared/compared-configuration.ts';
import type { NamedPlace } from '../compared/configuration-changes.ts';
import { type BothZones, bothZones } from '../sign-ins/circumstances.ts';
import { changedFormulas } from './failing-formulas.ts';
import { uncomparedChanges } from './uncompared-changes.ts';
import {
  freedRule,
  laxerRule,
  openedRule,
  placesOf,
  rulePlaces,
  shownFacts,
  type WeakerRule,
  weakerRule,
} from './weaker-rules.ts';
import { enoughText } from './weaker-sentences.ts';

export interface WeakerFindings {
  readonly weaker: readonly WeakerRule[];
  /** Sentences. */
  readonly undecided: readonly string[];
}

/** `now`: epoch seconds. Rejects if a policy cannot be read. */
export async function weakerFindings(
  live: ComparedConfiguration,
  next: ComparedConfiguration,
  now: Seconds,
): Promise<WeakerFindings> {
  const { pairs } = await comparedApps(live, next);
  const zones = bothZones(live.snapshot.settings.zones, next.snapshot.settings.zones);
  const account = comparedPair(await accountPair(live, next), zones);
  const apps = pairs.map((pair) => comparedPair(pair, zones));
  const ofApps = apps.map((pair) => ofPair(pair, now));
  // If all apps are strict, a weaker session policy may show only on the account pages.
  const isShown = ofApps.some(({ weaker }) => weaker.length > 0);
  const found = [
    ...(isShown ? ofApps : [...ofApps, ofPair(account, now)]),
    ofSwitches([...apps, account]),
    ofOthers(account),
  ];
  return {
    weaker: found.flatMap(({ weaker }) => weaker),
    undecided: [
      ...new Set([
        ...found.flatMap(({ undecided }) => undecided),
        ...aboutMovedZones([...apps, account]),
        ...(await uncomparedChanges(live, next)),
      ]),
    ],
  };
}

async function accountPair(live: ComparedConfiguration, next: ComparedConfiguration): Promise<AppPair> {
  const own = async (side: ComparedConfiguration) => {
    const snapshot = withAccountApp(side.snapshot, '');
    const app = await snapshot.app(accountClientId);
    if (app === undefined) throw new TypeError('the account app is built in');
    return { side, app, policies: await snapshot.policies(app) };
  };
  return { clientIds: [accountClientId], live: await own(live), next: await own(next) };
}

/** An app under both configurations, with names for zones that differ if the zones do. */
interface ComparedPair {
  readonly pair: AppPair;
  readonly live: PolicySet;
  readonly next: PolicySet;
  readonly refused?: RefusedParts;
  readonly zones: BothZones;
  readonly conditions: readonly Conditions[];
  readonly space: RuleSpace;
}

function comparedPair(pair: AppPair, zones: BothZones): ComparedPair {
  const live = withZones(pair.live.policies, 'live', zones);
  const next = withZones(pair.next.policies, 'next', zones);
  const conditions = [live, next].flatMap(({ session, app, enrollment, recovery }) =>
    [session, app, enrollment, recovery].flatMap((policy) => (policy?.rules ?? []).map(({ rule }) => rule.when)),
  );
  const { refused } = pair;
  const space = ruleSpace(conditions, universeOf(pair, zones));
  return { pair, live, next, ...(refused && { refused }), zones, conditions, space };
}

function ofPair({ pair, live, next, refused, zones, conditions, space }: ComparedPair, since: Seconds): WeakerFindings {
  const sides = { live, next, since, ...(refused && { refused }) };
  const { found, undecided } = newlyWeaker({ ...sides, scopes: knownScopes(pair) }, space);
  const enrollments = laxerEnrollments(sides, space);
  const isKnown = (enrollment: LaxerEnrollment) => found.some(({ now }) => now.app === enrollment.now.app);
  const formulas = conditions.some(mayFail);
  return {
    weaker: [
      ...found.map((one) => weakerRule(one, pair)),
      ...enrollments.found
        .filter((enrollment) => !isKnown(enrollment))
        .map((enrollment) => laxerRule(enrollment, pair)),
    ],
    undecided: [
      ...undecided.map(({ before, now }) => `${rulesText(now)}, where ${rulesText(before)} decided`),
      ...enrollments.undecided.map(
        ({ before, now }) =>
          `${enrollmentText(now)}, where ${enrollmentText(before)} decided what is set up${otherTermsText(before, now)}`,
      ),
      ...rulePlaces(changedFormulas(live, next)).map(
        (place) => `${namedPlaceText(place)} denies where its formula fails, and may now be passed by`,
      ),
      // The same formula then has another meaning.
      ...(formulas && !zones.isSame ? ['formulas, since zones differ'] : []),
    ],
  };
}

/**
 * Finds what users may newly set up because authenticators or methods were enabled or disabled. One example per app is
 * enough.
 */
function ofSwitches(apps: readonly ComparedPair[]): WeakerFindings {
  const found = apps.flatMap((pair) => freedEnrollments(pair, pair.space).map((freed) => ({ freed, pair: pair.pair })));
  const off = new Set(apps.flatMap(switchedOff).map(({ key }) => key));
  const open = [...off].filter((key) => !found.some(({ freed }) => freed.off === key));
  const standIns = new Set(apps.flatMap(newStandIns));
  const opened = apps.flatMap((pair) => newlyOpened(pair, pair.space).map((each) => openedRule(each, pair.pair)));
  return {
    weaker: [...found.map(({ freed, pair }) => freedRule(freed, pair)), ...opened],
    undecided: [
      ...open.map((key) => `\`authenticators.${key}\` is switched off, so that users who have it may prove less`),
      ...[...standIns].map((key) => `\`authenticators.${key}\` is switched on, and stands in for what users have lost`),
    ],
  };
}

/** Recovery authenticators that newly count for account changes, together with another factor (Law 7). */
function newStandIns({ live, next }: ComparedPair): readonly string[] {
  const known = recoveryKeys(live.authenticators);
  return recoveryKeys(next.authenticators).filter((key) => !known.includes(key));
}

/** Finds what new proofs allow under the recovery policy and the account policy. */
function ofOthers({ pair, live, next, space }: ComparedPair): WeakerFindings {
  const { recovered, undecided } = newlyTaken({ live, next }, space);
  return {
    weaker: recovered.map(({ rule, facts, evidence }) => {
      const words = enoughText(evidence).replace('is enough', 'is enough to set a new password');
      const keys = [...new Set(evidence.map(({ authenticator }) => authenticator))];
      const example = exampleOptions(shownFacts(facts), keys);
      return { apps: pair.clientIds, words, before: rulePlaces([rule]), after: rulePlaces([rule]), example };
    }),
    undecided: rulePlaces(undecided).map((place) => `${namedPlaceText(place)}, by what did not count before`),
  };
}

/** Rules of other policies that name a zone which differs: they may now apply to other users. */
function aboutMovedZones(apps: readonly ComparedPair[]): readonly string[] {
  const rules = apps.flatMap(({ pair, zones }) => {
    const { recovery, password, profile, accountPolicy } = pair.next.policies;
    const own = [recovery, password, profile].flatMap((policy): readonly RuleHead[] =>
      (policy?.rules ?? []).map(({ rule }) => rule),
    );
    const isMoved = ({ when }: RuleHead) => JSON.stringify(renamedIn(when, 'next', zones)) !== JSON.stringify(when);
    return [...own, ...(accountPolicy?.rules ?? [])].filter(isMoved);
  });
  return rulePlaces(rules).map((place) => `${namedPlaceText(place)}, since zones differ`);
}
/** The policies with each zone under its name in the common list. Report-only rules are left out. */
function withZones(policies: PolicySet, side: 'live' | 'next', zones: BothZones): PolicySet {
  const { session, app, enrollment, recovery } = policies;
  const renamed = <Of extends RuleHead>({ name, rules }: CompiledPolicy<Of>): CompiledPolicy<Of> =>
    compilePolicy({ name, rules: rules.map(({ rule }) => ({ ...rule, when: renamedIn(rule.when, side, zones) })) });
  return {
    ...policies,
    session: renamed(session),
    ...(app && { app: renamed(app) }),
    ...(enrollment && { enrollment: renamed(enrollment) }),
    ...(recovery && { recovery: renamed(recovery) }),
  };
}

function renamedIn({ any, ...when }: Conditions, side: 'live' | 'next', zones: BothZones): Conditions {
  const name = (zone: string) => zones.nameOf(side, zone);
  const inSet = (set: ConditionSet): ConditionSet => {
    if (set.network === undefined) return set;
    const lists = Object.entries(set.network).map(([key, names]) => [key, names?.map(name)] as const);
    return { ...set, network: Object.fromEntries(lists) };
  };
  return { ...inSet(when), ...(any && { any: any.map(inSet) }) };
}

/** If the attribute schemas or the claims of scopes differ, any value is assumed possible, so nothing is missed. */
function universeOf({ live, next, clientIds }: AppPair, { zones }: BothZones): Universe {
  const [before, after] = [live.side.snapshot.settings, next.side.snapshot.settings];
  const isSame = canonicalJson(before.attributes) === canonicalJson(after.attributes);
  const known = isSame ? {} : { attribute: () => undefined, isKept: () => true };
  const isReleasedAlike = canonicalJson(before.scopes) === canonicalJson(after.scopes);
  const released = isReleasedAlike ? {} : { scopesOf: () => [] };
  return { ...knownIn(after), ...known, ...released, places: examplePlaces(zones), clientIds: clientIds.slice(0, 1) };
}

/** Those of the settings and of the APIs. */
function knownScopes({ next }: AppPair): readonly string[] {
  const { scopes, resources } = next.side.snapshot.settings;
  return [...Object.keys(scopes), ...resources.flatMap((resource) => resource.scopes)];
}

function enrollmentText({ enrollment }: Deciders): string {
  return (
    rulePlaces(enrollment ? [enrollment] : [])
      .map(namedPlaceText)
      .join() || 'no rule'
  );
}

/** For rules of the same name, describes what differs: ``: `grace` is another``. */
function otherTermsText({ enrollment: before }: Deciders, { enrollment: now }: Deciders): string {
  if (before === undefined || before.name !== now?.name) return '';
  const { then: from } = before;
  const { then: to } = now;
  const keys = Object.keys({ ...from, ...to }) as (keyof typeof to)[];
  const other = keys.filter((key) => JSON.stringify(from[key]) !== JSON.stringify(to[key]));
  const withoutGrace = ({ required }: typeof to) =>
    JSON.stringify(required.map((enrollment) => ({ ...enrollment, grace: 0 })));
  const isGrace = other.includes('required') && withoutGrace(from) === withoutGrace(to);
  const names = other.map((key) => (key === 'required' && isGrace ? 'grace' : key === 'promoted' ? 'promote' : key));
  return names.length === 0 ? '' : `: \`${names.join('`, `')}\` is another`;
}

function namedPlaceText(place: NamedPlace): string {
  return `"${place.name}" (${sourcePlace(place)})`;
}

function rulesText(deciders: Deciders): string {
  const places = placesOf(deciders);
  return places.length === 0 ? 'no rule' : places.map(namedPlaceText).join(' and ');
}
