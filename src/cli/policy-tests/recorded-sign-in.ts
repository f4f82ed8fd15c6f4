/**
 * A real sign-in as a policy test: only the facts that rules of its app ask about, and the result by the present files.
 * It contains no address, and says who the user is only where rules ask about it.
 */

import type { AttributeSchema } from '../../core/model/attribute.ts';
import type { AnyAllNone, ConditionSet } from '../../core/model/conditions.ts';
import type { Enrollment, Seconds, Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { subjectAt } from '../../core/model/subject-at.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { conditionSets } from '../../core/policy/rules/condition-table.ts';
import type { AuditTrace } from '../../flow/audit-trace.ts';
import type { DecidedSignIn } from '../../flow/explain.ts';
import { standardAttributes } from '../../policy/model/standard-attributes.ts';
import { type AskedStep, askedSteps } from './asked-steps.ts';
import { type AskedFacts, askedFacts, asksTime } from './expression-facts-read.ts';
import { rulesOfSignIns } from './open-sign-ins.ts';
import { recordedProofs } from './recorded-proofs.ts';
import { recordedRecovery } from './recorded-recovery.ts';
import { recordedSkips } from './recorded-skips.ts';

/** The sign-in that is recorded. */
export interface RecordedSignIn {
  /** Absent: it ended before the user identified. */
  readonly subject?: Subject;
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Absent for a fresh sign-in from a new browser outside all zones. */
  readonly trace?: Omit<AuditTrace, 'layers'>;
}

export interface RecordedTest {
  /** The test's keys as written, without name and expectation. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What the test says that tells who the user is, e.g. `ann@corp.test`. */
  readonly names: readonly string[];
  /** What rules ask about and the test does not say. */
  readonly leftOut: readonly string[];
}

export function recordedFacts(
  { subject: account, at, trace }: RecordedSignIn,
  policies: PolicySet,
  attributes: AttributeSchema,
): RecordedTest {
  const subject = account && subjectAt(account, at);
  const asked = askedFacts(
    rulesOfSignIns(policies).flatMap(({ when }) => conditionSets(when)),
    attributes,
  );
  const { sets, reads } = asked;
  const asks = (name: keyof ConditionSet) => sets.some((set) => set[name] !== undefined);
  const zones = (trace?.zones ?? []).filter(
    (zone) => reads.has('network.zones') || named(sets, 'network').includes(zone),
  );
  const proofs =
    subject &&
    recordedProofs(
      { subject, authenticators: policies.authenticators },
      trace ?? { proved: [], device: { known: false } },
    );
  const { evidence, remembered, ...owned } = proofs ?? { evidence: [], remembered: [], enrolled: [], enrollments: [] };
  const asksOfDevice = deviceFactsAsked(asked);
  const device = omitUndefined({
    known: (asks('device') || reads.has('device.known')) && trace?.device.known ? (true as const) : undefined,
    platform: asksOfDevice('platform') ? trace?.device.platform : undefined,
    os: asksOfDevice('os') ? trace?.device.os : undefined,
    signals: asksOfDevice('signals') && trace?.device.signals?.length ? trace.device.signals : undefined,
    remembered: remembered.length > 0 && letsRemember(policies) ? remembered : undefined,
  });
  const user = subject && recordedUser(subject, { at, policies, ...asked, ...owned, ...(trace && { trace }) });
  return {
    facts: omitUndefined({
      user,
      network: zones.length > 0 ? { zones } : undefined,
      device: filled(device),
      risk: asks('risk') && trace?.risk?.length ? trace.risk : undefined,
      distance: asks('distance') ? distanceText(trace?.distance) : undefined,
      time: asksTime(policies, asked) ? new Date(at * 1000).toISOString() : undefined,
      request: filled(recordedRequest(trace)),
      evidence: evidence.length > 0 ? evidence : undefined,
      keptSignedIn: trace?.kept,
    }),
    names: user ? namesIn(user, attributes) : [],
    leftOut: [
      ...([...reads].some(isUnsayable) ? ['expression'] : []),
      ...(trace?.unknownZones && (asks('network') || reads.has('network.zones')) ? ['network'] : []),
      ...unrecordedOfDevice(trace, asked),
      // What is unusual for a user is not known before the user identified, whatever the test says.
      ...unrecorded(trace).filter((name) => asks(name) && (subject !== undefined || name === 'claims')),
    ],
  };
}

function recordedRequest(trace: RecordedSignIn['trace']): Readonly<Record<string, unknown>> {
  const scopes = trace?.scopes.filter((scope) => scope !== 'openid') ?? [];
  return omitUndefined({
    scopes: scopes.length > 0 ? ['openid', ...scopes] : undefined,
    essentialClaims: trace?.essentialClaims?.length ? trace.essentialClaims : undefined,
    acrValues: trace?.acrValues,
    essentialAcr: trace?.acrEssential,
    maxAge: trace?.maxAge,
    promptLogin: trace?.promptLogin,
  });
}

/** What the browser remembers counts only where a rule lets it stand for a second factor. */
function letsRemember({ app }: PolicySet): boolean {
  return app?.rules.some(({ rule: { then } }) => then.kind === 'allow' && then.remember !== undefined) ?? false;
}

interface Asked extends AskedFacts {
  readonly at: Seconds;
  readonly policies: PolicySet;
  readonly enrolled: readonly string[];
  /** The same enrollments, in the same order. */
  readonly enrollments: readonly Enrollment[];
  readonly trace?: RecordedSignIn['trace'];
}

const profile = 'user.profile.';

/** Facts that expressions read and tests say, besides attributes. */
const sayable = new Set([
  'now',
  'user.id',
  'user.identifiers',
  'user.groups',
  'user.userType',
  'user.createdAt',
  'network.zones',
  'device.known',
  'device.platform',
  'device.os',
  'request.clientId',
  'request.scopes',
  'request.acrValues',
]);

function isUnsayable(path: string): boolean {
  return !sayable.has(path) && !path.startsWith(profile);
}

/** Facts that the line does not record, or that could not be checked, so that no test can set them. */
function unrecorded(trace: RecordedSignIn['trace']): readonly ('claims' | 'risk' | 'distance' | 'lastSignIn')[] {
  const { essentialClaims, risk, unknownRisk, distance, lastSignIn = trace?.recordedSince } = trace ?? {};
  return [
    ...(trace && essentialClaims === undefined ? (['claims'] as const) : []),
    ...(risk === undefined || unknownRisk ? (['risk'] as const) : []),
    ...(distance === undefined || distance === 'unknown' ? (['distance'] as const) : []),
    ...(lastSignIn === undefined ? (['lastSignIn'] as const) : []),
  ];
}

/** Of the device, a line records only what rules asked about at that time. */
function unrecordedOfDevice(trace: RecordedSignIn['trace'], asked: AskedFacts): readonly string[] {
  const isAsked = deviceFactsAsked(asked);
  const names = ['platform', 'os', 'signals'] as const;
  return names.filter((name) => trace?.device[name] === undefined && isAsked(name)).map((name) => `device.${name}`);
}

/** What rules ask about the device. */
function deviceFactsAsked({ sets, reads }: AskedFacts): (name: 'platform' | 'os' | 'signals') => boolean {
  const asked = new Set(sets.flatMap(({ device = {} }) => Object.keys(device)));
  const asksSignals = ['registered', 'managed', 'assurance'].some((name) => asked.has(name));
  return (name) => (name === 'signals' ? asksSignals : asked.has(name) || reads.has(`device.${name}`));
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

interface RecordedUser extends Readonly<Record<string, unknown>> {
  readonly id?: string;
  readonly identifiers?: readonly string[];
  readonly attributes?: Subject['profile'];
}

function recordedUser(subject: Subject, asked: Asked): RecordedUser {
  const { at, sets, reads, trace } = asked;
  const asks = (name: keyof ConditionSet) => sets.some((set) => set[name] !== undefined);
  const tested = new Set(testedAttributes(asked));
  const { id, identifiers } = recordedIdentity(subject, asked);
  const groups = named(sets, 'groups');
  const attributes = Object.entries(subject.profile).filter(([name, value]) => tested.has(name) && isSayable(value));
  return omitUndefined({
    id,
    identifiers: identifiers.length > 0 ? identifiers : undefined,
    groups: subject.groups.filter((group) => reads.has('user.groups') || groups.includes(group)),
    userType: asks('userType') || reads.has('user.userType') ? subject.userType : undefined,
    attributes: attributes.length > 0 ? Object.fromEntries(attributes) : undefined,
    enrolled: asked.enrolled,
    lastSignIn: trace && asks('lastSignIn') ? lastSignInText(trace) : undefined,
    accountAge: asks('accountAge') || reads.has('user.createdAt') ? age(at, subject.createdAt) : undefined,
    ...recordedRecovery(subject.recovery, asked),
    skipped: recordedSkips(subject, asked.policies, trace),
  });
}

/** Rules that name users have the names in the files already, ids among them. An expression may ask about any. */
function recordedIdentity(
  { id, identifiers }: Subject,
  { sets, reads }: AskedFacts,
): { readonly id?: string; readonly identifiers: readonly string[] } {
  const names = named(sets, 'users');
  const isRead = reads.has('user.identifiers');
  return {
    ...((names.includes(id) || reads.has('user.id')) && { id }),
    identifiers: identifiers.filter((name) => isRead || names.includes(name)),
  };
}

/** What the recorded facts say that tells who the user is. */
function namesIn({ id, identifiers = [], attributes = {} }: RecordedUser, schema: AttributeSchema): readonly string[] {
  const told = Object.entries(attributes).flatMap(([name, value]) => (tellsWho(name, schema) ? value : []));
  return [...(id === undefined ? [] : [id]), ...identifiers, ...told.map(String)];
}

function testedAttributes({ sets, reads }: AskedFacts): readonly string[] {
  const read = [...reads].flatMap((path) => (path.startsWith(profile) ? [path.slice(profile.length)] : []));
  return [...new Set([...sets.flatMap((set) => Object.keys(set.attributes ?? {})), ...read])];
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
function named(sets: readonly ConditionSet[], condition: 'groups' | 'network' | 'users'): readonly string[] {
  const lists = sets.flatMap((set) => {
    const { any = [], all = [], none = [] }: AnyAllNone = set[condition] ?? {};
    return [...any, ...all, ...none];
  });
  return [...new Set(lists)];
}

/** The result of these facts in the form of a test. */
export function recordedExpectation(signIn: DecidedSignIn): Readonly<Record<string, unknown>> {
  const { steps, layers } = signIn;
  const end = steps.at(-1);
  const isDenied = end?.kind === 'denied';
  const app = layers.find(({ layer, decidedBy }) => layer === 'app' && decidedBy !== undefined)?.decidedBy;
  return omitUndefined({
    deny: isDenied ? end.reason : end?.kind === 'complete' ? false : undefined,
    steps: askedSteps(signIn).map(written),
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
