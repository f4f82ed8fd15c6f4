/** What documents in use say that this release refuses, as an earlier release applied them (decision 194). */
import { checkAttributes } from '../document-checks/check-attributes.ts';
import { expressionFindings } from '../document-checks/check-expressions.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Document, documentKey, type WrittenKind } from '../model/documents.ts';
import type { FindingLocation } from '../model/finding.ts';
import { withoutLaterChecks } from '../schema/fields/later-check.ts';
import { schemaFor } from '../schema/schemas.ts';
import { parsedContent } from '../source/parsed-content.ts';
import { valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';
import { storedSource } from './stored-source.ts';

/** A document of the store. */
export interface HashedDocument {
  /** Of its text. */
  readonly hash: string;
  readonly document: Document;
}

interface NotedDocument {
  /** As in a manifest. */
  readonly key: string;
  readonly faults: readonly string[];
  /** Absent: it has no expressions. What they may be depends on the attributes of the settings. */
  readonly expressions?: DocumentSource;
}

/** The faults of expressions with the settings of this hash. */
interface ExpressionFaults {
  readonly settings: string;
  readonly faults: readonly string[];
}

/** Also true of drafts and of revisions that are not active. */
const stays = '; this release refuses that in files, and keeps it where an earlier one stored it';

/** The most documents to remember: more than a revision has that need it. */
const mostNoted = 10_000;

/** The faults of the documents that were read so far. Policies are read once, whatever settings come after. */
export class LaterFaults {
  /** By the hash of the document: those that have faults, or may have. What was asked for last stands last. */
  readonly #noted = new Map<string, NotedDocument>();
  /** By document. Only the last settings count: few revisions are asked for in turns. */
  readonly #ofExpressions = new WeakMap<NotedDocument, ExpressionFaults>();
  readonly #warn: (message: string) => void;
  readonly #limit: number;

  /** `limit`: documents to remember. Those of revisions that were asked for last stay longest. */
  constructor(warn: (message: string) => void = () => undefined, limit = mostNoted) {
    this.#warn = warn;
    this.#limit = limit;
  }

  /** Warns when a document is read for the first time. `settings`: those of its revision. */
  note(
    { hash, document }: HashedDocument,
    settings: HashedDocument,
    authenticators: readonly AuthenticatorKind[],
  ): void {
    if (this.#noted.has(hash)) return;
    const noted = notedDocument(document, authenticators);
    if (noted === undefined) return;
    this.#noted.set(hash, noted);
    const oldest = this.#noted.keys().next();
    if (this.#noted.size > this.#limit && !oldest.done) this.#noted.delete(oldest.value);
    for (const fault of this.#faultsOf(noted, settings)) this.#warn(`${fault}${stays}`);
  }

  /** Those of a revision with these settings. `hashOf`: the hash of its document with this key. */
  of(hashOf: (key: string) => string | undefined, settings: HashedDocument): readonly string[] {
    const own = [...this.#noted].filter(([hash, { key }]) => hashOf(key) === hash);
    for (const [hash, noted] of own) {
      this.#noted.delete(hash);
      this.#noted.set(hash, noted);
    }
    return own.flatMap(([, noted]) => this.#faultsOf(noted, settings));
  }

  #faultsOf(noted: NotedDocument, { hash, document }: HashedDocument): readonly string[] {
    const { faults, expressions } = noted;
    if (expressions === undefined) return faults;
    const known = this.#ofExpressions.get(noted);
    if (known?.settings === hash) return [...faults, ...known.faults];
    const found = expressionFindings([sourceOf(document, 'settings'), expressions]).map(faultText);
    this.#ofExpressions.set(noted, { settings: hash, faults: found });
    return [...faults, ...found];
  }
}

/** Undefined: it has no faults, whatever the settings are. */
function notedDocument(document: Document, authenticators: readonly AuthenticatorKind[]): NotedDocument | undefined {
  const { kind, name, content } = document;
  if (kind === 'file') return undefined;
  const schema = schemaFor(kind, authenticators);
  const { success, error } = parsedContent(schema, content);
  // What has another shape is not active.
  if (!success && !withoutLaterChecks(() => schema.safeParse(content)).success) return undefined;
  const written = sourceOf(document, kind);
  const issues = (error?.issues ?? []).map(({ path, message }) => {
    const steps = path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    return { ...written.source.locationOf(steps), message };
  });
  const faults = [...issues, ...checkAttributes(written)].map(faultText);
  const asks = valuesInConditions(content, 'expression').length > 0;
  if (faults.length === 0 && !asks) return undefined;
  return { key: documentKey(kind, name), faults, ...(asks && { expressions: written }) };
}

function sourceOf(document: Document, kind: WrittenKind): DocumentSource {
  return { kind, source: storedSource(document) };
}

/** In the form of findings: the store keeps only the lines of rules. */
function faultText({ file, line, column, path, message }: FindingLocation & { readonly message: string }): string {
  return `${line === 0 ? file : `${file}:${line}:${column}`} ${path} ${message}`;
}
