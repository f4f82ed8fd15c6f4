/**
 * A real sign-in as a policy test: only the facts that rules of its app ask about, and the result by the present files.
 * It contains no id, no identifier and no address.
 */

import type { AttributeSchema } from '../../core/model/attribute.ts';
import { enrollmentName, methodName } from '../../core/model/authenticator-name.ts';
import type { ConditionSet } from '../../core/model/conditions.ts';
import type { Seconds, Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { signInConditions } from '../../core/queries/sign-in-conditions.ts';
import type { AuditTrace, TracedProof } from '../../flow/audit-trace.ts';
import type { Explanation } from '../../flow/explain.ts';
import { standardAttributes } from '../../policy/model/standard-attributes.ts';
import { type AskedStep, askedSteps } from './asked-steps.ts';

/** The sign-in that is recorded. */
export interface RecordedSignIn {
  readonly subject: Subject;
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Absent for a fresh sign-in from a new browser outside all zones. */
  readonly trace?: Omit<AuditTrace, 'layers'>;
}

export interface RecordedTest {
  /** The test's keys as written, without name and expectation. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Conditions whose facts would identify the user, or that can ask about anything. */
  readonly leftOut: readonly string[];
}

export function recordedFacts(
  { subject, at, trace }: RecordedSignIn,
  policies: PolicySet,
  attributes: AttributeSchema,
): RecordedTest {
  const sets = signInConditions(policies);
  const asks = (name: keyof ConditionSet) => sets.some((set) => set[name] !== undefined);
  const zones = named(sets, 'network').filter((zone) => trace?.zones?.includes(zone));
  const scopes = trace?.scopes.filter((scope) => scope !== 'openid') ?? [];
  const earlier = trace?.proved.filter((proof) => proof.earlier) ?? [];
  const evidence = earlier.map((proof) => `${proofName(proof)}@${proof.age}s`);
  const request = omitUndefined({
    scopes: scopes.length > 0 ? ['openid', ...scopes] : undefined,
    acrValues: trace?.acrValues,
    essentialAcr: trace?.acrEssential,
    maxAge: trace?.maxAge,
    promptLogin: trace?.promptLogin,
  });
  const device = omitUndefined({
    known: asks('device') && trace?.device.known ? (true as const) : undefined,
    platform: trace?.device.platform,
    os: trace?.device.os,
    signals: trace?.device.signals?.length ? trace.device.signals : undefined,
  });
  return {
    facts: omitUndefined({
      user: recordedUser(subject, { at, sets, attributes, ...(trace && { trace }) }),
      network: zones.length > 0 ? { zones } : undefined,
      device: filled(device),
      risk: trace?.risk?.length ? trace.risk : undefined,
      distance: distanceText(trace?.distance),
      time: asks('time') ? new Date(at * 1000).toISOString() : undefined,
      request: filled(request),
      evidence: evidence.length > 0 ? evidence : undefined,
      keptSignedIn: trace?.kept,
    }),
    leftOut: [
      ...(['users', 'expression'] as const).filter(asks),
      ...unrecorded(trace).filter(asks),
      ...testedAttributes(sets).filter((name) => Object.hasOwn(subject.profile, name) && tellsWho(name, attributes)),
    ],
  };
}

interface Asked {
  readonly at: Seconds;
  readonly sets: readonly ConditionSet[];
  readonly attributes: AttributeSchema;
  readonly trace?: RecordedSignIn['trace'];
}

/** Facts about the history that the line does not record, or that could not be checked, which no test can set. */
function unrecorded(trace: RecordedSignIn['trace']): readonly ('risk' | 'distance' | 'lastSignIn')[] {
  const { risk, unknownRisk, distance, lastSignIn = trace?.recordedSince } = trace ?? {};
  return [
    ...(risk === undefined || unknownRisk ? (['risk'] as const) : []),
    ...(distance === undefined || distance === 'unknown' ? (['distance'] as const) : []),
    ...(lastSignIn === undefined ? (['lastSignIn'] as const) : []),
  ];
}

/** A test cannot name a distance of less than a kilometre. */
function distanceText(distance: AuditTrace['distance']): string | undefined {
  if (typeof distance === 'number') return `${Math.max(1, Math.round(distance))} km`;
  return distance === 'nowhere' ? distance : undefined;
}

/** Whether a test can contain it: a plain value, or a list of texts. */
function isSayable(value: unknown): boolean {
  return Array.isArray(value) ? value.every((item) => typeof item === 'string') : typeof value !== 'object';
}

/** What is known about the last sign-in. */
function lastSignInText({ lastSignIn, recordedSince }: Pick<AuditTrace, 'lastSignIn' | 'recordedSince'>): unknown {
  if (typeof lastSignIn === 'number') return `PT${Math.max(1, lastSignIn)}S`;
  return recordedSince === undefined ? lastSignIn : { recordedSince: `PT${recordedSince}S` };
}

function recordedUser(subject: Subject, { at, sets, attributes, trace }: Asked): Readonly<Record<string, unknown>> {
  const asks = (name: keyof ConditionSet) => sets.some((set) => set[name] !== undefined);
  const tested = new Set(testedAttributes(sets));
  const profile = Object.entries(subject.profile).filter(
    ([name, value]) => tested.has(name) && isSayable(value) && !tellsWho(name, attributes),
  );
  return omitUndefined({
    groups: named(sets, 'groups').filter((group) => subject.groups.includes(group)),
    userType: asks('userType') ? subject.userType : undefined,
    attributes: profile.length > 0 ? Object.fromEntries(profile) : undefined,
    enrolled: [...new Set(subject.enrollments.map(enrollmentName))],
    lastSignIn: trace && lastSignInText(trace),
    accountAge: asks('accountAge') ? age(at, subject.createdAt) : undefined,
    recovered: asks('recovered') ? age(at, subject.recovery?.at) : undefined,
  });
}

function testedAttributes(sets: readonly ConditionSet[]): readonly string[] {
  return [...new Set(sets.flatMap((set) => Object.keys(set.attributes ?? {})))];
}

/** Attributes that identify the user, unique ones, and names, addresses and numbers. */
function tellsWho(name: string, { attributes }: AttributeSchema): boolean {
  const { unique, identifies } = attributes[name] ?? {};
  return unique === true || identifies === true || Object.hasOwn(standardAttributes, name);
}

function age(time: Seconds, then: Seconds | undefined): string | undefined {
  return then === undefined ? undefined : `PT${Math.max(1, time - then)}S`;
}

function filled<Parts extends object>(parts: Parts): Parts | undefined {
  return Object.keys(parts).length > 0 ? parts : undefined;
}

/** The names in the conditions. */
function named(sets: readonly ConditionSet[], condition: 'groups' | 'network'): readonly string[] {
  const lists = sets.flatMap((set) => {
    const { any = [], all = [], none = [] } = set[condition] ?? {};
    return [...any, ...all, ...none];
  });
  return [...new Set(lists)];
}

/** The result of these facts in the form of a test. */
export function recordedExpectation(explanation: Explanation): Readonly<Record<string, unknown>> {
  const { steps, layers } = explanation;
  const end = steps.at(-1);
  const isDenied = end?.kind === 'denied';
  const app = layers.find(({ layer, decidedBy }) => layer === 'app' && decidedBy !== undefined)?.decidedBy;
  return omitUndefined({
    deny: isDenied ? end.reason : end?.kind === 'complete' ? false : undefined,
    steps: askedSteps(explanation).map(written),
    rule: (isDenied ? end.rule : undefined) ?? app,
    acr: end?.kind === 'complete' ? end.acr : undefined,
  });
}

function written({ kind, names }: AskedStep): unknown {
  const [first] = names;
  if (kind === 'keep_account') return kind;
  const one = names.length === 1 ? first : names;
  if (kind === 'prove') return one;
  return { [kind]: kind === 'profile' || kind === 'consent' ? names : one };
}

function proofName({ authenticator, method }: TracedProof): string {
  return method === undefined ? authenticator : methodName(authenticator, method);
}
