/**
 * What a configuration lets users in with that was not enough before, for every user who could exist: what is found,
 * with an example, and what could not be decided.
 */
import { type Deciders, type NewlyWeaker, newlyWeaker } from '../../../core/analysis/newly-weaker.ts';
import { ruleSpace } from '../../../core/analysis/rule-space.ts';
import { proofNames } from '../../../core/evidence/named.ts';
import type { ConditionSet, Conditions } from '../../../core/model/conditions.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { type CompiledPolicy, compilePolicy, type PolicySet } from '../../../core/policy/compile.ts';
import type { Universe } from '../../../core/policy/theory.ts';
import { knownIn } from '../../../policy/analysis/configuration.ts';
import { exampleOptions } from '../../../policy/analysis/example-options.ts';
import { placesIn } from '../../../policy/analysis/places.ts';
import { accountClientId } from '../../../policy/model/account-client-id.ts';
import { withAccountApp } from '../../../policy/revision/account-app.ts';
import { canonicalJson } from '../../../policy/revision/document-store.ts';
import { type AppPair, comparedApps } from './app-pairs.ts';
import { type BothZones, bothZones, zonesOn } from './circumstances.ts';
import { limitWords } from './limit-words.ts';
import type { NamedPlace } from './model.ts';
import type { Side } from './side.ts';
import { undecidedBeside } from './undecided-beside.ts';

/** Rules that let users in with less. */
export interface WeakerRule {
  /** Client ids. */
  readonly apps: readonly string[];
  /** What is enough now, in words. */
  readonly words: string;
  readonly before: readonly NamedPlace[];
  readonly after: readonly NamedPlace[];
  /** Options of `explain`, by the files that would be applied. */
  readonly example: readonly string[];
}

export interface WeakerFindings {
  readonly weaker: readonly WeakerRule[];
  /** Sentences. */
  readonly undecided: readonly string[];
}

/** Rejects when a policy cannot be read. */
export async function weakerFindings(live: Side, next: Side): Promise<WeakerFindings> {
  const { pairs } = await comparedApps(live, next);
  const zones = bothZones(live.snapshot.settings.zones, next.snapshot.settings.zones);
  const ofApps = pairs.map((pair) => ofPair(pair, zones));
  // Under a strict app, a weaker session policy may show nowhere but in the pages of the account.
  const isShown = ofApps.some(({ weaker }) => weaker.length > 0);
  const found = isShown ? ofApps : [...ofApps, ofPair(await accountPair(live, next), zones)];
  return {
    weaker: found.flatMap(({ weaker }) => weaker),
    undecided: [...new Set([...found.flatMap(({ undecided }) => undecided), ...(await undecidedBeside(live, next))])],
  };
}

async function accountPair(live: Side, next: Side): Promise<AppPair> {
  const own = async (side: Side) => {
    const snapshot = withAccountApp(side.snapshot, '');
    const app = await snapshot.app(accountClientId);
    if (app === undefined) throw new TypeError('the account app is built in');
    return { side, app, policies: await snapshot.policies(app) };
  };
  return { clientIds: [accountClientId], live: await own(live), next: await own(next) };
}

function ofPair(pair: AppPair, zones: BothZones): WeakerFindings {
  const [live, next] = (['live', 'next'] as const).map((side) => withZones(pair[side].policies, side, zones));
  if (live === undefined || next === undefined) return { weaker: [], undecided: [] };
  const rules = [live, next].flatMap(({ session, app, enrollment }) => [
    ...session.rules,
    ...(app?.rules ?? []),
    ...(enrollment?.rules ?? []),
  ]);
  const conditions = rules.map(({ rule }) => rule.when);
  const { found, undecided } = newlyWeaker(live, next, ruleSpace(conditions, universeOf(pair, zones)));
  const formulas = conditions.some((when) => [when, ...(when.any ?? [])].some(({ expression }) => expression));
  return {
    weaker: found.map((one) => weakerRule(one, pair)),
    undecided: [
      ...undecided.map(({ before, now }) => `${rulesText(now)}, where ${rulesText(before)} decided`),
      // The same text of a formula means something else then.
      ...(formulas && !zones.isSame ? ['formulas, since zones differ'] : []),
    ],
  };
}

/** The policies with each zone under its name among those of both sides. Rules that only report are left out. */
function withZones(policies: PolicySet, side: 'live' | 'next', zones: BothZones): PolicySet {
  const { session, app, enrollment } = policies;
  const renamed = <Of extends RuleHead>({ name, rules }: CompiledPolicy<Of>): CompiledPolicy<Of> =>
    compilePolicy({ name, rules: rules.map(({ rule }) => ({ ...rule, when: renamedIn(rule.when, side, zones) })) });
  return {
    ...policies,
    session: renamed(session),
    ...(app && { app: renamed(app) }),
    ...(enrollment && { enrollment: renamed(enrollment) }),
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

/** Where the schema of attributes differs, they may hold anything, so that nothing is left out. */
function universeOf({ live, next, clientIds }: AppPair, { zones }: BothZones): Universe {
  const [before, after] = [live.side.snapshot.settings, next.side.snapshot.settings];
  const isSame = canonicalJson(before.attributes) === canonicalJson(after.attributes);
  const known = isSame ? {} : { attribute: () => undefined, isKept: () => true };
  return { ...knownIn(after), ...known, places: placesIn(zones), clientIds: clientIds.slice(0, 1) };
}

function weakerRule(one: NewlyWeaker, { clientIds }: AppPair): WeakerRule {
  const { facts, evidence, longer } = one;
  const { network } = facts;
  const shown = { ...facts, network: { ...network, zones: zonesOn('next', network.zones) } };
  const keys = evidence && [...new Set(evidence.map(({ authenticator }) => authenticator))];
  const proofs = evidence && [...new Set(evidence.map((item) => proofNames(item).at(-1)))];
  return {
    apps: clientIds,
    words: [
      ...(proofs ? [`${proofs.join(' and ')} is enough, and was not`] : []),
      ...(longer ?? []).map(limitWords),
      ...(keys === undefined && longer === undefined ? ['lets users in who were denied'] : []),
    ].join('; '),
    before: placesOf(one.before),
    after: placesOf(one.now),
    example: exampleOptions(shown, keys),
  };
}

function placesOf({ app, session }: Deciders): readonly NamedPlace[] {
  return [app, session].flatMap((rule) => {
    if (rule?.location === undefined) return [];
    return [{ name: rule.name, file: rule.location.file, line: rule.location.line }];
  });
}

function rulesText(deciders: Deciders): string {
  const places = placesOf(deciders);
  if (places.length === 0) return 'no rule';
  return places.map(({ name, file, line }) => `"${name}" (${file}:${line})`).join(' and ');
}
