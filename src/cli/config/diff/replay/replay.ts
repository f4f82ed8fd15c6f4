/**
 * Replays sign-ins from the audit log under a configuration that is not active. Each is evaluated by the active
 * configuration and by the other one, with the facts that its line records and the present user.
 */
import { compareSignIn, differenceKey, withZones } from '../../../../core/analysis/comparison/compare-decisions.ts';
import { evaluate } from '../../../../core/decision/evaluate.ts';
import { canWaiveSecondFactor } from '../../../../core/decision/waiver.ts';
import type { Decision } from '../../../../core/model/decision.ts';
import type { Facts, Seconds, Subject } from '../../../../core/model/facts.ts';
import { omitUndefined } from '../../../../core/model/omit-undefined.ts';
import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import { factsAskedFor } from '../../../../core/queries/facts-asked-for.ts';
import type { AuditTrace } from '../../../../flow/audit-trace.ts';
import type { SeenDifference } from '../../../../policy/revision/shadow-record.ts';
import type { Snapshot } from '../../../../policy/revision/snapshot.ts';
import type { Store } from '../../../../stores/store.ts';
import { Directory } from '../../../../users/directory/directory.ts';
import { toSubject } from '../../../../users/record/user.ts';
import type { AuditLine } from '../../../audit/audit-text.ts';
import { readAuditLog } from '../../../audit/read-log.ts';
import { type TalliedDifference, Tally } from '../../shadow/tally.ts';
import { replayedFacts, saysWhatWasLeftOut, withTracedRisk } from './replayed-facts.ts';

export interface Replay {
  /** Epoch seconds. */
  readonly from: Seconds;
  readonly replayed: number;
  /** The number of users for whom something differs. */
  readonly users: number;
  /** The number of sign-ins that differ. */
  readonly differing: number;
  /** The number of those in which the user had not identified. */
  readonly unidentified: number;
  /** Why other sign-ins were left out, with their number. */
  readonly left: Readonly<Record<LeftOut, number>>;
  readonly differences: readonly TalliedDifference[];
}

/**
 * The line has no trace; the account is gone; the app is not in the active configuration any more; the line lacks what
 * the other configuration asks about the browser, claims or what was skipped; or there are too many users.
 */
export type LeftOut = 'noTrace' | 'noAccount' | 'noApp' | 'noDevice' | 'tooMany';

export interface ReplaySides {
  readonly active: Snapshot;
  readonly next: Snapshot;
}

/** The most users to distinguish, accounts to read at once, and denied sign-ins to remember. */
const limits = { users: 10_000, reads: 100, denied: 1_000 };

/** Rejects with `StoreUnavailable`, or if a policy cannot be read. `from`: epoch seconds. */
export async function replay(store: Store, sides: ReplaySides, from: Seconds): Promise<Replay> {
  const directory = new Directory(store);
  const left: Record<LeftOut, number> = { noTrace: 0, noAccount: 0, noApp: 0, noDevice: 0, tooMany: 0 };
  const byUser = new Map<string, Map<string, SeenDifference>>();
  const denied = new Set<string>();
  const tally = new Tally();
  let [replayed, differing] = [0, 0];
  for await (const page of readAuditLog(store, { mayMatch: isDecision })) {
    const lines = page.map(({ line }) => line).filter((line) => isAbout(line, from) && !isRepeated(line, denied));
    const subjects = await subjectsOf(lines, directory);
    for (const line of lines) {
      const outcome = await replayLine(line, subjects.get(line.subject ?? ''), sides);
      if (typeof outcome === 'string') left[outcome] += 1;
      else {
        replayed += 1;
        if (outcome.change === 'none') continue;
        differing += 1;
        if (line.subject === undefined) {
          tally.addUnidentified(outcome, 1);
          continue;
        }
        const seen = byUser.get(line.subject);
        if (seen === undefined && byUser.size >= limits.users) left.tooMany += 1;
        else byUser.set(line.subject, (seen ?? new Map()).set(differenceKey(outcome), outcome));
      }
    }
  }
  for (const seen of byUser.values()) tally.addUser([...seen.values()]);
  const { users, unidentified } = tally;
  return { from, replayed, users, differing, unidentified, left, differences: tally.differences() };
}

function isDecision(text: string): boolean {
  return text.includes('"sign_in.completed"') || text.includes('"sign_in.denied"');
}

function isAbout({ event, time }: AuditLine, from: Seconds): boolean {
  const isEnd = event === 'sign_in.completed' || event === 'sign_in.denied';
  return isEnd && Date.parse(time) >= from * 1000;
}

/**
 * A sign-in has one line for each reason of its denial, and may be denied before and after the user identifies.
 * `denied`: the latest denied transactions.
 */
function isRepeated({ event, transaction, subject }: AuditLine, denied: Set<string>): boolean {
  if (event !== 'sign_in.denied') return false;
  const name = JSON.stringify([transaction, subject === undefined]);
  if (denied.has(name)) return true;
  if (denied.size >= limits.denied) denied.clear();
  denied.add(name);
  return false;
}

async function subjectsOf(
  lines: readonly AuditLine[],
  directory: Directory,
): Promise<ReadonlyMap<string, Subject | undefined>> {
  const ids = [...new Set(lines.flatMap(({ subject }) => subject ?? []))];
  const subjects = new Map<string, Subject | undefined>();
  for (let start = 0; start < ids.length; start += limits.reads) {
    const part = ids.slice(start, start + limits.reads);
    const accounts = await Promise.all(part.map((id) => directory.get(id)));
    for (const [index, id] of part.entries()) {
      const account = accounts[index];
      const now = Math.floor(Date.parse(lines.findLast((line) => line.subject === id)?.time ?? '') / 1000);
      subjects.set(id, account && toSubject(account.user, account.credentials, now));
    }
  }
  return subjects;
}

async function replayLine(
  line: AuditLine,
  subject: Subject | undefined,
  { active, next }: ReplaySides,
): Promise<SeenDifference | LeftOut> {
  const { trace, client = '', transaction } = line;
  if (trace === undefined) return 'noTrace';
  if (line.subject !== undefined && subject === undefined) return 'noAccount';
  const app = await active.app(client);
  if (app?.signOnPolicies === undefined) return 'noApp';
  const facts = replayedFacts({ ...line, trace }, subject);
  const theirs = await next.app(client);
  const policies = theirs?.signOnPolicies && (await next.policies(theirs));
  const after = { ...(policies && { policies }), facts: withTracedRisk(withZones(facts, next.zonesOf), trace, next) };
  const before = {
    policies: await active.policies(app),
    facts: withTracedRisk(withZones(facts, active.zonesOf), trace, active),
  };
  if (asksMore(before.policies, before.facts, trace)) return 'noDevice';
  if (policies && asksMore(policies, after.facts, trace)) return 'noDevice';
  return omitUndefined({
    ...compareSignIn(before, after),
    kind: 'sign_in' as const,
    client,
    at: facts.now,
    transaction,
    zones: before.facts.network.zones,
    unknownZones: before.facts.network.unknownZones,
  });
}

/** About claims, browser, device and history, a line records only what a rule asked for at that time. */
function asksMore(policies: PolicySet, facts: Facts, trace: AuditTrace): boolean {
  const { device, essentialClaims } = trace;
  const decision = evaluate(policies, facts);
  const asked = factsAskedFor(decision.trace);
  const signals = ['device.registered', 'device.managed', 'device.assurance'];
  return (
    (device.platform === undefined && asked.has('device.platform')) ||
    (device.os === undefined && asked.has('device.os')) ||
    (device.signals === undefined && signals.some((name) => asked.has(name))) ||
    (essentialClaims === undefined && asked.has('claims')) ||
    (facts.subject !== undefined && asksMoreOfUser(policies, decision, trace))
  );
}

/** Before the user identifies, none of it counts. */
function asksMoreOfUser(policies: PolicySet, decision: Decision, trace: AuditTrace): boolean {
  const { risk, distance, lastSignIn = trace.recordedSince } = trace;
  const asked = factsAskedFor(decision.trace);
  return (
    (risk === undefined && [...asked].some((name) => name.startsWith('risk.'))) ||
    (distance === undefined && asked.has('distance')) ||
    (lastSignIn === undefined && asked.has('lastSignIn')) ||
    (!saysWhatWasLeftOut(trace) && (mayWaive(policies, decision) || maySkip(decision)))
  );
}

/** A proof that the browser remembers would count. */
function mayWaive({ app }: PolicySet, { trace: { layers } }: Decision): boolean {
  const layer = layers.find(({ layer: name, rules }) => name === 'app' && rules.length > 0);
  const then = layer?.decidedBy === undefined ? undefined : app?.rules[layer.rules.length - 1]?.rule.then;
  return then?.kind === 'allow' && then.remember !== undefined && canWaiveSecondFactor(then.requirement);
}

/** The user may have skipped what the decision offers. */
function maySkip(decision: Decision): boolean {
  return 'skippable' in decision && decision.skippable !== undefined;
}
