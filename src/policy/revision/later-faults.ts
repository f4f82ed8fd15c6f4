/** What documents in use say that this release refuses, as an earlier release applied them (decision 194). */
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Document, documentKey, usualRuleColumn } from '../model/documents.ts';
import { withoutLaterChecks } from '../schema/fields/later-check.ts';
import { schemaFor } from '../schema/schemas.ts';
import { parsedContent } from '../source/parsed-content.ts';
import { type Path, pathText } from '../source/yaml-source.ts';

interface FaultyDocument {
  /** As in a manifest. */
  readonly key: string;
  readonly faults: readonly string[];
}

/** Also true of drafts and of revisions that are not active. */
const stays = '; this release refuses that in files, and keeps it where an earlier one stored it';

/** The faults of the documents that were read so far, by the hash of the document. */
export class LaterFaults {
  readonly #byHash = new Map<string, FaultyDocument>();
  readonly #warn: (message: string) => void;

  constructor(warn: (message: string) => void = () => undefined) {
    this.#warn = warn;
  }

  /** Warns when a document is read for the first time. */
  note(hash: string, document: Document, authenticators: readonly AuthenticatorKind[]): void {
    if (this.#byHash.has(hash)) return;
    const faults = laterFaultsOf(document, authenticators);
    if (faults.length === 0) return;
    this.#byHash.set(hash, { key: documentKey(document.kind, document.name), faults });
    for (const fault of faults) this.#warn(`${fault}${stays}`);
  }

  /** Those of a revision. `hashOf`: the hash of its document with this key. */
  of(hashOf: (key: string) => string | undefined): readonly string[] {
    return [...this.#byHash].flatMap(([hash, { key, faults }]) => (hashOf(key) === hash ? faults : []));
  }
}

/** In the form of findings: the store keeps only the lines of rules. */
function laterFaultsOf(document: Document, authenticators: readonly AuthenticatorKind[]): readonly string[] {
  if (document.kind === 'file') return [];
  const schema = schemaFor(document.kind, authenticators);
  const { success, error } = parsedContent(schema, document.content);
  if (success) return [];
  // What has another shape is not active.
  if (!withoutLaterChecks(() => schema.safeParse(document.content)).success) return [];
  return error.issues.map(({ path, message }) => {
    const steps = path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    return `${locationText(document, steps)} ${pathText(steps)} ${message}`;
  });
}

function locationText({ file, ruleLines, ruleColumns }: Document, [first, rule]: Path): string {
  const line = first === 'rules' ? ruleLines[Number(rule)] : undefined;
  return line === undefined ? file : `${file}:${line}:${ruleColumns?.[Number(rule)] ?? usualRuleColumn}`;
}
