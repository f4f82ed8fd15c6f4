/**
 * The story of one sign-in from the audit log: what happened and, for each decision, which layer asked for what and
 * why. The texts of rules come from the revision that decided.
 */
import type { Conditions } from '../../core/model/conditions.ts';
import type { EnrollmentTerms } from '../../core/model/enrollment-policy.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Requirement, RuleHead, SourceLocation } from '../../core/model/policy.ts';
import type { ProfileTerms } from '../../core/model/profile-policy.ts';
import type { CompiledPolicy, PolicySet } from '../../core/policy/rules/compile.ts';
import { isExpired } from '../../core/step/transaction.ts';
import { type AuditTrace, isRecovery, type PassedRule, type TracedLayer } from '../../flow/audit-trace.ts';
import { parseTransaction } from '../../flow/transaction/store.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { withAccountApp } from '../../policy/revision/account-app.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { transactionKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { Directory } from '../../users/directory/directory.ts';
import type { AuditLine } from '../audit/audit-text.ts';
import { readAuditLog } from '../audit/read-log.ts';
import { refusal } from '../shared/options/refusal.ts';

/** A rule that did not decide. `when`: its conditions. Absent if the rule can no longer be read. */
export interface ToldRule extends PassedRule {
  readonly when?: Conditions;
}

/** A layer, with the terms of its rule. They are absent if the revision can no longer be read. */
export interface ToldLayer extends TracedLayer {
  readonly passed?: readonly ToldRule[];
  readonly when?: Conditions;
  readonly location?: SourceLocation;
  /** One of these had to be met. */
  readonly requirements?: readonly Requirement[];
  readonly enrollment?: EnrollmentTerms;
  readonly profile?: ProfileTerms;
}

/** A decision in the log, with its line. */
export interface ToldDecision extends Omit<AuditTrace, 'layers'> {
  readonly line: AuditLine;
  readonly layers: readonly ToldLayer[];
  /** Whether the store has the revision that decided. */
  readonly revisionFound: boolean;
}

export interface SignInStory {
  readonly transaction: string;
  readonly client?: string;
  /** Name of the app. */
  readonly app?: string;
  /** Id of the account. Absent if the user did not identify, or the identifier belongs to no account. */
  readonly subject?: string;
  /** An identifier of that account, if it still exists. */
  readonly user?: string;
  /** Oldest first. If there are many, only the newest. */
  readonly events: readonly AuditLine[];
  readonly decisions: readonly ToldDecision[];
  /** Set while the sign-in is running, with the authenticator that it waits for, if any. */
  readonly open?: { readonly waitsFor?: string };
}

/** The most lines for one sign-in. */
const maxLines = 200;

/** Rejects with one sentence if the log contains nothing about it, or with `StoreUnavailable`. */
export async function signInStory(
  store: Store,
  reference: string,
  { authenticators, now }: { readonly authenticators: readonly AuthenticatorKind[]; readonly now: number },
): Promise<SignInStory> {
  const transaction = idOf(reference);
  if (!/^[\w-]{8,64}$/.test(transaction))
    throw refusal(`${reference} is no reference of a sign-in: those are on the page, and in \`audit tail\``);
  const events = await linesOf(store, transaction);
  const open = await openState(store, transaction, now);
  if (events.length === 0 && open === undefined)
    throw refusal(
      `the audit log has nothing about ${transaction}: the store keeps the newest 100,000 lines, older ones are in the log of the process`,
    );
  const subject = events.findLast((line) => line.subject !== undefined)?.subject;
  const client = events.find((line) => line.client !== undefined)?.client;
  const account = subject === undefined ? undefined : await new Directory(store).get(subject);
  const revisions = new Revisions(store, { authenticators });
  const decisions = [];
  for (const line of decisiveLines(events)) decisions.push(await toldDecision(revisions, line));
  return omitUndefined({
    transaction,
    client,
    app: await appName(revisions, events),
    subject,
    user: account?.user.identifiers[0],
    events,
    decisions,
    open,
  });
}

async function linesOf(store: Store, transaction: string): Promise<readonly AuditLine[]> {
  let own: readonly AuditLine[] = [];
  const ids = new Set([transaction]);
  for await (const page of readAuditLog(store, { mayMatch: (text) => [...ids].some((id) => text.includes(id)) })) {
    const found = page.flatMap(({ line }) =>
      line.transaction !== undefined && ids.has(idOf(line.transaction)) ? line : [],
    );
    own = withLastRefresh([...own, ...found]).slice(-maxLines);
  }
  const began = own.flatMap(({ trace }) => (trace?.began === undefined ? [] : idOf(trace.began)));
  const before = began.find((id) => !ids.has(id));
  return before === undefined ? own : [...(await linesOf(store, before)), ...own].slice(-maxLines);
}

/** Proofs and tokens of a transaction that began again have a version behind its id. */
function idOf(reference: string): string {
  return reference.replace(/\.\d+$/, '');
}

/** An app may refresh its tokens for months, so only the last refresh is included. */
function withLastRefresh(lines: readonly AuditLine[]): readonly AuditLine[] {
  const last = lines.findLastIndex(({ event }) => event === 'token.refreshed');
  return lines.filter(({ event }, index) => event !== 'token.refreshed' || index === last);
}

async function openState(store: Store, transaction: string, now: number): Promise<SignInStory['open']> {
  const key = transactionKey(transaction);
  const entry = (await store.load([key])).entries.get(key);
  const state = entry && parseTransaction(entry.value);
  if (state === undefined || isExpired(state, now)) return undefined;
  return omitUndefined({ waitsFor: state.pending?.authenticator });
}

/**
 * The last line with a trace for each event, separately for the recovery and the sign-in: showing a denial page again
 * writes another line.
 */
function decisiveLines(events: readonly AuditLine[]): readonly AuditLine[] {
  const kindOf = ({ event, trace }: AuditLine) => `${event} ${isRecovery(trace?.layers ?? [])}`;
  const traced = events.filter(({ trace }) => trace !== undefined);
  const last = traced.filter((line, index) => !traced.slice(index + 1).some((next) => kindOf(next) === kindOf(line)));
  // A request for more proofs counts only if nothing else was decided later.
  const isAsked = ({ event }: AuditLine) => event === 'sign_in.asked';
  const isMetRecovery = ({ trace }: AuditLine) =>
    isRecovery(trace?.layers ?? []) && trace?.layers.every(({ met }) => met === true);
  return last.some((line) => !isAsked(line)) ? last.filter((line) => !isAsked(line) || isMetRecovery(line)) : last;
}

async function appName(revisions: Revisions, events: readonly AuditLine[]): Promise<string | undefined> {
  const line = events.findLast(({ client, policyRevision }) => client !== undefined && policyRevision !== undefined);
  if (line?.client === undefined || line.policyRevision === undefined) return undefined;
  const snapshot = await revisionOf(revisions, line.policyRevision);
  return (await snapshot?.app(line.client))?.name;
}

/** With the account app, which no document describes. The story has none of its addresses. */
async function revisionOf(revisions: Revisions, number: number): Promise<Snapshot | undefined> {
  const snapshot = await revisions.numbered(number);
  return snapshot && withAccountApp(snapshot, snapshot.settings.issuer ?? '');
}

async function toldDecision(revisions: Revisions, line: AuditLine): Promise<ToldDecision> {
  const { trace: { layers, ...trace } = { layers: [], proved: [], device: { known: false }, scopes: [] } } = line;
  const { policyRevision, client = '' } = line;
  const snapshot = policyRevision === undefined ? undefined : await revisionOf(revisions, policyRevision);
  const app = await snapshot?.app(client);
  const policies = snapshot && app && (await snapshot.policies(app));
  const tracedLayers = layers.map((layer) => (policies ? withRules(layer, policies) : layer));
  return { line, ...trace, layers: tracedLayers, revisionFound: policies !== undefined };
}

function withRules(layer: TracedLayer, policies: PolicySet): ToldLayer {
  const ruleNamed = (name: string | undefined) =>
    policyOf(layer, policies)?.rules.find(({ rule }) => rule.name === name)?.rule;
  const decider = ruleNamed(layer.rule);
  return omitUndefined({
    ...layer,
    passed: layer.passed?.map((rule) => omitUndefined({ ...rule, when: ruleNamed(rule.rule)?.when })),
    when: decider?.when,
    location: decider?.location,
    ...termsOf(layer, decider, policies),
  });
}

function policyOf({ layer, policy, change }: TracedLayer, policies: PolicySet): CompiledPolicy<RuleHead> | undefined {
  if (layer === 'account') return change && policies.accountPolicy?.about(change);
  if (layer === 'request' || layer === 'service') return undefined;
  // In a recovery, the recovery policy replaces the sign-on policy.
  if (layer === 'app' && policy === policies.recovery?.name) return policies.recovery;
  return policies[layer];
}

function termsOf(
  { layer, requiredAcr }: TracedLayer,
  decider: (RuleHead & { readonly then?: unknown }) | undefined,
  policies: PolicySet,
): Pick<ToldLayer, 'requirements' | 'enrollment' | 'profile'> {
  if (requiredAcr !== undefined)
    return {
      requirements: policies.acrLevels.flatMap((acr) => (requiredAcr.includes(acr.value) ? acr.requirement : [])),
    };
  if (decider === undefined) return {};
  if (layer === 'enrollment') return { enrollment: decider.then as EnrollmentTerms };
  if (layer === 'profile') return { profile: decider.then as ProfileTerms };
  const then = decider.then as { readonly kind: string; readonly requirement?: Requirement };
  return then.requirement ? { requirements: [then.requirement] } : {};
}
