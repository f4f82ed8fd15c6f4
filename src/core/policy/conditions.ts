/** The conditions of a rule as closures. Three-valued: what depends on the person is `unknown` until somebody has identified. */
import type { AnyAllNone, AttributeTest, AttributeValue, ConditionResult, Conditions } from '../model/conditions.ts';
import type { Facts, Seconds, Subject } from '../model/facts.ts';
import { type LocalTime, localTimeIn } from './local-time.ts';
import { compilePattern } from './pattern.ts';

/** One condition, ready to be tested. The same closure serves deciding and explaining (Law 3). */
export interface CompiledCondition {
  /** e.g. `groups`, `device.known`, `attributes.department`. */
  readonly name: string;
  readonly test: (facts: Facts) => ConditionResult;
  /** Another sign-in of the same person to the same app may have it otherwise: another network, device, time, or scope. */
  readonly varies: boolean;
}

/** What a compiler makes; whether it varies, its key says. */
type Tested = Omit<CompiledCondition, 'varies'>;

const varying: ReadonlySet<keyof Conditions> = new Set(['network', 'device', 'scopes', 'time']);

type Compiler<Key extends keyof Conditions> = (given: NonNullable<Conditions[Key]>) => readonly Tested[];

const compilers: { readonly [Key in keyof Required<Conditions>]: Compiler<Key> } = {
  users: (lists) => [{ name: 'users', test: aboutSubject(usersTest(lists)) }],
  groups: (lists) => [{ name: 'groups', test: aboutSubject((subject) => memberOf(lists, subject.groups)) }],
  userType: (lists) => [
    {
      name: 'userType',
      test: aboutSubject(({ userType }) => memberOf(lists, userType === undefined ? [] : [userType])),
    },
  ],
  network: (lists) => [{ name: 'network', test: (facts) => resultOf(memberOf(lists, facts.network.zones)) }],
  device: deviceConditions,
  apps: (lists) => [{ name: 'apps', test: (facts) => resultOf(memberOf(lists, [facts.request.clientId])) }],
  scopes: (lists) => [{ name: 'scopes', test: (facts) => resultOf(memberOf(lists, facts.request.scopes)) }],
  time: (time) => [{ name: 'time', test: timeTest(time) }],
  attributes: attributeConditions,
};

/**
 * Compiles the conditions of one rule; all of them must hold. None given: the list is empty, the rule always applies.
 * @throws TypeError for a condition that is not known: leaving it out would widen the rule
 * @throws RangeError for a time zone that does not exist
 */
export function compileConditions(when: Conditions): readonly CompiledCondition[] {
  const unknown = Object.keys(when).find((key) => !Object.hasOwn(compilers, key));
  if (unknown !== undefined) throw new TypeError(`unknown condition: ${unknown}`);
  return (Object.keys(compilers) as (keyof Conditions)[]).flatMap((key) => compileOne(key, when));
}

function compileOne<Key extends keyof Conditions>(key: Key, when: Conditions): readonly CompiledCondition[] {
  const given = when[key];
  const compile: Compiler<Key> = compilers[key];
  if (given === undefined) return [];
  const varies = varying.has(key);
  return compile(given as NonNullable<Conditions[Key]>).map((condition) => ({ ...condition, varies }));
}

function resultOf(holds: boolean): ConditionResult {
  return holds ? 'hit' : 'miss';
}

function aboutSubject(holds: (subject: Subject) => boolean): (facts: Facts) => ConditionResult {
  return ({ subject }) => (subject === undefined ? 'unknown' : resultOf(holds(subject)));
}

function memberOf(lists: AnyAllNone, values: readonly string[]): boolean {
  return (
    (lists.any === undefined || intersects(lists.any, values)) &&
    (lists.all === undefined || containsAll(values, lists.all)) &&
    (lists.none === undefined || !intersects(lists.none, values))
  );
}

function intersects(list: readonly string[], values: readonly string[]): boolean {
  for (const requestedEnrollment of list) if (values.includes(requestedEnrollment)) return true;
  return false;
}

function containsAll(values: readonly string[], list: readonly string[]): boolean {
  for (const requestedEnrollment of list) if (!values.includes(requestedEnrollment)) return false;
  return true;
}

/** Lists of users may be long, a person has few identifiers: hence sets here. */
function usersTest(lists: NonNullable<Conditions['users']>): (subject: Subject) => boolean {
  const any = lists.any && new Set(lists.any);
  const none = lists.none && new Set(lists.none);
  const isIn = (set: ReadonlySet<string>, { id, identifiers }: Subject) =>
    set.has(id) || identifiers.some((identifier) => set.has(identifier));
  return (subject) => (any === undefined || isIn(any, subject)) && (none === undefined || !isIn(none, subject));
}

/** A device is known as somebody's: as long as nobody has identified, it may yet turn out to be known. */
function knownDevice({ subject, device }: Facts, requestedEnrollment: boolean): ConditionResult {
  return subject === undefined ? 'unknown' : resultOf(device.known === requestedEnrollment);
}

function deviceConditions(device: NonNullable<Conditions['device']>): readonly Tested[] {
  const { known, platform, os } = device;
  const conditions: Tested[] = [];
  if (known !== undefined) {
    conditions.push({ name: 'device.known', test: (facts) => knownDevice(facts, known) });
  }
  if (platform)
    conditions.push({ name: 'device.platform', test: (facts) => resultOf(platform.includes(facts.device.platform)) });
  if (os) conditions.push({ name: 'device.os', test: (facts) => resultOf(os.includes(facts.device.os)) });
  return conditions;
}

/** A window over midnight belongs to the day on which it begins: `days: [fri]`, 22:00 to 06:00 ends on Saturday morning. */
function timeTest(time: NonNullable<Conditions['time']>): (facts: Facts) => ConditionResult {
  const { days, from = 0, to = 24 * 60 } = time;
  const localTime = localTimeIn(time.zone);
  const inWindow = ({ day, minute }: LocalTime): boolean => {
    const overMidnight = from > to;
    const afterMidnight = overMidnight && minute < to;
    const began = afterMidnight ? (day + 6) % 7 : day;
    const inHours = overMidnight ? minute >= from || afterMidnight : minute >= from && minute < to;
    return inHours && (days === undefined || days.includes(began));
  };
  return (facts: { readonly now: Seconds }) => resultOf(inWindow(localTime(facts.now)));
}

function attributeConditions(tests: Readonly<Record<string, AttributeTest>>): readonly Tested[] {
  return Object.entries(tests).map(([name, test]) => {
    const holds = attributeTest(test);
    return { name: `attributes.${name}`, test: aboutSubject((subject) => hasValue(subject.profile, name, holds)) };
  });
}

/** An attribute with several values passes when one of them does. An absent one never does. */
function hasValue(profile: Subject['profile'], name: string, holds: (value: unknown) => boolean): boolean {
  const value = Object.hasOwn(profile, name) ? profile[name] : undefined;
  if (value === undefined || value === null) return false;
  return Array.isArray(value) ? value.some(holds) : holds(value);
}

function attributeTest(test: AttributeTest): (value: unknown) => boolean {
  const matches = test.matches === undefined ? undefined : compilePattern(test.matches);
  return (value) =>
    (test.equals === undefined || value === test.equals) &&
    (test.in === undefined || test.in.includes(value as AttributeValue)) &&
    (matches === undefined || (typeof value === 'string' && matches(value)));
}
