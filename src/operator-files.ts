/** The configuration files of a node: checked, analysed and applied when it starts, and when they change. */
import { authenticatorKinds } from './authenticators/index.ts';
import { BackgroundCheck } from './background-check.ts';
import { orphanedBy, orphanedText } from './cli/shared/store/orphaned-credentials.ts';
import { omitUndefined } from './core/model/omit-undefined.ts';
import { StepgateError } from './errors.ts';
import { auditOp } from './flow/audit.ts';
import type { Logger } from './log.ts';
import { warningsLeft } from './policy/analysis/findings/accepted-findings.ts';
import { analyse } from './policy/analysis/findings/analyse.ts';
import { type LoadedConfiguration, loadConfiguration } from './policy/load.ts';
import { type AnalysisFinding, findingSummary, findingsText } from './policy/model/analysis-finding.ts';
import { ConfigurationRefused } from './policy/model/configuration-refused.ts';
import type { Documents } from './policy/model/documents.ts';
import { type Finding, findingLine } from './policy/model/finding.ts';
import { documentHashes } from './policy/revision/document-store.ts';
import { appliedAgain } from './policy/revision/revision-refused.ts';
import { Revisions } from './policy/revision/revisions.ts';
import type { Store } from './stores/store.ts';

/** What of the options of a node its files depend on. */
export interface OperatorFilesOptions {
  readonly port: number;
  readonly configDir: string;
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
  /** The node is a demo. */
  readonly demo?: object;
  /** For `${NAME}` in the files. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

type RefusedFiles = Extract<LoadedConfiguration, { ok: false }>;

/** What may be applied. `findings`: those of the analysis. */
interface Candidate {
  readonly documents: Documents;
  readonly findings: () => Promise<readonly AnalysisFinding[]>;
}

/** What becomes of files that are refused while others are active. */
const stays = 'what is active stays';

export class OperatorFiles {
  readonly #options: OperatorFilesOptions;
  readonly #check = new BackgroundCheck();
  /** Hashes of the documents when they were last active by what this node did. */
  #lastApplied: Readonly<Record<string, string>> | undefined;
  /** What was logged when they were refused. Undefined: they are not. */
  #refused: string | undefined;

  constructor(options: OperatorFilesOptions) {
    this.#options = options;
  }

  /**
   * What the settings say. If files are refused that do not say it, the findings are logged, and thrown as
   * `not_configured`; of others, `apply` knows whether they are active. `isApplied`: it will be called. Otherwise the
   * issuer is all that counts of the files, and whatever else is refused is logged.
   */
  async issuer({ isApplied } = { isApplied: true }): Promise<string | undefined> {
    const loaded = await this.#load();
    const settings = loaded.ok ? loaded.documents.get('settings')?.content : loaded.settings;
    const { issuer } = (settings ?? {}) as { readonly issuer?: unknown };
    const isSaid = typeof issuer === 'string' && URL.canParse(issuer);
    if (loaded.ok) return isSaid ? issuer : undefined;
    const { findings, documents } = loaded;
    const isEnough = isApplied ? documents !== undefined : findings.every((finding) => !isAboutIssuer(finding));
    const isNeeded = this.#options.demo === undefined;
    if (!isEnough || (isNeeded && !isSaid)) throw this.#loggedRefusal(findings);
    if (!isApplied) this.#warnRefused(this.#linesOf(findings), 'only their issuer is read');
    return isSaid ? issuer : undefined;
  }

  /** What they said last is refused, whatever is active. The node may not start with them again. */
  areRefused(): boolean {
    return this.#refused !== undefined;
  }

  /**
   * Makes the files the active revision, whatever revision was active. If they are refused, and are active already,
   * they stay: an earlier release applied them (decision 194). Rejects if others are refused, with the findings, which
   * are logged, as `not_configured`; or with `StoreUnavailable`.
   */
  async apply(store: Store): Promise<void> {
    const loaded = await this.#load();
    if (!loaded.ok) return this.#keepActive(loaded, store);
    const findings = () => analyse(loaded, { authenticators: authenticatorKinds, now: nowInSeconds() });
    const isKnown = await this.#apply({ documents: loaded.documents, findings }, store);
    if (isKnown) this.#log(warningsLeft(loaded, nowInSeconds()).map(findingSummary).map(this.#lineOf));
  }

  /**
   * Applies them after a change, which is checked beside the server. Where they hold the same documents as when they
   * were last applied, another revision that came into use since stays: a policy test, an invariant or a comment must
   * not undo a rollback. Rejects like `apply`, and with `internal` when the check broke off.
   */
  async applyChanged(store: Store): Promise<void> {
    const answer = await this.#check.run({ ...this.#read(), ...omitUndefined({ lastApplied: this.#lastApplied }) });
    if (answer === 'stopped') return;
    if (answer.kind === 'refused') {
      this.#noteRefused(this.#linesOf(answer.findings), stays);
      throw this.#refusal(answer.findings);
    }
    if (answer.kind === 'same') {
      this.#refused = undefined;
      return;
    }
    await this.#apply({ ...answer, findings: async () => answer.findings }, store);
  }

  /** Breaks off a check of changed files. */
  stop(): Promise<void> {
    return this.#check.stop();
  }

  /** What is read, and how. */
  #read() {
    const { configDir, variables, port, demo } = this.#options;
    return {
      configDir,
      // The demo's relying party listens on the next port; the example files refer to it by this name.
      variables: { DEMO_RP_PORT: String(port + 1), ...variables },
      inbox: demo !== undefined,
    };
  }

  #load(): Promise<LoadedConfiguration> {
    const { configDir, ...options } = this.#read();
    return loadConfiguration(configDir, { authenticators: authenticatorKinds, ...options });
  }

  async #keepActive({ findings, documents }: RefusedFiles, store: Store): Promise<void> {
    const revisions = new Revisions(store, { authenticators: authenticatorKinds });
    const isActive = documents !== undefined && (await revisions.hasContentOf(documents));
    if (!isActive) throw this.#loggedRefusal(findings);
    // Rejects if this release cannot evaluate what is active.
    await revisions.current();
    this.#noteRefused(this.#linesOf(findings), 'what they say is active already, and stays');
    this.#lastApplied = documentHashes(documents);
  }

  #refusal(findings: readonly Finding[]): ConfigurationRefused {
    return new ConfigurationRefused('not_configured', this.#options.configDir, findings);
  }

  #loggedRefusal(findings: readonly Finding[]): ConfigurationRefused {
    this.#log(this.#linesOf(findings));
    return this.#refusal(findings);
  }

  /** Logs the same refusal once: they are read after each change of a file, also of one that does not count. */
  #noteRefused(lines: readonly string[], how: string): void {
    const refused = [...lines, how].join('\n');
    if (refused !== this.#refused) this.#warnRefused(lines, how);
    this.#refused = refused;
  }

  /** `how`: what becomes of the files. */
  #warnRefused(lines: readonly string[], how: string): void {
    const { configDir } = this.#options;
    this.#log([...lines, `the files of ${configDir} are refused; ${how}; \`config check\` says what to correct`]);
  }

  /** What changed is told with its warnings. True: all of it is active already. */
  async #apply(candidate: Candidate, store: Store): Promise<boolean> {
    const { documents } = candidate;
    const { configDir, log } = this.#options;
    const issuer = this.#issuer();
    const authenticators = authenticatorKinds;
    const orphaned = await orphanedBy(store, documents, { authenticators, ...omitUndefined({ issuer }) });
    if (orphaned.length > 0) {
      const lines = orphaned.map(orphanedText);
      this.#noteRefused(lines.map(this.#lineOf), stays);
      throw this.#notConfigured(lines.join('\n'));
    }
    const revisions = new Revisions(store, { authenticators });
    const warnings = await this.#warningsOf(candidate, revisions);
    if (warnings === 'refused') return false;
    const recorded = { by: 'serve', message: `files of ${configDir}` };
    const audited = (policyRevision: number) =>
      auditOp({ event: 'config.applied', outcome: 'success', policyRevision, ...recorded });
    const { revision, changed } = await appliedAgain(() =>
      revisions.apply(documents, { ...recorded, ops: (next) => [audited(next).op] }),
    );
    this.#lastApplied = documentHashes(documents);
    this.#refused = undefined;
    // Not before: what fails for the store is tried again, every two seconds.
    this.#log(warnings);
    if (changed.length === 0) return true;
    log.audit(audited(revision).line);
    log.info('configuration applied', { revision, changed });
    return false;
  }

  /** The demo knows its own where nothing says another one. */
  #issuer(): string | undefined {
    const { issuer, demo, port } = this.#options;
    return issuer ?? (demo ? `http://localhost:${port}` : undefined);
  }

  /**
   * A configuration that changed is refused with an error: what is active stays active, and a store that has nothing
   * yet stays empty.
   */
  async #warningsOf({ documents, findings }: Candidate, revisions: Revisions): Promise<readonly string[] | 'refused'> {
    const { configDir } = this.#options;
    const changed = await revisions.changedBy(documents);
    if (changed.length === 0) return [];
    const shown = (await findings()).filter(({ severity }) => severity !== 'note');
    const lines = shown.map((finding) => this.#lineOf(findingSummary(finding)));
    if (shown.every(({ severity }) => severity !== 'error')) return lines;
    const isFirst = (await revisions.history(1)).length === 0;
    if (!isFirst) {
      this.#noteRefused(lines, stays);
      return 'refused';
    }
    this.#log(lines);
    throw this.#notConfigured(findingsText(shown, { config: configDir }).trimEnd());
  }

  /** A finding about the directory itself names it already. */
  #linesOf(findings: readonly Finding[]): readonly string[] {
    const isWhole = ({ file }: Finding) => file === '.';
    const others = findings.filter((finding) => !isWhole(finding));
    return [...findings.filter(isWhole).map(findingLine), ...others.map(findingLine).map(this.#lineOf)];
  }

  readonly #lineOf = (line: string): string => `${this.#options.configDir}/${line}`;

  #log(lines: readonly string[]): void {
    for (const line of lines) this.#options.log.warn(line);
  }

  #notConfigured(text: string): StepgateError {
    return new StepgateError('not_configured', `${this.#options.configDir} is not a good configuration:\n${text}`);
  }
}

function isAboutIssuer({ file, path }: Finding): boolean {
  return file === 'stepgate.yaml' && path === 'issuer';
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
