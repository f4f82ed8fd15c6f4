/** Users who are denied with what their account begins with, as findings: at the rule that is the cause. */
import { onceFor } from '../../../core/analysis/space/once-for.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { analysedAppsText, distinctRules, mostNamed, namedRulesText } from '../text/apps-text.ts';
import { exampleOptions } from '../text/example-options.ts';
import { atOwnApp, type DeniedAt, searchAlike } from './alike-apps.ts';
import { type AccountAdditions, accountAdditions, neverAddedFindings } from './denials/account-additions.ts';
import { rulesIn } from './denials/denial-cause.ts';
import { newcomerSearch } from './denials/denied-newcomers.ts';
import type { Denied, NewAccount } from './denials/denied-users.ts';
import { knownOfApps } from './denials/known-of-apps.ts';
import { lockOutFinder, mayAddAtPages, neverByCause } from './denials/lock-out-finder.ts';
import { isUsualLockOut, isUsualNewcomer } from './denials/usual-users.ts';
import { type AppsThen, graceEndOf, graceEnds } from './grace-ends.ts';
import { isOfAllNamed } from './locked-out-users.ts';

/** One for each rule that is the cause, and for each sign-on rule where none is. */
export function newcomerFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const additions = accountAdditions(apps, configuration);
  const then = [{ apps, configuration }, ...graceEnds(apps, configuration)].map((appsThen) =>
    newcomersThen(appsThen, additions),
  );
  const denied = then.flatMap((search) => search.denied);
  const byCause = then.map((search) => Map.groupBy(search.denied, causeKey));
  const causes = new Set(byCause.flatMap((same) => [...same.keys()]));
  const found = [...causes].flatMap((cause) =>
    atCause(
      byCause.map((same) => same.get(cause) ?? []),
      { ...configuration, places: additions.places },
    ),
  );
  const told = new Set(
    denied.flatMap(({ found: { cause, lockOut } }) => (lockOut ? [...cause.account, ...cause.together] : [])),
  );
  const undecided = [...new Set(then.flatMap((search) => search.undecided))];
  return [
    ...found,
    ...neverAddedFindings(additions, told, configuration),
    ...undecidedFindings(undecided, 'whether it keeps users from adding what they are asked for', configuration),
  ];
}

function newcomersThen({ apps, configuration, afterSkips }: AppsThen, additions: AccountAdditions) {
  const finder = lockOutFinder(additions, configuration);
  const all = searchAlike(apps, additions.places, {
    search: newcomerSearch(finder, knownOfApps(additions, configuration)),
    isLike: finder.isLike,
  });
  const denied = all.flatMap((found) => found.denied);
  return {
    denied: afterSkips ? denied.filter(({ found }) => found.lockOut !== undefined) : denied,
    undecided: all.flatMap((found) => found.undecided),
  };
}

function causeKey({ found, combination }: DeniedAt): string {
  return placeOf(rulesIn(found.cause)[0] ?? combination.app);
}

/** Once for each rule: thousands of denials are by the same few. */
const placeOf = onceFor(({ location }: RuleHead) => JSON.stringify(location));

type WithPlaces = AnalysedConfiguration & Pick<AccountAdditions, 'places'>;

/**
 * The worst finding stands alone; of several times at which it is found, the first. Accounts that begin with less than
 * others count where no others are denied.
 */
function atCause(then: readonly (readonly DeniedAt[])[], configuration: WithPlaces): readonly AnalysisFinding[] {
  const ofOthers = then.map((all) => all.filter(({ found }) => !found.beginning.hasLess));
  const same = firstFound([...ofOthers, ...then]);
  if (!same.some(({ found }) => rulesIn(found.cause).length > 0))
    return same.flatMap((denied) => atSignOn(atOwnApp(denied), configuration));
  const lockedOut = firstFound(then.map((all) => all.filter(({ found }) => found.lockOut !== undefined)));
  return lockedOut.length > 0 ? lockOutFor(lockedOut, configuration) : newcomerLockOut(same, configuration);
}

function firstFound(then: readonly (readonly DeniedAt[])[]): readonly DeniedAt[] {
  return then.find((same) => same.length > 0) ?? [];
}

function atSignOn(denied: Denied, { locationOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const { combination, beginning, facts, after } = denied;
  const location = locationOf(combination.app);
  if (location === undefined) return [];
  const { clause, isTimed } = graceEndOf(denied);
  return [
    findingAt('newcomer-lock-out', location, {
      message: `denies ${newcomersText(beginning)}${clause}: they cannot set up there what it asks for`,
      ...severityOf(beginning),
      rules: [after?.rule ?? combination.enrollment ?? []].flat().map(namedRule),
      example: exampleOptions({ ...facts, ...(isTimed && { isTimed }) }, beginning.keys),
      advice: 'let them set it up there, by the enrollment and the account policy, or take what they have',
    }),
  ];
}

/** No rule says that there are accounts that begin with less. */
function severityOf({ hasLess }: NewAccount): { readonly severity?: 'note' } {
  return hasLess ? { severity: 'note' } : {};
}

function newcomersText({ keys, how }: NewAccount): string {
  return `users who have nothing but ${keys.join(' and ')}, as after ${how}`;
}

/** Users could add it where other rules decide, or later. */
function newcomerLockOut(same: readonly DeniedAt[], configuration: WithPlaces): readonly AnalysisFinding[] {
  const ordinary = same.find((denied) => isUsualNewcomer(atOwnApp(denied))) ?? same[0];
  const shown = ordinary && atOwnApp(ordinary);
  const location = shown && locationOfCause(shown, configuration.locationOf);
  if (shown === undefined || location === undefined) return [];
  const { beginning, facts } = shown;
  const { clause, isTimed } = graceEndOf(shown);
  const what = shown.cause.enrollment ? 'set up there' : 'add there';
  return [
    findingAt('newcomer-lock-out', location, {
      message: `locks ${newcomersText(beginning)}, out of ${analysedAppsText(same)}${clause}: they cannot ${what} what is asked for`,
      ...severityOf(beginning),
      rules: involvedIn(same).slice(0, mostNamed).map(namedRule),
      example: exampleOptions({ ...facts, ...(isTimed && { isTimed }) }, beginning.keys),
      advice: shown.cause.enrollment
        ? 'let them set it up there, by the enrollment and the account policy, or take what they have'
        : `${askForOneFactor(shown)}, or have them add it first where another rule of this policy lets them${inAppsOnly(same, configuration)}`,
    }),
  ];
}

/** In an app, a user cannot decide to add something. */
function inAppsOnly(same: readonly DeniedAt[], configuration: WithPlaces): string {
  const mayAdd = same.some((denied) => mayAddAtPages(atOwnApp(denied), configuration.places, configuration));
  return mayAdd
    ? ''
    : ': at the account pages none does, and an app offers it only if its policies or the essential `acr` of its request ask for it';
}

function lockOutFor(same: readonly DeniedAt[], { locationOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const shown = exampleOf(same);
  const location = shown && locationOfCause(shown.denied, locationOf);
  if (shown === undefined || location === undefined) return [];
  const { denied, facts, reachable } = shown;
  const { clause, isTimed } = graceEndOf(denied);
  const isForAll = isOfAllNamed(same);
  const never = neverByCause(denied).join(' or ') || 'what is asked for';
  const involved = involvedIn(same);
  // Elsewhere, where other rules decide, such a user may well get in.
  const where = isForAll ? '' : ' in circumstances like those of the example';
  const whom = isForAll
    ? `all users for whom ${namedRulesText(involved)} decide`
    : 'users such as the one of the example';
  const lacking = isForAll ? `no user who lacks ${never} can ever add it` : `without ${never} they can never add it`;
  return [
    findingAt('lock-out', location, {
      message: `locks ${whom} out of ${analysedAppsText(same)}${where}${clause}: ${lacking}`,
      ...(!shown.isUsual && { severity: 'warning' as const }),
      rules: involved.slice(0, mostNamed).map(namedRule),
      example: exampleOptions({ ...facts, ...(isTimed && { isTimed }) }, [...new Set(reachable)]),
      advice: denied.cause.enrollment
        ? `let them set up ${never} there, by the enrollment and the account policy, or do not ask for it there`
        : `${askForOneFactor(denied)}, or do not ask for ${never} there`,
    }),
  ];
}

/** A user who is denied with everything, one who may well exist if there is one. */
function exampleOf(same: readonly DeniedAt[]) {
  const usual = same.find(({ found }) => isUsualLockOut(found));
  const shown = usual ?? same.find(({ found }) => found.lockOut);
  const denied = shown && atOwnApp(shown);
  return denied?.lockOut && { denied, ...denied.lockOut, isUsual: shown === usual };
}

/** Users prove in any case what their account can (Law 7), so that nothing is lost. */
function askForOneFactor({ cause }: Denied): string {
  const others = cause.together.length > 0 ? 'here or in another rule of this policy that is named' : 'here';
  const where = cause.account.length > 1 ? 'here and in the other rules of this policy that are named' : others;
  return `say \`allow: { factors: 1 }\` ${where}, as users prove all that their account can in any case`;
}

function locationOfCause({ cause }: Denied, locationOf: AnalysedConfiguration['locationOf']) {
  const [first] = rulesIn(cause);
  return first && locationOf(first);
}

/** Other rules that are the cause, rules of the enrollment policy, and those that let users in. */
function involvedIn(same: readonly DeniedAt[]): readonly RuleHead[] {
  const cause = same[0] && rulesIn(same[0].found.cause)[0];
  // Thousands of denials are by the same few rules.
  const causing = new Set<RuleHead>();
  const enrolling = new Set<RuleHead>();
  const signOn = new Set<RuleHead>();
  for (const { found, combination } of same) {
    for (const rule of rulesIn(found.cause).slice(1)) causing.add(rule);
    const enrollment = found.after?.rule ?? combination.enrollment;
    if (enrollment) enrolling.add(enrollment);
    for (const rule of found.lockOut?.after ?? []) enrolling.add(rule);
    signOn.add(combination.app);
  }
  const all = [...causing, ...enrolling, ...signOn];
  return distinctRules(all).filter(({ location }) => JSON.stringify(location) !== JSON.stringify(cause?.location));
}
