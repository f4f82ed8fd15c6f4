/** What is found out about a configuration that is valid, and how it is printed. */

import { excerptLines } from './excerpt.ts';
import type { Finding } from './finding.ts';
import { printableLine } from './printable.ts';

/** By code: what it means, in a few words, and how severe it is unless the finding says otherwise. */
export const findingCodes = {
  contradictory: { severity: 'error', title: 'the conditions of a rule exclude one another' },
  shadowed: { severity: 'error', title: 'a rule never decides, as rules before it take all its cases' },
  'lock-out': { severity: 'error', title: 'the rules let users in, and nothing that they enroll leads there' },
  'newcomer-lock-out': { severity: 'warning', title: 'users are denied with what their account begins with' },
  'returning-lock-out': { severity: 'error', title: 'users sign in once, and are denied when they come back' },
  'password-lock-out': { severity: 'warning', title: 'users are denied once their password must be replaced' },
  'kept-password': { severity: 'warning', title: 'a password that should be replaced stays good' },
  'never-added': { severity: 'warning', title: 'no user can ever add an authenticator' },
  'closed-app': { severity: 'error', title: 'no user can enter an app' },
  unreachable: { severity: 'warning', title: 'a rule allows only where another policy denies' },
  unmeetable: { severity: 'warning', title: 'an alternative or chain that no user can meet' },
  'weaker-below': { severity: 'warning', title: 'a rule below asks the users of another rule for less' },
  spoofable: { severity: 'warning', title: 'what a browser says of itself chooses between strict and weak' },
  'unreached-age': { severity: 'warning', title: 'an age or a pause that no session reaches' },
  'pointless-alternative': { severity: 'warning', title: 'an alternative that other alternatives contain' },
  'user-written': {
    severity: 'error',
    title: 'users get in, or are asked for less, by an attribute that they write themselves',
  },
  'unguarded-read': { severity: 'warning', title: 'an expression reads what a user may lack' },
  'fail-open': { severity: 'warning', title: 'a denial misses users who lack the attribute that it rests on' },
  invariant: { severity: 'error', title: 'an invariant does not hold' },
  'undecided-invariant': { severity: 'warning', title: 'whether an invariant holds could not be decided' },
  'empty-invariant': { severity: 'warning', title: 'an invariant is about no sign-in' },
  standard: { severity: 'error', title: 'a rule falls short of the standard that was asked for' },
  past: { severity: 'warning', title: 'a time that is over' },
  unused: { severity: 'note', title: 'a zone, group, policy or picture that nothing uses' },
  'unaskable-scope': { severity: 'warning', title: 'a rule about a scope that no app may ask for' },
  'unknown-group': { severity: 'warning', title: 'a group that no user is in' },
  'changeable-user': { severity: 'warning', title: 'a rule names a user by what users change themselves' },
  'restricted-authenticator': { severity: 'note', title: 'a factor that the standards restrict' },
  'discouraged-authenticator': { severity: 'warning', title: 'an authenticator that the standards refuse' },
  'message-unsent': { severity: 'warning', title: 'messages that go nowhere' },
  'registration-unproved': { severity: 'warning', title: 'users may register, and cannot prove an address' },
  'newcomer-identifier': { severity: 'warning', title: 'new users have no identifier that the app takes' },
  'country-code': { severity: 'warning', title: 'phone numbers are taken with their country code only' },
  'unreachable-acr': { severity: 'warning', title: 'an `acr` value that no user can reach' },
  'uncommon-algorithms': { severity: 'warning', title: 'no signing algorithm that every client knows' },
  'pkce-optional': { severity: 'warning', title: 'an app that may leave out PKCE' },
  'scope-without-label': { severity: 'warning', title: 'users are asked for consent without words' },
  'secret-missing': { severity: 'warning', title: 'a secret that this machine does not have' },
  network_file_missing: { severity: 'warning', title: 'a MaxMind DB file that is not there' },
  network_file_damaged: { severity: 'warning', title: 'a MaxMind DB file that is cut or damaged' },
  network_file_foreign: { severity: 'warning', title: 'a MaxMind DB file of another type' },
  metadata_file_missing: { severity: 'warning', title: 'a file of passkey models that is not there' },
  metadata_file_damaged: { severity: 'warning', title: 'a file of passkey models that cannot be read' },
  'unknown-model': { severity: 'warning', title: 'a model of passkeys that nothing vouches for' },
  'renamed-key': { severity: 'warning', title: 'a key that has another name in this release' },
  acceptance: { severity: 'warning', title: 'a comment that accepts a finding is wrong, expired or needless' },
  undecided: { severity: 'note', title: 'the analysis could not decide whether a rule ever decides' },
} as const satisfies Readonly<Record<string, { readonly severity: Severity; readonly title: string }>>;

export type FindingCode = keyof typeof findingCodes;

/**
 * `error`: a configuration that changed is refused. `warning`: probably not meant. `note`: worth knowing, and shown
 * only where it is asked for.
 */
export type Severity = 'error' | 'warning' | 'note';

/** A rule that a finding is about, with its location. */
export interface NamedRule {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One finding of the analysis, or of the checks before it. Each code has a section in docs/findings.md. */
export interface AnalysisFinding extends Finding<FindingCode> {
  readonly severity: Severity;
  /** The line, as it is in the file. */
  readonly text: string;
  /** Other rules that it is about. */
  readonly rules: readonly NamedRule[];
  /** Options of `explain` that show it. Absent: it is about what never happens. */
  readonly example?: readonly string[];
  /** What to do: a sentence without its period. */
  readonly advice: string;
}

/** `file:line:column: severity: path message [code]`. Always one line. */
export function findingSummary({ severity, code, file, line, column, path, message }: AnalysisFinding): string {
  return printableLine(`${file}:${line}:${column}: ${severity}: ${path === '' ? '' : `${path} `}${message} [${code}]`);
}

/** How findings are printed. */
export interface FindingStyle {
  /** The directory that was analysed, for the examples. */
  readonly config?: string;
  /** What to do stands below all of them, once each: many findings of a standard say the same. */
  readonly adviceLast?: true;
}

/**
 * Findings on several lines: location, line with a caret, rules, examples, advice. Those about one location share
 * these, and nothing of it is repeated.
 */
export function findingsText(findings: readonly AnalysisFinding[], { config, adviceLast }: FindingStyle = {}): string {
  const locations = Map.groupBy(findings, ({ file, line, column, path }) => JSON.stringify([file, line, column, path]));
  const from = config === undefined ? [] : ['--config', config];
  const lines = [...locations.values()].flatMap((same) => [
    ...same.map(findingSummary),
    ...excerptLines(same[0]),
    ...distinct(same.flatMap(({ rules }) => rules.map(ruleLine))),
    ...distinct(same.flatMap(({ example }) => (example ? [exampleLine([...from, ...example])] : []))),
    ...(adviceLast ? [] : adviceLines(same)),
  ]);
  return [...lines, ...(adviceLast ? adviceLines(findings) : [])].map((line) => `${printableLine(line)}\n`).join('');
}

function ruleLine({ name, file, line, column }: NamedRule): string {
  return `  rule: "${name}", ${file}:${line}:${column}`;
}

function exampleLine(options: readonly string[]): string {
  return `  example: npm run stepgate -- explain ${options.map(shellWord).join(' ')}`;
}

function adviceLines(findings: readonly AnalysisFinding[]): readonly string[] {
  return distinct(findings.map(({ advice, code }) => `  what to do: ${advice} (docs/findings.md#${code})`));
}

function distinct(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)];
}

/** Quotes the text so that a shell reads it as one word. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
