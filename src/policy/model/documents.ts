/** The content of the configuration files: checked, with its location, and in the form in which the store keeps it. */
import type { RuleHead } from '../../core/model/policy.ts';

/**
 * `settings` is `stepgate.yaml`. `session`, `enrollment` and so on are files of that name under `policies/`. `file`: a
 * picture or a stylesheet of a brand.
 */
export type DocumentKind =
  | 'settings'
  | 'app'
  | 'session'
  | 'enrollment'
  | 'password'
  | 'recovery'
  | 'account'
  | 'sign-on'
  | 'profile'
  | 'service'
  | 'file';

/** Kinds that are written as YAML. `invariants` is about the configuration, and no part of it. */
export type WrittenKind = Exclude<DocumentKind, 'file'> | 'invariants';

/** Kinds of which there is one document at most. */
export function isSingleton(kind: DocumentKind | WrittenKind): kind is (typeof singletons)[number] {
  return (singletons as readonly string[]).includes(kind);
}

const singletons = [
  'settings',
  'session',
  'enrollment',
  'password',
  'recovery',
  'account',
  'invariants',
] as const satisfies readonly WrittenKind[];

export interface Document {
  readonly kind: DocumentKind;
  /** Client id of an app, name of a policy, path of a file, else the kind. Unique within its kind. */
  readonly name: string;
  /** Relative to the directory of the configuration, with `/`. */
  readonly file: string;
  /** Line of each rule, for a policy; else empty. */
  readonly ruleLines: readonly number[];
  /**
   * Column of each rule, for a policy. Absent, as in the store wherever it can be: each has the usual one (decision
   * 118).
   */
  readonly ruleColumns?: readonly number[];
  /**
   * As written, with variables filled in. The schemas turn it into `Settings`, `App` or a policy whenever it is read.
   * Of a file: `BrandFile`.
   */
  readonly content: unknown;
}

/** Where `config fmt` lets a rule begin: below `rules:`, behind two spaces and a dash. */
export const usualRuleColumn = 5;

/** The index of the rule that stands there; -1: none does. */
export function ruleIndexAt({ ruleLines, ruleColumns }: Document, { location }: Pick<RuleHead, 'location'>): number {
  const { line, column = usualRuleColumn } = location ?? { line: 0 };
  return ruleLines.findIndex(
    (ruleLine, index) => ruleLine === line && (ruleColumns?.[index] ?? usualRuleColumn) === column,
  );
}

/** A complete configuration that was checked, by `documentKey`. */
export type Documents = ReadonlyMap<string, Document>;

/**
 * `settings`, `session` and so on; `app/<clientId>`, `sign-on/<policy>`, `profile/<policy>`, `service/<policy>`,
 * `file/brand/<name>`.
 */
export function documentKey(kind: DocumentKind, name: string): string {
  return isSingleton(kind) ? kind : `${kind}/${name}`;
}
