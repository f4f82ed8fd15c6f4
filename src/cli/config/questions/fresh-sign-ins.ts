/**
 * The fresh sign-ins that a question about a configuration covers: each app, user and zone, decided as by `explain`.
 * The sign-in is from a new browser on a desktop, now, unless another time or device makes a difference.
 */

import { type AskedInAll, leastAskedInAll } from '../../../core/analysis/simulation/asked-in-all.ts';
import { leastOfWays } from '../../../core/analysis/simulation/least-steps.ts';
import type { SimulatedStep } from '../../../core/analysis/simulation/simulated-answers.ts';
import type { ConditionSet } from '../../../core/model/conditions.ts';
import { oneWeek } from '../../../core/model/durations.ts';
import type { Facts, Seconds, Subject } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Requirement } from '../../../core/model/policy.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import { withConditionsInside } from '../../../core/policy/rules/expression-parts.ts';
import { momentsIn } from '../../../core/policy/theories/expression-theory.ts';
import { windowBorders } from '../../../core/policy/values/window-borders.ts';
import { signInConditions } from '../../../core/queries/sign-in-conditions.ts';
import { decidedSignIn } from '../../../flow/explain.ts';
import type { App } from '../../../policy/model/app.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import { enabledAuthenticators } from '../../../policy/revision/enabled-authenticators.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';
import { factsFromOptions } from '../../explain/facts-from-options.ts';
import { getOrMake } from '../../shared/values/get-or-make.ts';
import type { AskContext } from './asked-configuration.ts';
import { type NumberOf, numberAskedFor } from './best-enrollments.ts';
import { type DependsOn, dependencies } from './depends-on.ts';
import { believedIn, browsersIn, devicesIn } from './devices.ts';
import { type Identity, identitiesApart, identityConditions, plainIdentity } from './identities.ts';
import { type Ago, asksLastSignIn, lastSignInsIn } from './last-sign-ins.ts';
import { type AppClass, namesRead, signInClasses, whatDecides } from './same-sign-ins.ts';
import { type SignInPlace, type SignInPlaces, signInPlaces } from './zones-together.ts';

export interface Outcome extends Pick<SignInPlace, 'zone' | 'together'> {
  readonly steps: readonly SimulatedStep[];
  /** Absent if the user does not get in. */
  readonly asked: AskedInAll | undefined;
  /** As in `leastOfWays`. */
  readonly least: () => ReturnType<typeof leastOfWays>;
  /** The rules that decide once something is proved, in the form of the audit line of a real sign-in. */
  readonly rule: string;
  /** The requirements by layer. One of each layer must be met. */
  readonly required: readonly (readonly Requirement[])[];
  /** What else can change the demands of a sign-in at this place. */
  readonly dependsOn: readonly DependsOn[];
  /** Of others with the same groups and type whom the rules tell apart by who they are, where the words differ. */
  readonly others: readonly OtherUsers[];
}

/** What is asked of users such as this one. */
export interface OtherUsers {
  readonly identity: Identity;
  readonly outcome: Omit<OutcomeHere, 'others'>;
}

/** What the sign-ins of one question share. */
export interface AskedSignIns {
  readonly snapshot: Snapshot;
  readonly authenticators: readonly AuthenticatorKind[];
  readonly places: SignInPlaces['places'];
  /** The number of further places in several zones at once, which are not examined. */
  readonly placesLeft: number;
  readonly now: Seconds;
  /** Who a user is that is described only by groups and type. */
  readonly plain: Identity;
  /** Rules ask who the user is. */
  readonly asksWho: boolean;
  /** Rules ask when the user last signed in. Described users never did, and others are examined besides. */
  readonly asksWhen: boolean;
  readonly classOf: AppClass;
  /** Outcomes by class of the app. */
  readonly known: Map<string, KnownOutcomes>;
}

interface FreshlyAsked extends AskedSignIns {
  readonly numberOf: NumberOf;
}

/** The outcome at one place. */
type OutcomeHere = Omit<Outcome, 'zone' | 'together'>;

interface KnownOutcomes {
  /** Outcomes by the groups that the app's rules read, or by the real user. */
  readonly byUser: Map<string, readonly Outcome[]>;
  /** Outcomes by the deciding rules. */
  readonly byRules: Map<string, OutcomeHere>;
}

/** Rejects if a policy cannot be read. */
export async function questionAbout(
  apps: readonly App[],
  snapshot: Snapshot,
  { authenticators, now }: AskContext,
): Promise<AskedSignIns> {
  const classOf = signInClasses(snapshot);
  const policies = await Promise.all(apps.map((app) => snapshot.policies(app)));
  const sets = [...new Set(policies.flatMap(signInConditions))];
  const conditions = identityConditions(sets);
  const [plain, asksWho] = [plainIdentity(conditions), conditions.tests.length > 0];
  const { places, left: placesLeft } = signInPlaces(snapshot, () => policies.map((each) => namesRead(each, 'network')));
  const asksWhen = asksLastSignIn(sets);
  const made = { classOf, known: new Map(), now: now() };
  return { ...made, snapshot, authenticators, places, placesLeft, plain, asksWho, asksWhen };
}

/** A user described only by groups and type. */
export interface NamedUser {
  readonly groups: readonly string[];
  /** Absent if the user has no type. */
  readonly userType?: string;
}

/**
 * A user with these groups and this type who has every authenticator that users can enroll, at its strongest and as
 * often as rules require; or a real user.
 */
export type Who = NamedUser | ({ readonly subject: Subject } & Pick<Facts, 'lastSignIn'>);

/**
 * What each user is asked for at each place when signing in to this app. Sign-ins that the rules do not distinguish are
 * simulated once and share an array. Rejects if a policy cannot be read.
 */
export async function signInsTo(app: App, asked: AskedSignIns): Promise<(who: Who) => Promise<readonly Outcome[]>> {
  const { snapshot, known, classOf } = asked;
  const policies = await snapshot.policies(app);
  const outcomesOf = outcomesAt(app, policies, asked);
  const groupsRead = namesRead(policies, 'groups');
  const numberOf = numberAskedFor([policies]);
  return async (who) => {
    const facts = freshFacts(app, who, { ...asked, numberOf });
    const ofClass = getOrMake(known, await classOf(app, facts.request), nothingKnown);
    const user = 'subject' in who ? userAt(app, policies, who.subject) : '';
    const userKey = user || ('groups' in who ? `${who.userType ?? ''} ${groupsRead(who.groups)}` : '');
    const outcomes = ofClass.byUser.get(userKey) ?? (await outcomesOf(facts, { user, byRules: ofClass.byRules }));
    ofClass.byUser.set(userKey, outcomes);
    return outcomes;
  };
}

/** A real user's consent to a third-party app counts only at this app. */
function userAt({ clientId }: App, { consent }: PolicySet, { id }: Subject): string {
  return `user ${JSON.stringify([id, consent ? clientId : null])}`;
}

function nothingKnown(): KnownOutcomes {
  return { byUser: new Map(), byRules: new Map() };
}

interface SharedOutcomes extends Pick<KnownOutcomes, 'byRules'> {
  /** Identifies a real user. Empty for users who differ only in their groups. */
  readonly user: string;
}

/** What one user is asked for at each place. */
function outcomesAt(
  app: App,
  policies: PolicySet,
  { snapshot, places, now, plain }: AskedSignIns,
): (facts: Facts, shared: SharedOutcomes) => Promise<readonly Outcome[]> {
  const sets = signInConditions(policies);
  const { times } = timesIn(sets, now);
  const { deviceSignals, risk } = snapshot.settings;
  const { believed } = believedIn(sets, { active: deviceSignals, next: deviceSignals });
  const described = lastSignInsIn(sets);
  const zonesRead = namesRead(policies, 'network');
  const [decides, conditions] = [whatDecides(policies), identityConditions(sets)];
  return async (facts, shared) => {
    const found = new Map<string, OutcomeHere>();
    const outcomes: Outcome[] = [];
    for (const { network, ...place } of places) {
      const here = { ...facts, network };
      const zones = zonesRead(network.zones);
      const outcome = found.get(zones) ?? (await decidedOutcome(here, shared));
      found.set(zones, outcome);
      outcomes.push({ ...outcome, ...place });
    }
    return outcomes;
  };

  async function decidedOutcome(here: Facts, { user, byRules }: SharedOutcomes): Promise<OutcomeHere> {
    const deciding = decides(here);
    // The past of a real user is known.
    if (deciding === undefined) return user === '' ? withOthers(here) : outcomeOf(here, described.slice(-1));
    const key = `${user} ${deciding}`;
    const outcome = byRules.get(key) ?? (await outcomeOf(here));
    byRules.set(key, outcome);
    return outcome;
  }

  /** Decides also about users whom the rules tell apart by who they are. */
  async function withOthers(here: Facts): Promise<OutcomeHere> {
    const outcome = await outcomeOf(here);
    const { subject } = here;
    if (subject === undefined || conditions.tests.length === 0) return outcome;
    const others: OtherUsers[] = [];
    for (const identity of identitiesApart(conditions, plain, { ...here, subject }).slice(1)) {
      const ofOther = await outcomeOf({ ...here, subject: { ...subject, ...identity } });
      if (whatIsAsked(ofOther) !== whatIsAsked(outcome)) others.push({ identity, outcome: ofOther });
    }
    return { ...outcome, others };
  }

  async function outcomeOf(here: Facts, pasts: readonly Ago[] = described): Promise<OutcomeHere> {
    const { rule, steps, layers } = await decidedSignIn(snapshot, app, here);
    const browsers = browsersIn(sets, here.device);
    const devices = devicesIn(browsers.length > 1 ? [here.device, ...browsers] : browsers, believed);
    const dependsOn = dependencies(policies, here, { times, devices, scoring: risk, pasts });
    const required = layers.map(({ requirements }) => requirements);
    const asked = leastAskedInAll(policies, here);
    const least = () => leastOfWays(policies, here, asked);
    return { rule, steps, required, asked, least, dependsOn, others: [] };
  }
}

function whatIsAsked({ asked, dependsOn }: OutcomeHere): string {
  return JSON.stringify([asked, dependsOn]);
}

function freshFacts(app: App, who: Who, { snapshot, authenticators, now, plain, numberOf }: FreshlyAsked): Facts {
  const known = { snapshot, app, authenticators, now };
  if ('subject' in who) {
    const { subject, lastSignIn } = who;
    return { ...factsFromOptions({}, { ...known, user: subject }), ...omitUndefined({ lastSignIn }) };
  }
  const enabled = enabledAuthenticators(authenticators, snapshot.settings).filter(({ enrollable }) => enrollable);
  const enrolled = enabled.flatMap((kind) => Array.from({ length: numberOf(kind) }, () => kind.key));
  const { groups, userType } = who;
  const { id, identifiers } = plain;
  const options = { userId: id, identifiers, groups, enrolled, ...(userType !== undefined && { userType }) };
  return factsFromOptions(options, known);
}

export interface ExaminedTimes {
  readonly times: readonly Seconds[];
  /** Windows after the moments that expressions name are not examined. */
  readonly isPartial: boolean;
}

/** Above this many combinations, time windows are examined only in the following week. */
const mostTimes = 100;

/**
 * The present time, the moments that expressions name, and the borders of time windows in the week after each of them.
 */
export function timesIn(sets: readonly ConditionSet[], now: Seconds): ExaminedTimes {
  const borders = windowBorders(sets.flatMap(({ time }) => time ?? []));
  const named = sets.flatMap(({ expression }) => (expression ? momentsIn(expression.logic) : []));
  const later = [...new Set(named)].filter((moment) => moment > now);
  const isPartial = later.length * borders.length > mostTimes;
  const since = isPartial ? [now] : [now, ...later];
  const next = (from: Seconds) => borders.map((border) => from + ((((border - from) % oneWeek) + oneWeek) % oneWeek));
  return { times: [...new Set([now, ...later, ...since.flatMap(next)])], isPartial };
}

/** Groups that the settings describe or rules of these apps name. */
export async function groupsIn(apps: readonly App[], snapshot: Snapshot): Promise<readonly string[]> {
  const names = new Set(Object.keys(snapshot.settings.groups ?? {}));
  for (const app of apps) {
    for (const { groups } of withConditionsInside(signInConditions(await snapshot.policies(app))))
      for (const name of [groups?.any, groups?.all, groups?.none].flatMap((list) => list ?? [])) names.add(name);
  }
  return [...names].sort();
}
