/**
 * Checks which sign-on policies decide about which app. Works on data whose shape was not checked, so that all findings
 * are reported at once.
 */
import type { WrittenKind } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import { type FoundValue, valuesAt } from '../source/values-at.ts';
import type { DocumentSource, Path, YamlSource } from '../source/yaml-source.ts';
import { checkCatchAll, decides } from './check-catch-all.ts';
import { isSwitchedOn } from './check-switched-off.ts';

interface NamedSource {
  readonly name: string;
  readonly labels: readonly unknown[];
  readonly source: YamlSource;
}

/** An app to which users sign in. */
interface CheckedApp {
  readonly source: YamlSource;
  readonly labels: readonly unknown[];
  /** The policies that it names. */
  readonly named: readonly FoundValue[];
}

/** Whether an app has a policy for its labels is not said where a file of policies cannot be read. */
export function checkSignOn(
  sources: readonly DocumentSource[],
  unreadableKinds: ReadonlySet<WrittenKind>,
): readonly Finding[] {
  const signOn = sources.filter(({ kind }) => kind === 'sign-on');
  const policies = signOn.filter(isSwitchedOn).map(toNamed);
  const off = signOn.filter((documentSource) => !isSwitchedOn(documentSource)).map(toNamed);
  const apps = sources.filter(({ kind }) => kind === 'app').map(({ source }) => toApp(source));
  const others = apps.flatMap(({ named }) => named.slice(0, -1)).map(({ value }) => value);
  const lasts = apps.flatMap(({ named }) => named.slice(-1)).map(({ value }) => value);
  const ofLabels = (app: CheckedApp) => (unreadableKinds.has('sign-on') ? [] : labelFindings(app, { policies, off }));
  return [
    ...policies.flatMap((policy) =>
      catchAllFindings(policy, { isBefore: others.includes(policy.name), isLast: lasts.includes(policy.name) }),
    ),
    ...apps.flatMap((app) => (app.named.length === 0 ? ofLabels(app) : repeatedRules(app, policies))),
  ];
}

function toNamed({ source }: DocumentSource): NamedSource {
  const [name] = texts(source, 'name');
  return { name: String(name), labels: texts(source, 'apps.labels.*'), source };
}

function toApp(source: YamlSource): CheckedApp {
  const found = valuesAt(source.content, 'signOnPolicy');
  const named = found.flatMap(({ value, path }) => (Array.isArray(value) ? elements(value, path) : [{ value, path }]));
  return { source, labels: texts(source, 'labels.*'), named };
}

function elements(list: readonly unknown[], path: Path): readonly FoundValue[] {
  return list.map((value, index) => ({ value, path: [...path, index] }));
}

function texts({ content }: YamlSource, pattern: string): readonly unknown[] {
  return valuesAt(content, pattern).map(({ value }) => value);
}

/**
 * Of policies that are read as one, only the last ends in a catch-all rule. A policy that no app names, or that apps
 * get by their labels, stands alone.
 */
function catchAllFindings(
  { source, name, labels }: NamedSource,
  { isBefore, isLast }: { readonly isBefore: boolean; readonly isLast: boolean },
): readonly Finding[] {
  const always = valuesAt(source.content, 'rules.*').find(
    ({ value }) => typeof value === 'object' && value !== null && !('when' in value) && decides(value),
  );
  if (isBefore && always) {
    const message = `nothing after \`${name}\` ever applies where an app lists it before others: this rule has no \`when\``;
    return [source.finding('catch_all_misplaced', always.path, message)];
  }
  return isLast || labels.length > 0 || !isBefore ? checkCatchAll(source) : [];
}

interface SwitchedPolicies {
  readonly policies: readonly NamedSource[];
  /** Those that are switched off. */
  readonly off: readonly NamedSource[];
}

function labelFindings({ source, labels }: CheckedApp, { policies, off }: SwitchedPolicies): readonly Finding[] {
  if (labels.length === 0) return [];
  const isFor = (policy: NamedSource) => policy.labels.some((label) => labels.includes(label));
  const fitting = policies.filter(isFor);
  const [first, second] = fitting;
  if (first === undefined) {
    const missing = `no sign-on policy is for apps with ${labels.length === 1 ? 'this label' : 'one of these labels'}`;
    const fittingOff = off.filter(isFor);
    const message =
      fittingOff.length === 0
        ? `${missing}: name one in \`signOnPolicy\`, or add \`apps: { labels: [...] }\` to one`
        : `${missing}, as ${namesOf(fittingOff)} ${fittingOff.length === 1 ? 'is' : 'are'} switched off: switch ${fittingOff.length === 1 ? 'it' : 'one'} on (\`enabled\`), or name another one in \`signOnPolicy\``;
    return isForUsers(source) ? [source.finding('policy_missing', ['labels'], message)] : [];
  }
  if (second === undefined) return [];
  return [
    source.finding(
      'policy_ambiguous',
      ['labels'],
      `the sign-on policies ${namesOf(fitting)} are both for it: name one in \`signOnPolicy\``,
    ),
  ];
}

function namesOf(policies: readonly NamedSource[]): string {
  return policies.map(({ name }) => `\`${name}\``).join(' and ');
}

function isForUsers({ content }: YamlSource): boolean {
  const grants = valuesAt(content, 'client.grant_types.*').map(({ value }) => value);
  return grants.length === 0 || grants.some((grant) => grant !== 'client_credentials' && grant !== 'refresh_token');
}

/** Audit log and explanations name rules, so of policies that are read as one no two rules have one name. */
function repeatedRules({ source, named }: CheckedApp, policies: readonly NamedSource[]): readonly Finding[] {
  const seen = new Map<unknown, string>();
  return named.flatMap(({ value, path }) => {
    const policy = policies.find(({ name }) => name === value);
    const rules = policy ? texts(policy.source, 'rules.*.name') : [];
    const twice = rules.find((rule) => seen.has(rule));
    const message = `has a rule "${String(twice)}", and so has \`${seen.get(twice)}\`, which is read as one with it`;
    for (const rule of rules) if (policy) seen.set(rule, policy.name);
    return twice === undefined ? [] : [source.finding('duplicate_name', path, message)];
  });
}
