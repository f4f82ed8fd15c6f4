/**
 * Finds, for every possible user, what would newly be sufficient under a configuration: findings with examples, and
 * questions that stayed undecided.
 */

import type { Deciders } from '../../../../core/analysis/comparison/deciding-together.ts';
import { type LaxerEnrollment, laxerEnrollments } from '../../../../core/analysis/comparison/laxer-enrollment.ts';
import { newlyWeaker } from '../../../../core/analysis/comparison/newly-weaker.ts';
import type { AccountBefore } from '../../../../core/analysis/comparison/rules-at-account.ts';
import { mostProofs } from '../../../../core/analysis/comparison/signed-in-with.ts';
import { freedEnrollments, switchedOff } from '../../../../core/analysis/comparison/switched-off.ts';
import { newlyOpened } from '../../../../core/analysis/comparison/switched-on.ts';
import type { Seconds } from '../../../../core/model/facts.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { mayFail } from '../../../../core/policy/rules/condition-table.ts';
import { recoveryKeys } from '../../../../core/remediation/account-management.ts';
import { accountClientId } from '../../../../policy/model/account-client-id.ts';
import { type AppPair, accountPair, comparedApps } from '../compared/app-pairs.ts';
import { bothZones } from '../compared/both-zones.ts';
import type { LocationOf } from '../compared/changed-files.ts';
import type { ComparedConfiguration } from '../compared/compared-configuration.ts';
import { type ComparedPair, comparedPair, renamedIn } from './compared-pair.ts';
import { changedFormulas } from './failing-formulas.ts';
import { uncomparedChanges } from './uncompared-changes.ts';
import { ofAccounts } from './weaker-accounts.ts';
import { ofEnrolling, ofSequences } from './weaker-enrolling.ts';
import {
  enrollmentText,
  freedRule,
  laxerRule,
  namedLocationText,
  openedRule,
  ruleLocations,
  rulesText,
  type WeakerFindings,
  weakerRule,
} from './weaker-rules.ts';

/** How configurations are compared. */
interface Comparing {
  /** Epoch seconds. */
  readonly now: Seconds;
  readonly locationOf: LocationOf;
  /** Authenticators that are off, and that accounts may have from an earlier revision. */
  readonly enabledEarlier: readonly string[];
}

/** Rejects if a policy cannot be read. */
export async function weakerFindings(
  active: ComparedConfiguration,
  next: ComparedConfiguration,
  { now, locationOf, enabledEarlier }: Comparing,
): Promise<WeakerFindings> {
  const { pairs } = await comparedApps(active, next);
  const zones = bothZones(active.snapshot.settings.zones, next.snapshot.settings.zones);
  const account = comparedPair(await accountPair(active, next), zones, now);
  const apps = pairs.map((pair) => comparedPair(pair, zones, now));
  const own = { policies: account.active, clientId: accountClientId };
  const ofApps = apps.map((pair) => ofPair(pair, now, own));
  // If all apps are strict, a weaker session policy may show only on the account pages.
  const isShown = ofApps.some(({ weaker }) => weaker.length > 0);
  const found = [
    ...(isShown ? ofApps : [...ofApps, ofPair(account, now, own)]),
    ofSwitches([...apps, account], enabledEarlier),
    ofAccounts([account, ...apps]),
  ];
  const all = {
    weaker: found.flatMap(({ weaker }) => weaker),
    undecided: [
      ...new Set([
        ...found.flatMap(({ undecided }) => undecided),
        ...aboutMovedZones([...apps, account]),
        ...(await uncomparedChanges(active, next, locationOf)),
      ]),
    ],
  };
  // What is refused in any case is not searched for enrollments in sequence, which takes longer.
  if (all.weaker.length > 0 || all.undecided.length > 0) return all;
  return ofSequences([...apps, account], own);
}

function ofPair(compared: ComparedPair, since: Seconds, account: AccountBefore): WeakerFindings {
  const { pair, active, next, refused, zones, conditions, space } = compared;
  const sides = { active, next, since, ...(refused && { refused }) };
  const { found, undecided } = newlyWeaker({ ...sides, scopes: knownScopes(pair) }, space);
  const enrollments = laxerEnrollments(sides, space);
  const isKnown = (enrollment: LaxerEnrollment) => found.some(({ now }) => now.app === enrollment.now.app);
  const enrolling = ofEnrolling({ ...sides, account }, compared, { found, undecided });
  const formulas = conditions.some(mayFail);
  return {
    weaker: [
      ...found.map((newlyFound) => weakerRule(newlyFound, pair)),
      ...enrollments.found
        .filter((enrollment) => !isKnown(enrollment))
        .map((enrollment) => laxerRule(enrollment, pair)),
      ...enrolling.weaker,
    ],
    undecided: [
      ...undecided.map(({ before, now }) => `${rulesText(now)}, where ${rulesText(before)} decided`),
      ...enrolling.undecided,
      ...enrollments.undecided.map(
        ({ before, now, areProofsTooMany }) =>
          `${enrollmentText(now)}, where ${enrollmentText(before)} decided what is set up${otherTermsText(before, now)}${areProofsTooMany ? `; rules name more than ${mostProofs} proofs in \`authenticated\`, too many to compare all sets of them` : ''}`,
      ),
      ...ruleLocations(changedFormulas(active, next)).map(
        (location) => `${namedLocationText(location)} denies where its formula fails, and may now be passed by`,
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
function ofSwitches(apps: readonly ComparedPair[], enabledEarlier: readonly string[]): WeakerFindings {
  const found = apps.flatMap((pair) => freedEnrollments(pair, pair.space).map((freed) => ({ freed, pair: pair.pair })));
  const off = new Set(apps.flatMap(switchedOff).map(({ key }) => key));
  const open = [...off].filter((key) => !found.some(({ freed }) => freed.off === key));
  const standIns = new Set(apps.flatMap(newStandIns));
  const opened = apps.flatMap((pair) =>
    newlyOpened({ ...pair, enabledEarlier }, pair.space).map((each) => openedRule(each, pair.pair)),
  );
  return {
    weaker: [...found.map(({ freed, pair }) => freedRule(freed, pair)), ...opened],
    undecided: [
      ...open.map((key) => `\`authenticators.${key}\` is switched off, so that users who have it may prove less`),
      ...[...standIns].map((key) => `\`authenticators.${key}\` is switched on, and stands in for what users have lost`),
    ],
  };
}

/** Recovery authenticators that newly count for account changes, together with another factor (Law 7). */
function newStandIns({ active, next }: ComparedPair): readonly string[] {
  const known = recoveryKeys(active.authenticators);
  return recoveryKeys(next.authenticators).filter((key) => !known.includes(key));
}

/** Rules of other policies that name a zone which differs: they may now apply to other users. */
function aboutMovedZones(apps: readonly ComparedPair[]): readonly string[] {
  const rules = apps.flatMap(({ pair, zones }) => {
    const { password, profile } = pair.next.policies;
    const own = [password, profile].flatMap((policy): readonly RuleHead[] =>
      (policy?.rules ?? []).map(({ rule }) => rule),
    );
    const isMoved = ({ when }: RuleHead) => JSON.stringify(renamedIn(when, 'next', zones)) !== JSON.stringify(when);
    return own.filter(isMoved);
  });
  return ruleLocations(rules).map((location) => `${namedLocationText(location)}, since zones differ`);
}
/** Those of the settings and of the APIs. */
function knownScopes({ next }: AppPair): readonly string[] {
  const { scopes, resources } = next.side.snapshot.settings;
  return [...Object.keys(scopes), ...resources.flatMap((resource) => resource.scopes)];
}

/** For rules of the same name: which terms differ, as the end of a sentence about the rule. */
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
  return names.length === 0 ? '' : `: \`${names.join('`, `')}\` ${names.length === 1 ? 'differs' : 'differ'}`;
}
