/** `stepgate explain`: what a sign-in would ask the user for, and why. */
import type { Command } from 'commander';
import { branchesOf } from '../../core/analysis/simulation/branches.ts';
import type { ConditionSet } from '../../core/model/conditions.ts';
import type { Seconds, Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { conditionSets } from '../../core/policy/rules/condition-table.ts';
import { reportedConditions, signInConditions } from '../../core/queries/sign-in-conditions.ts';
import { explainService, explainWhole } from '../../flow/explain.ts';
import { loadConfiguration } from '../../policy/load.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { ConfigurationRefused } from '../../policy/model/configuration-refused.ts';
import type { Settings } from '../../policy/model/settings.ts';
import { withAccountApp } from '../../policy/revision/account-app.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { nearestName, unknownName } from '../../policy/source/nearest-name.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import { openEmbedded } from '../../stores/embedded/embedded.ts';
import type { Store } from '../../stores/store.ts';
import { newCommand } from '../commands.ts';
import {
  type ActiveRevisionContent,
  appNames,
  readActiveRevision,
} from '../shared/configuration/read-active-revision.ts';
import { recordsKeptSince } from '../shared/configuration/records-kept-since.ts';
import { undeclaredAttributes } from '../shared/options/attribute-pairs.ts';
import { refusal } from '../shared/options/refusal.ts';
import type { Paint } from '../shared/output/paint.ts';
import { withPrintedFindings } from '../shared/output/print-findings.ts';
import { findSubject } from '../shared/store/find-subject.ts';
import { withStore } from '../shared/store/with-store.ts';
import { explanationText } from './explain-text.ts';
import { type FactOptions, withFactOptions } from './fact-options.ts';
import { factsFromOptions } from './facts-from-options.ts';
import { lockedAuthenticators } from './locked-authenticators.ts';
import { outlivedSessions } from './outlived-sessions.ts';
import { pastOptions } from './past-options.ts';
import { numberedProofName } from './proof-text.ts';
import { assertServiceMayAsk } from './request-from-options.ts';
import { serviceText } from './service-text.ts';
import { signInStory } from './sign-in-story.ts';
import { storyText } from './story-text.ts';
import { asFarAsAsked, identityLeftAside, pastLeftAside } from './unanswered-conditions.ts';

export interface ExplainContext {
  openStore(): Promise<Store>;
  /** Prints whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  readonly paint: Paint;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Values for `${NAME}` in the files. */
  readonly variables: Variables;
  /** Epoch seconds. */
  now(): Seconds;
  /** 1: there are findings about the files. */
  setExitCode(code: 0 | 1): void;
}

interface ExplainOptions extends FactOptions {
  readonly app?: string;
  readonly transaction?: string;
  readonly user?: string;
  readonly config?: string;
  readonly service?: true;
  readonly json?: true;
}

/** Rejects with one sentence if nothing can be explained (an unknown app, a broken file). */
export function explainCommand(context: ExplainContext): Command {
  const command = newCommand('explain')
    .option('--app <client id>', 'app that the user signs in to')
    .option('--transaction <reference>', 'describe a past sign-in, by the reference on its page or in the audit log')
    .option('--user <identifier>', 'who signs in; without it, the user has not identified yet')
    .option('--service', 'a token for the app as itself, without a user (grant client_credentials)')
    .option('--config <dir>', 'use these files instead of the active revision');
  return withFactOptions(command).action((options: ExplainOptions) =>
    withPrintedFindings(context, options, () => run(context, options)),
  );
}

async function run(context: ExplainContext, options: ExplainOptions): Promise<void> {
  const { app, config, user, transaction } = options;
  if (transaction !== undefined) return tell(context, transaction, options);
  if (app === undefined) throw refusal('give --app, or --transaction for a sign-in that happened');
  const what = { ...options, app };
  if (config === undefined) {
    return withStore(context, async (store) => {
      const active = await readActiveRevision(store, context.authenticators);
      const subject = user === undefined ? undefined : await findSubject(store, user, context.now());
      await print(context, what, { ...active, subject, store });
    });
  }
  if (user === undefined) return withFiles(context, config, (files) => print(context, what, files));
  return withStore(context, async (store) => {
    const subject = await findSubject(store, user, context.now());
    await withFiles(context, config, async (files) => {
      const snapshot = await withKeptRecords(files.snapshot, store, context);
      await print(context, what, { ...files, snapshot, subject, store });
    });
  });
}

/** With the records that files which ask when users last signed in would have. */
async function withKeptRecords(
  files: Snapshot,
  store: Store,
  { authenticators, now }: Pick<ExplainContext, 'authenticators' | 'now'>,
): Promise<Snapshot> {
  if (files.historySince === undefined) return files;
  return { ...files, historySince: await recordsKeptSince(store, { authenticators, now: now() }) };
}

/** The input of an explanation. */
interface Explained extends ActiveRevisionContent {
  /** The user of `--user`. */
  readonly subject?: Subject | undefined;
  /** The store with that user. */
  readonly store?: Store;
}

/** Other options cannot be combined with a past sign-in: the log records who signed in, where and with what. */
async function tell(context: ExplainContext, transaction: string, options: ExplainOptions): Promise<void> {
  const { app, user, config, service } = options;
  if ((app ?? user ?? config ?? service) !== undefined)
    throw refusal('--transaction takes no other facts: they are in the audit log');
  const { paint, stdout, authenticators, now } = context;
  await withStore(context, async (store) => {
    const story = await signInStory(store, transaction, { authenticators, now: now() });
    stdout(`${options.json ? JSON.stringify(story, null, 2) : storyText(story, paint)}\n`);
  });
}

async function print(
  { authenticators, now, paint, stdout, stderr }: ExplainContext,
  options: ExplainOptions & { readonly app: string },
  { snapshot: revision, manifest, subject, store }: Explained,
): Promise<void> {
  const snapshot = withAccountApp(revision, revision.settings.issuer ?? 'https://localhost');
  const app = await snapshot.app(options.app);
  if (app === undefined) throw refusal(unknownName('app', options.app, appNames(manifest)));
  if (options.service && app.service === undefined)
    throw refusal(`${app.clientId} is no service: it lacks the grant client_credentials`);
  if (options.ip !== undefined) stderr(unreadableFile(snapshot));
  const known = { snapshot, app, authenticators, now: now(), ...omitUndefined({ user: subject }) };
  const source = options.config === undefined ? `revision ${snapshot.revision}` : `the files of ${options.config}`;
  const printExplanation = <Of>(explanation: Of, text: (explanation: Of, source: string, paint: Paint) => string) =>
    stdout(`${options.json ? JSON.stringify(explanation, null, 2) : text(explanation, source, paint)}\n`);
  if (options.service || app.signOnPolicies === undefined) {
    assertServiceMayAsk(options.scope, app);
    const facts = factsFromOptions({ ...options, scope: options.scope ?? '' }, known);
    printExplanation(await explainService(snapshot, app, facts), serviceText);
    return;
  }
  const policies = await snapshot.policies(app);
  const sets = [...signInConditions(policies), ...reportedConditions(policies)];
  const past = store && (await pastOptions(store, options, known));
  const told = { ...past?.options, ...options };
  const facts = asFarAsAsked({ ...factsFromOptions(told, known), ...past?.unknown }, sets, told);
  stderr(undeclaredAttributes(options.attribute ?? [], snapshot.settings.attributes));
  stderr(strangeGroups(options.groups ?? [], groupsNamedIn(sets, policies, snapshot.settings)));
  const locked =
    store && subject && (await lockedAuthenticators(store, subject, { kinds: authenticators, policies, facts }));
  const whoLeftAside = subject === undefined ? identityLeftAside(sets, told) : [];
  const leftAside = facts.subject ? [...whoLeftAside, ...pastLeftAside(sets, { ...told, ...past?.unknown })] : [];
  const outlived = outlivedSessions(facts, policies);
  const owned = facts.subject?.enrollments ?? [];
  const evidence = facts.evidence.map((proof) => ({ ...proof, name: numberedProofName(proof, owned) }));
  const more = { branches: branchesOf(policies, facts), evidence, leftAside, outlived, ...(locked && { locked }) };
  printExplanation({ ...(await explainWhole(snapshot, app, facts)), ...more }, explanationText);
}

/** Of a file that some rule needs: a node without it is not ready, either. */
function unreadableFile({ networkFault }: Snapshot): string {
  const fault = networkFault();
  if (fault === undefined) return '';
  const { message, code } = fault;
  return `warning: on this machine, ${message} [${code}]: what needs it is not known, as on a node without it\n`;
}

/** A user may be in any group, so this is only a warning. */
function strangeGroups(groups: readonly string[], known: readonly string[]): string {
  return groups
    .filter((group) => !known.includes(group))
    .map((group) => {
      const near = nearestName(group, known);
      const rest = near ? `did you mean \`${near}\`?` : 'it changes nothing';
      return `warning: no rule names the group \`${group}\`; ${rest}\n`;
    })
    .join('');
}

/** Groups that the settings describe or rules of these policies name. */
function groupsNamedIn(
  sets: readonly ConditionSet[],
  { accountPolicy }: PolicySet,
  { groups }: Settings,
): readonly string[] {
  const all = [...sets, ...(accountPolicy?.rules ?? []).flatMap(({ when }) => conditionSets(when))];
  const named = all.flatMap((set) =>
    [set.groups?.any, set.groups?.all, set.groups?.none].flatMap((names) => names ?? []),
  );
  return [...new Set([...Object.keys(groups ?? {}), ...named])];
}

/** Uses the files as if they were applied, in a temporary store. */
async function withFiles(
  context: ExplainContext,
  dir: string,
  use: (files: ActiveRevisionContent) => Promise<void>,
): Promise<void> {
  const loaded = await loadConfiguration(dir, context);
  if (!loaded.ok) throw new ConfigurationRefused('bad_request', dir, loaded.findings);
  const store = openEmbedded({ file: ':memory:' });
  try {
    await new Revisions(store, context).apply(loaded.documents, { by: 'explain' });
    await use(await readActiveRevision(store, context.authenticators));
  } finally {
    await store.close();
  }
}
