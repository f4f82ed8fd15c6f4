/** Situations in which two rules may both apply, made from their conditions: for analysis, never to decide. */
import type { AnyAllNone, AttributeTest, Conditions } from '../model/conditions.ts';
import type { Facts, Seconds, Subject } from '../model/facts.ts';

/** A Friday; what matters is that a week from here has every hour of every day. */
const START: Seconds = 1_800_000_000;
const QUARTER: Seconds = 900;
const WEEK: Seconds = 604_800;

/**
 * Facts that fit both conditions as far as they can be made to; whether they do, the evaluator tells. Empty where it cannot be decided:
 * that somebody in the one group is in the other one, too, follows from no configuration.
 */
export function sampleFacts(one: Conditions, other: Conditions, clientId: string): readonly Facts[] {
  const groups = jointly(one.groups, other.groups);
  const zones = jointly(one.network, other.network);
  const users = jointly(one.users, other.users);
  const userTypes = jointly(one.userType, other.userType);
  if (!groups || !zones || !users || !userTypes) return [];
  const [userType] = userTypes;
  const subject: Subject = {
    id: 'somebody',
    status: 'active',
    identifiers: users,
    groups,
    ...(userType !== undefined && { userType }),
    profile: { ...attributesOf(other), ...attributesOf(one) },
    enrollments: [],
  };
  const scopes = [one, other].flatMap((when) => membersOf(when.scopes));
  const request = { clientId, scopes, acrValues: [], acrEssential: false, promptLogin: false };
  const device = deviceOf(one, other);
  return moments(one, other).map((now) => ({
    now,
    request,
    network: { ip: '', zones },
    device,
    subject,
    evidence: [],
  }));
}

/** The least that meets a list; of `any` the first that is not excluded. */
function membersOf(lists: AnyAllNone | undefined): readonly string[] {
  const { any = [], all = [], none = [] } = lists ?? {};
  const hasAny = any.length === 0 || any.some((value) => all.includes(value));
  const first = any.find((value) => !none.includes(value));
  return hasAny || first === undefined ? all : [...all, first];
}

/** What meets both lists without a membership that neither of them alone asks for. Undefined: nothing surely does. */
function jointly(one: AnyAllNone | undefined, other: AnyAllNone | undefined): readonly string[] | undefined {
  const shared = one?.any?.find((value) => other?.any?.includes(value));
  if (shared !== undefined) return [...new Set([shared, ...(one?.all ?? []), ...(other?.all ?? [])])];
  const [a, b] = [membersOf(one), membersOf(other)];
  if (a.every((value) => b.includes(value))) return b;
  return b.every((value) => a.includes(value)) ? a : undefined;
}

function attributesOf({ attributes = {} }: Conditions): Subject['profile'] {
  return Object.fromEntries(Object.entries(attributes).map(([name, test]) => [name, valueFor(test)]));
}

function valueFor({ equals, in: list, matches }: AttributeTest): unknown {
  return equals ?? list?.[0] ?? matches?.replaceAll('*', '');
}

function deviceOf(one: Conditions, other: Conditions): Facts['device'] {
  const pick = <Value>(a: readonly Value[] | undefined, b: readonly Value[] | undefined): Value | undefined =>
    a?.find((value) => b === undefined || b.includes(value)) ?? b?.[0];
  return {
    known: one.device?.known ?? other.device?.known ?? false,
    platform: pick(one.device?.platform, other.device?.platform) ?? 'desktop',
    os: pick(one.device?.os, other.device?.os) ?? 'other',
  };
}

function moments(one: Conditions, other: Conditions): readonly Seconds[] {
  if (one.time === undefined && other.time === undefined) return [START];
  return Array.from({ length: WEEK / QUARTER }, (_, index) => START + index * QUARTER);
}
