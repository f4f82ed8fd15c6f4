/** `stepgate config test --record`: writes a policy test for a real sign-in. */
import { basename, dirname, join } from 'node:path';
import { passwordToReplace } from '../../core/enrollment/password-to-replace.ts';
import type { Facts, Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { riskSignals } from '../../core/model/risk.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import type { AuditTrace } from '../../flow/audit-trace.ts';
import { type DecidedSignIn, decidedSignIn } from '../../flow/explain.ts';
import { ConfigurationRefused } from '../../policy/model/configuration-refused.ts';
import { type PolicyTest, policyTestsSchema } from '../../policy/schema/policy-tests.ts';
import { withTest } from '../../policy/source/append-test.ts';
import { keyOrderOf } from '../../policy/source/key-order.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';
import { valuesAt } from '../../policy/source/values-at.ts';
import { readYaml } from '../../policy/source/yaml-source.ts';
import type { Store } from '../../stores/store.ts';
import { factsFromOptions } from '../explain/facts-from-options.ts';
import { signInStory, type ToldDecision } from '../explain/sign-in-story.ts';
import { changeFile } from '../shared/options/change-file.ts';
import { refusal } from '../shared/options/refusal.ts';
import { findSubject } from '../shared/store/find-subject.ts';
import { contradictingNotes, type RealEnd, reachesOtherAcr } from './contradicting-notes.ts';
import { type RecordedSignIn, recordedExpectation, recordedFacts } from './recorded-sign-in.ts';
import { factOptionsOf } from './test-facts.ts';
import type { TestedConfiguration } from './unknown-names.ts';

export interface RecordOptions {
  /** `true`: a sign-in of `app` and `user`. Otherwise the reference of a past sign-in. */
  readonly record?: string | true;
  readonly app?: string;
  readonly user?: string;
  readonly name?: string;
}

export interface Recorded {
  readonly file: string;
  readonly name: string;
  readonly test: Readonly<Record<string, unknown>>;
  /** Sentences for the administrator. */
  readonly notes: readonly string[];
}

interface FoundSignIn extends RecordedSignIn {
  readonly clientId: string;
  /** The rule of the sign-on policy that decided at that time. */
  readonly rule?: string;
  /** Absent: it is no past sign-in, or it did not end. */
  readonly end?: RealEnd;
}

/**
 * Adds a test to `file`, which is created if missing. Rejects with `bad_request` if there is no such sign-in or the
 * test cannot be added; the file is then unchanged.
 */
export async function record(
  { store, now, configuration, file }: RecordContext,
  options: RecordOptions,
): Promise<Recorded> {
  const found = await signIn(store, options, { authenticators: configuration.authenticators, now });
  const app = await configuration.snapshot.app(found.clientId);
  if (app === undefined) throw refusal(unknownName('app', found.clientId, configuration.apps));
  if (app.signOnPolicies === undefined) throw refusal(`no user signs in to ${app.clientId}: it is a service`);
  const { snapshot, authenticators } = configuration;
  const policies = await snapshot.policies(app);
  const { facts, names, leftOut } = recordedFacts(found, policies, snapshot.settings.attributes);
  const schema = policyTestsSchema(authenticators);
  const question = { app: app.clientId, ...facts };
  const asked = schema.parse({ tests: [{ name: '-', ...question, expect: { deny: false } }] }).tests[0] as PolicyTest;
  const askedFacts = factsFromOptions(factOptionsOf(asked), { snapshot, app, authenticators, now });
  const decided = await decidedSignIn(snapshot, app, askedFacts);
  const about = { ...question, expect: expectationOf(found, decided) };
  let test = { name: '', ...about };
  await changeFile(file, async (text) => {
    test = { name: newName(options.name, `Recorded: ${app.clientId}`, { file, text }), ...about };
    const written = withTest({ file: `${basename(dirname(file))}/${basename(file)}`, text }, test, keyOrderOf(schema));
    if (written.findings !== undefined)
      throw new ConfigurationRefused('bad_request', dirname(dirname(file)), written.findings);
    return written.text;
  });
  const rule = decided.layers.find(({ layer }) => layer === 'app')?.decidedBy;
  return {
    file,
    name: test.name,
    test,
    notes: [
      ...namesNote(names),
      ...leftOut.map(leftOutNote),
      ...replacementNote(policies, { ...askedFacts, now: found.at, ...omitUndefined({ subject: found.subject }) }),
      ...changedNote(found.rule, rule),
      ...(found.end ? contradictingNotes(found.end, decided) : []),
      ...(found.trace && !found.end ? [unfinishedNote] : []),
    ],
  };
}

export interface RecordContext {
  readonly store: Store;
  /** Epoch seconds. */
  readonly now: Seconds;
  readonly configuration: TestedConfiguration;
  readonly file: string;
}

async function signIn(
  store: Store,
  { record: reference, app, user }: RecordOptions,
  at: { readonly authenticators: TestedConfiguration['authenticators']; readonly now: Seconds },
): Promise<FoundSignIn> {
  if (reference === true) {
    if (app === undefined || user === undefined)
      throw refusal('--record takes the reference of a sign-in, or --app and --user');
    return { clientId: app, subject: await findSubject(store, user, at.now), at: at.now };
  }
  if (app !== undefined || user !== undefined)
    throw refusal('--record with a reference takes no other facts: app and user are in the audit log');
  const { client, subject, decisions } = await signInStory(store, reference ?? '', at);
  // What was decided about tokens later is no sign-in.
  const decision = decisions.findLast((told) => told.line.event.startsWith('sign_in.')) ?? decisions.at(-1);
  // Before the user identifies, nothing but a denial is final.
  if (client === undefined || decision === undefined || (subject ?? endOf(decision)) === undefined)
    throw refusal(`nothing was decided about a user in ${reference}: there is nothing to record`);
  const { line, layers, ...trace } = decision;
  const rule = layers.find(({ layer }) => layer === 'app')?.rule;
  return {
    clientId: client,
    ...(subject !== undefined && { subject: await findSubject(store, subject, at.now) }),
    at: Math.floor(Date.parse(line.time) / 1000),
    trace: { ...trace, ...(trace.risk === undefined && riskIn(line.risk)) },
    ...(rule !== undefined && { rule }),
    ...omitUndefined({ end: endOf(decision) }),
  };
}

/** The signals in the words of a line, where no rule asked about them at that time. */
function riskIn(text: string | undefined): Pick<AuditTrace, 'risk' | 'unknownRisk'> {
  if (text === undefined) return {};
  const unknown = riskSignals.filter((signal) => text.includes(`${signal} unknown`));
  const risk = riskSignals.filter((signal) => text.includes(`${signal} `) && !unknown.includes(signal));
  return { risk, ...(unknown.length > 0 && { unknownRisk: unknown }) };
}

const unfinishedNote =
  'then the user was asked for more and had not got in yet: the rest of the test is what the policies ask for now';

/** A user who was asked for more has not got in yet. */
function endOf({ line: { event, acr, reason }, proved, skipped = [] }: ToldDecision): RealEnd | undefined {
  if (event === 'sign_in.completed') return { isDenied: false, proved, skipped, ...omitUndefined({ acr }) };
  return event === 'sign_in.denied' ? { isDenied: true, proved, skipped, ...omitUndefined({ reason }) } : undefined;
}

/** What the real sign-in contradicts is no expectation. */
function expectationOf({ end }: FoundSignIn, decided: DecidedSignIn): Readonly<Record<string, unknown>> {
  const { acr, ...expected } = recordedExpectation(decided);
  return acr === undefined || (end && reachesOtherAcr(end, decided)) ? expected : { ...expected, acr };
}

function leftOutNote(condition: string): string {
  return `a rule asks about \`${condition}\`, which is not recorded: look whether the test means this sign-in`;
}

/** It is not recorded how old the password is, or that it was found on a blocklist: this tells of an account. */
function replacementNote(policies: PolicySet, facts: Facts): readonly string[] {
  const { subject } = facts;
  if (subject === undefined) return [];
  const used = subject.enrollments.map(({ id }) => id);
  const replaced = passwordToReplace(policies, facts, { subject, used });
  return replaced === undefined
    ? []
    : [`the user must choose a new password (${replaced.reason}), which is not recorded: the test is about a good one`];
}

function namesNote(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`the test says who the user is, since rules ask about it: ${names.join(', ')}`];
}

/** The user or the files may have changed since. */
function changedNote(then: string | undefined, now: string | undefined): readonly string[] {
  if (then === undefined || then === now) return [];
  return [`then the rule "${then}" decided, and by these files it is ${now === undefined ? 'none' : `"${now}"`}`];
}

/** Names are unique within a file. `given`: by the administrator; otherwise a free name is derived from `usual`. */
function newName(
  given: string | undefined,
  usual: string,
  { file, text = '' }: { readonly file: string; readonly text: string | undefined },
): string {
  const { source } = readYaml('', text, { variables: {} });
  const taken = new Set(valuesAt(source?.content, 'tests.*.name').map(({ value }) => value));
  if (given !== undefined && taken.has(given)) throw refusal(`${file} has a test "${given}": choose another name`);
  if (given !== undefined) return given;
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? usual : `${usual} (${number})`;
    if (!taken.has(free)) return free;
  }
}

/** The file for recorded tests. */
export function recordedFile(tests: string): string {
  return join(tests, 'recorded.yaml');
}
