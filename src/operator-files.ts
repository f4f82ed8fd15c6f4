/** The configuration files of a node: checked, analysed and applied when it starts, and when they change. */
import { authenticatorKinds } from './authenticators/index.ts';
import { orphanedBy, orphanedText } from './cli/shared/store/orphaned-credentials.ts';
import { omitUndefined } from './core/model/omit-undefined.ts';
import { StepgateError } from './errors.ts';
import type { Logger } from './log.ts';
import { warningsLeft } from './policy/analysis/findings/accepted-findings.ts';
import { analyse } from './policy/analysis/findings/analyse.ts';
import { type LoadedConfiguration, loadConfiguration } from './policy/load.ts';
import { findingSummary, findingsText } from './policy/model/analysis-finding.ts';
import { ConfigurationRefused } from './policy/model/configuration-refused.ts';
import { findingLine } from './policy/model/finding.ts';
import { changedKeys, documentHashes } from './policy/revision/document-store.ts';
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

type Loaded = Extract<LoadedConfiguration, { ok: true }>;

export class OperatorFiles {
  readonly #options: OperatorFilesOptions;
  /** Hashes of the documents when they were last active by what this node did. */
  #lastApplied: Readonly<Record<string, string>> | undefined;

  constructor(options: OperatorFilesOptions) {
    this.#options = options;
  }

  /** What the settings say. Findings are logged, and thrown as `not_configured`. */
  async issuer(): Promise<string | undefined> {
    const { documents } = await this.#load();
    return (documents.get('settings')?.content as { issuer?: string } | undefined)?.issuer;
  }

  /**
   * Makes the files the active revision, whatever revision was active. Rejects like `issuer`, or with
   * `StoreUnavailable`.
   */
  async apply(store: Store): Promise<void> {
    const loaded = await this.#load();
    await this.#apply(loaded, store, { warnsAnyway: true });
  }

  /**
   * Applies them after a change. Where they hold the same documents as when they were last applied, another revision
   * that came into use since stays: a policy test, an invariant or a comment must not undo a rollback. Rejects like
   * `apply`.
   */
  async applyChanged(store: Store): Promise<void> {
    const loaded = await this.#load();
    const before = this.#lastApplied;
    if (before !== undefined && changedKeys(before, documentHashes(loaded.documents)).length === 0) return;
    await this.#apply(loaded, store, { warnsAnyway: false });
  }

  async #load(): Promise<Loaded> {
    const { configDir, variables, port, demo } = this.#options;
    const loaded = await loadConfiguration(configDir, {
      authenticators: authenticatorKinds,
      // The demo's relying party listens on the next port; the example files refer to it by this name.
      variables: { DEMO_RP_PORT: String(port + 1), ...variables },
      inbox: demo !== undefined,
    });
    if (!loaded.ok) {
      this.#warn(loaded.findings.map(findingLine));
      throw new ConfigurationRefused('not_configured', configDir, loaded.findings);
    }
    return loaded;
  }

  /** What changed is analysed, with its warnings. `warnsAnyway`: of those that are not new, too. */
  async #apply(loaded: Loaded, store: Store, { warnsAnyway }: { readonly warnsAnyway: boolean }): Promise<void> {
    const { configDir, log } = this.#options;
    const issuer = this.#issuer();
    const authenticators = authenticatorKinds;
    const orphaned = await orphanedBy(store, loaded.documents, { authenticators, ...omitUndefined({ issuer }) });
    if (orphaned.length > 0) {
      const lines = orphaned.map(orphanedText);
      this.#warn(lines);
      throw this.#notConfigured(lines.join('\n'));
    }
    const revisions = new Revisions(store, { authenticators });
    if (await this.#isRefused(loaded, revisions)) return;
    const { revision, changed } = await appliedAgain(() =>
      revisions.apply(loaded.documents, { by: 'serve', message: `files of ${configDir}` }),
    );
    this.#lastApplied = documentHashes(loaded.documents);
    if (warnsAnyway && changed.length === 0) this.#warn(warningsLeft(loaded, nowInSeconds()).map(findingSummary));
    if (changed.length > 0) log.info('configuration applied', { revision, changed });
  }

  /** The demo knows its own where nothing says another one. */
  #issuer(): string | undefined {
    const { issuer, demo, port } = this.#options;
    return issuer ?? (demo ? `http://localhost:${port}` : undefined);
  }

  /**
   * Analyses a configuration that changed. With an error it is refused: what is active stays active, and a store that
   * has nothing yet stays empty.
   */
  async #isRefused(loaded: Loaded, revisions: Revisions): Promise<boolean> {
    const { configDir } = this.#options;
    const changed = await revisions.changedBy(loaded.documents);
    if (changed.length === 0) return false;
    const findings = await analyse(loaded, { authenticators: authenticatorKinds, now: nowInSeconds() });
    const shown = findings.filter(({ severity }) => severity !== 'note');
    this.#warn(shown.map(findingSummary));
    if (!shown.some(({ severity }) => severity === 'error')) return false;
    if ((await revisions.history(1)).length === 0)
      throw this.#notConfigured(findingsText(shown, { config: configDir }).trimEnd());
    return true;
  }

  /** In the log, one line each. */
  #warn(lines: readonly string[]): void {
    const { configDir, log } = this.#options;
    for (const line of lines) log.warn(`${configDir}/${line}`);
  }

  #notConfigured(text: string): StepgateError {
    return new StepgateError('not_configured', `${this.#options.configDir} is not a good configuration:\n${text}`);
  }
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
