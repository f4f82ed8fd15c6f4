/** The combinations of groups and user types that rules name, and rules that let in other users. */
import type { AnyAllNone, ConditionSet, Conditions, ExpressionLogic } from '../../../core/model/conditions.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import type { App } from '../../../policy/model/app.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';
import { getsIn } from './asked-text.ts';
import type { NamedUser, Outcome } from './fresh-sign-ins.ts';
import { isLeftAside } from './left-aside.ts';

/**
 * For example `doctors + admins + userType employee`: a comma stands between users. `none`: the text for a user in no
 * group.
 */
export function namedUserText({ groups, userType }: NamedUser, none: string): string {
  return [...groups, ...(userType === undefined ? [] : [`userType ${userType}`])].join(' + ') || none;
}

/** The combinations other than a single group or none without a type, without duplicates, sorted by groups. */
export async function namedUsers(apps: readonly App[], snapshot: Snapshot): Promise<readonly NamedUser[]> {
  const found = new Map<string, NamedUser>();
  for (const app of apps) {
    const rules = rulesOf(await snapshot.policies(app));
    for (const user of rules.flatMap(({ when }) => usersOf(when))) found.set(namedUserText(user, ''), user);
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, user]) => user);
}

function rulesOf({ session, app, enrollment, profile }: PolicySet): readonly RuleHead[] {
  return [session, app, enrollment, profile].flatMap((policy): readonly RuleHead[] => {
    const rules: readonly { readonly rule: RuleHead }[] = policy?.rules ?? [];
    return rules.map(({ rule }) => rule);
  });
}

function usersOf({ any = [{}], ...own }: Conditions): readonly NamedUser[] {
  return any.flatMap((alternative) => {
    const [ofOwn, ofAlternative] = [own, alternative].map(({ expression }) => waysToHold(expression?.logic));
    const ways = eachTogether([ofOwn ?? [], ofAlternative ?? []]);
    return ways.flatMap((inside) => usersIn([own, alternative, ...inside]));
  });
}

/** What must hold together. */
type Way = readonly ConditionSet[];

/** An expression names no more combinations. */
const mostWays = 64;

/** What an expression asks of groups and types, in each way in which it may hold. */
function waysToHold(logic: ExpressionLogic | undefined, isAsked = true): readonly Way[] {
  if (logic === undefined) return [[]];
  if ('not' in logic) return waysToHold(logic.not, !isAsked);
  const parts = 'all' in logic ? logic.all : 'any' in logic ? logic.any : undefined;
  if (parts) {
    const ways = parts.map((part) => waysToHold(part, isAsked));
    return 'all' in logic === isAsked ? eachTogether(ways) : ways.flat().slice(0, mostWays);
  }
  if ('when' in logic && logic.when.groups && isAsked) return [[{ groups: logic.when.groups }]];
  return 'userType' in logic && logic.userType !== 'any' ? [[{ userType: { any: logic.userType } }]] : [[]];
}

function eachTogether(all: readonly (readonly Way[])[]): readonly Way[] {
  return all.reduce<readonly Way[]>(
    (found, ways) => found.flatMap((way) => ways.map((more) => [...way, ...more])).slice(0, mostWays),
    [[]],
  );
}

/** The users that conditions describe which must all hold. */
function usersIn(sets: readonly ConditionSet[]): readonly NamedUser[] {
  const types = new Set(sets.flatMap(({ userType: { any = [], none = [] } = {} }) => [...any, ...none]));
  const inGroups = groupSets(sets.flatMap(({ groups }) => groups ?? []));
  const together = inGroups.filter((groups) => groups.length > 1).map((groups) => ({ groups }));
  return [...together, ...[...types].flatMap((userType) => inGroups.map((groups) => ({ groups, userType })))];
}

/** All required groups, with one of each list of alternatives. */
function groupSets(lists: readonly AnyAllNone[]): readonly (readonly string[])[] {
  const all = lists.flatMap((list) => list.all ?? []);
  const choices = lists.flatMap((list) => (list.any ? [list.any] : []));
  const sets = choices.reduce((found, any) => found.flatMap((set) => any.map((name) => [...set, name])), [all]);
  return sets.map((set) => [...new Set(set)].sort());
}

interface AppOutcomes {
  readonly app: App;
  readonly outcomes: readonly Outcome[];
}

/**
 * Lines about apps that none of these users can enter, and whose rules ask about something that these users lack:
 * others may get in.
 */
export async function otherUsersText(rows: readonly AppOutcomes[], snapshot: Snapshot): Promise<string> {
  const lines: string[] = [];
  for (const [app, own] of Map.groupBy(rows, (row) => row.app)) {
    if (own.some(({ outcomes }) => outcomes.some(getsIn))) continue;
    const { session, app: signOn } = await snapshot.policies(app);
    const asking = [session, signOn].flatMap((policy) => policy?.rules.flatMap(({ rule }) => askingText(rule)) ?? []);
    if (asking.length > 0)
      lines.push(`None of these users gets into ${app.clientId}. Others may: ${asking.join('; ')}\n`);
  }
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** For example `rule "Doctors" asks about attributes.licence`. */
function askingText({ name, when }: RuleHead): readonly string[] {
  const asked = conditionSets(when).flatMap((set) =>
    Object.keys(set)
      .filter(isLeftAside)
      .flatMap((condition) => namesIn(condition, set)),
  );
  return asked.length === 0 ? [] : [`rule "${name}" asks about ${[...new Set(asked)].join(', ')}`];
}

function namesIn(condition: string, { attributes = {} }: ConditionSet): readonly string[] {
  return condition === 'attributes' ? Object.keys(attributes).map((name) => `attributes.${name}`) : [condition];
}
