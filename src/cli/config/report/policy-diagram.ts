/** Policies as diagrams: their rules from top to bottom, each with its conditions and outcome, in words. */
import type { ChangesNamed } from '../../../core/model/account-policy.ts';
import type { PasswordTerms } from '../../../core/model/password-policy.ts';
import type { AllowTerms, AppSession, RuleHead, SessionLimits, SessionTerms } from '../../../core/model/policy.ts';
import { type CompiledCondition, compileConditions } from '../../../core/policy/rules/condition-table.ts';
import { type Document, type DocumentKind, type Documents, documentKey } from '../../../policy/model/documents.ts';
import { durationText } from '../../../policy/model/duration-text.ts';
import {
  readAccountPolicy,
  readEnrollmentPolicy,
  readPasswordPolicy,
  readPolicy,
  readProfilePolicy,
  readServicePolicy,
} from '../../../policy/revision/read-document.ts';
import { conditionText } from '../../explain/condition-text.ts';
import { enrollmentRows } from '../../explain/enrollment-text.ts';
import { profileRows } from '../../explain/profile-text.ts';
import { requirementText } from '../../explain/requirement-text.ts';
import { quantity } from '../shared/quantities.ts';

export interface PolicyDiagram {
  /** `Sign-on policy payroll`. */
  readonly title: string;
  readonly file: string;
  /** `sign-on/payroll`. */
  readonly key: string;
  readonly rules: readonly DiagramRule[];
  /** What applies if no rule holds. Absent if the last rule always holds. */
  readonly otherwise?: string;
}

export interface DiagramRule {
  readonly rule: string;
  readonly line: number;
  /** All of these must hold. Empty if the rule always decides. */
  readonly conditions: readonly DiagramCondition[];
  readonly effect: 'allow' | 'deny' | 'terms';
  /** One line each. */
  readonly says: readonly string[];
  readonly state?: 'off' | 'reports only';
}

export interface DiagramCondition {
  readonly words: string;
  /** One of these must hold. */
  readonly oneOf?: readonly string[];
}

/** Titles by kind, in the order in which a sign-in meets the policies. */
const titles: readonly (readonly [DocumentKind, string])[] = [
  ['session', 'Session policy'],
  ['sign-on', 'Sign-on policy'],
  ['enrollment', 'Enrollment policy'],
  ['profile', 'Profile policy'],
  ['password', 'Password policy'],
  ['recovery', 'Recovery policy'],
  ['account', 'Account policy'],
  ['service', 'Service policy'],
];

/** All policies of a configuration, including those that no app uses. */
export function policyDiagrams(documents: Documents): readonly PolicyDiagram[] {
  return titles.flatMap(([kind, title]) =>
    [...documents.values()]
      .filter((document) => document.kind === kind)
      .sort((a, b) => a.name.localeCompare(b.name))
      .map((document) => diagramOf(document, document.name === kind ? title : `${title} ${document.name}`)),
  );
}

function diagramOf(document: Document, title: string): PolicyDiagram {
  const rules = diagramRules(document);
  const isComplete = rules.some(({ conditions, state }) => conditions.length === 0 && state === undefined);
  return {
    title,
    file: document.file,
    key: documentKey(document.kind, document.name),
    rules,
    ...(!isComplete && { otherwise: 'no rule holds: the next policy of the app; after the last, denied' }),
  };
}

function diagramRules(document: Document): readonly DiagramRule[] {
  switch (document.kind) {
    case 'enrollment':
      return readEnrollmentPolicy(document).rules.map((rule) => termsRule(rule, enrollmentRows(rule.then)));
    case 'profile':
      return readProfilePolicy(document).rules.map((rule) => termsRule(rule, profileRows(rule.then)));
    case 'password':
      return readPasswordPolicy(document).rules.map((rule) => termsRule(rule, passwordRows(rule.then)));
    case 'service':
      return readServicePolicy(document).rules.map((rule) =>
        accessRule(rule, [`the service ${verbs[rule.then.kind]}`]),
      );
    case 'account':
      return readAccountPolicy(document).rules.map((rule) => ({
        ...accessRule(rule, saysOf(rule.then)),
        conditions: [...changeText(rule.change), ...conditionsOf(rule)],
      }));
    default:
      return readPolicy(document).rules.map((rule) => accessRule(rule, saysOf(rule.then)));
  }
}

const verbs = { allow: 'gets its tokens', deny: 'is denied' } as const;

function termsRule(rule: RuleHead, rows: readonly (readonly [string, string])[]): DiagramRule {
  return { ...headOf(rule), effect: 'terms', says: rows.map((row) => row.join(' ')) };
}

function accessRule(
  rule: RuleHead & { readonly then: { readonly kind: 'allow' | 'deny' } },
  says: readonly string[],
): DiagramRule {
  return { ...headOf(rule), effect: rule.then.kind, says };
}

function headOf(rule: RuleHead): Pick<DiagramRule, 'rule' | 'line' | 'conditions' | 'state'> {
  const { name, location, off, reportOnly } = rule;
  const head = { rule: name, line: location?.line ?? 1, conditions: conditionsOf(rule) };
  if (off) return { ...head, state: 'off' };
  return reportOnly ? { ...head, state: 'reports only' } : head;
}

function conditionsOf({ when }: Pick<RuleHead, 'when'>): readonly DiagramCondition[] {
  return compileConditions(when).map(({ name, alternatives }) => {
    if (alternatives === undefined) return { words: conditionText(when, name) };
    const words = (all: readonly CompiledCondition[], index: number) =>
      all.map((condition) => conditionText(when.any?.[index] ?? {}, condition.name)).join(' and ');
    return { words: 'one of', oneOf: alternatives.map(words) };
  });
}

/** A rule may be about several changes. */
function changeText(change: ChangesNamed | undefined): readonly DiagramCondition[] {
  if (change === undefined) return [];
  const words = Object.entries(change).map(
    ([action, of]) => `to ${action} ${of === 'all' ? 'anything' : of.join(' or ')}`,
  );
  return [{ words: words.join(', or ') }];
}

function saysOf(then: { readonly kind: 'deny' } | AllowTerms): readonly string[] {
  if (then.kind === 'deny') return ['denied'];
  return Object.values(termTexts).flatMap((texts) => texts(then));
}

/** One line for each member: one that is left out does not compile. */
const termTexts: Readonly<Record<Exclude<keyof AllowTerms, 'kind'>, (terms: AllowTerms) => readonly string[]>> = {
  requirement: ({ requirement }) =>
    requirementText(requirement).map((words, index) => (index === 0 ? words : `or ${words}`)),
  session: ({ session }) => (session ? [`session: ${limitsText(session)}`, ...keepTexts(session)] : []),
  appSession: ({ appSession }) => (appSession ? appSessionTexts(appSession) : []),
  remember: ({ remember }) =>
    remember === undefined ? [] : [`a browser may remember the second factor for ${durationText(remember)}`],
  scopes: ({ scopes }) => (scopes === undefined ? [] : [`grants scopes ${scopes.join(', ')}`]),
};

function keepTexts({ keep }: SessionTerms): readonly string[] {
  return keep ? [`kept signed in: ${limitsText(keep)}`] : [];
}

function appSessionTexts({ absolute, unkept }: AppSession): readonly string[] {
  return [
    ...(absolute === undefined ? [] : [`counts at this app for ${durationText(absolute)}`]),
    ...(unkept ? ['a kept session counts no longer here than one that is not kept'] : []),
  ];
}

function limitsText({ absolute, idle }: SessionLimits): string {
  return `${durationText(absolute)} at most, ${durationText(idle)} without use`;
}

function passwordRows(terms: PasswordTerms): readonly (readonly [string, string])[] {
  const { minLength, minLengthBesideSecondFactor, blocklists, history, maxAge, lockout } = terms;
  const { attempts, within, consecutive } = lockout;
  return [
    ['requires', `${minLength} characters, ${minLengthBesideSecondFactor} with a second factor`],
    ['refuses', `passwords of the lists: ${blocklists.join(', ') || 'none'}`],
    ...(history > 0 ? [['refuses', quantity(history, 'former password')] as const] : []),
    ...(maxAge === undefined ? [] : [['expires', `after ${durationText(maxAge)}`] as const]),
    ['locks', `after ${attempts} wrong ones within ${durationText(within)}, or ${consecutive} in a row`],
  ];
}
