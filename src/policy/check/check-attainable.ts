/**
 * Finds what locks users out: rules that no user can meet, levels that no user can reach, and apps that no user can
 * enter. Works on a configuration that is otherwise valid.
 */

import type { Facts } from '../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../core/model/neutral-facts.ts';
import type { Policy, Rule } from '../../core/model/policy.ts';
import { type CompiledPolicy, compilePolicy } from '../../core/policy/rules/compile.ts';
import { rulesAnywhere } from '../../core/policy/rules/rules.ts';
import type { App, ServiceTerms } from '../model/app.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Document, type Documents, documentKey, ruleIndexAt } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import { readApp, readPolicy, readServicePolicy, readSettings } from '../revision/read-document.ts';
import type { DocumentSource, Path, YamlSource } from '../source/yaml-source.ts';
import { type KnownAuthenticators, type RequirementFault, requirementFault } from './requirement-fault.ts';
import { signOnOf } from './sign-on-of.ts';
import { unmeetable } from './unmeetable-requirements.ts';

/** In no order. */
export function checkAttainable(
  sources: readonly DocumentSource[],
  documents: Documents,
  all: readonly AuthenticatorKind[],
): readonly Finding[] {
  const document = documents.get(documentKey('settings', 'settings'));
  if (document === undefined) return [];
  const session = documents.get(documentKey('session', 'session'));
  const context = { settings: readSettings(document, all), all, session: session && readPolicy(session) };
  const byFile = new Map([...documents.values()].map((written) => [written.file, written]));
  return sources.flatMap(({ kind, source }) => {
    const read = byFile.get(source.file);
    if (read === undefined) return [];
    if (kind === 'app') return appFindings(source, readApp(read), { ...context, documents });
    return kind === 'sign-on' || kind === 'session' || kind === 'account' ? ruleFindings(source, read, context) : [];
  });
}

/** A rule of the session policy may stand for two of the core; one finding is enough. */
function ruleFindings(source: YamlSource, document: Document, context: KnownAuthenticators): readonly Finding[] {
  const faults = new Map<number, RequirementFault>();
  for (const rule of readPolicy(document).rules) {
    const { then, off } = rule;
    if (off) continue;
    const fault = then.kind === 'allow' ? requirementFault(then.requirement, context) : undefined;
    if (fault !== undefined) faults.set(ruleIndexAt(document, rule), fault);
  }
  return [...faults].map(([index, fault]) => {
    const location = { source, path: ['rules', index, 'then', 'allow'] };
    return unmeetable('rule_unmeetable', location, { ...fault, message: `lets no user in: ${fault.message}` });
  });
}

function appFindings(source: YamlSource, app: App, context: KnownAuthenticators & KnownPolicies): readonly Finding[] {
  const { minimumAcr, client } = app;
  const levels: readonly (readonly [Path, string])[] = [
    ...(minimumAcr === undefined ? [] : [[['minimumAcr'], minimumAcr] as const]),
    ...(client.default_acr_values ?? []).map(
      (value, index) => [['client', 'default_acr_values', index], value] as const,
    ),
  ];
  return [
    ...levels.flatMap(([path, value]) => {
      const acr = context.settings.acrValues.find((acrValue) => acrValue.value === value);
      const fault = acr && requirementFault(acr.requirement, context);
      if (fault === undefined) return [];
      const message = `no user can reach it: ${fault.message}`;
      return [unmeetable('level_unreachable', { source, path }, { ...fault, message })];
    }),
    ...closedTo(app, context).map(([path, message]) =>
      unmeetable('app_closed', { source, path }, { message, advice: 'add one that allows, or remove the app' }),
    ),
  ];
}

interface KnownPolicies {
  readonly documents: Documents;
  readonly session: Policy | undefined;
}

/** Why no user can enter the app: the rules of a policy that can decide there all deny. */
function closedTo(app: App, { documents, session }: KnownPolicies): readonly (readonly [Path, string])[] {
  const { clientId, signOnPolicies, service } = app;
  const isClosed = (policy: Policy | undefined): policy is Policy =>
    policy !== undefined && !mayAllow(compiled(policy), clientId);
  if (signOnPolicies === undefined) return service === undefined ? [] : closedToService(service, documents);
  const signOn = signOnOf(app, documents);
  const closed = (policy: Policy, name: string) =>
    `no user can enter this app: every rule of ${name} that can decide here denies: ${deniersText(policy, clientId)}`;
  if (isClosed(signOn)) return [[['signOnPolicy'], closed(signOn, `\`${signOn.name}\``)]];
  if (isClosed(session)) return [[['clientId'], closed(session, 'policies/session.yaml')]];
  return [];
}

/** The most rules to name. */
const mostNamed = 4;

function deniersText(policy: Policy, clientId: string): string {
  const names = rulesAnywhere(compiled(policy), anyRequestTo(clientId)).map(({ name }) => `"${name}"`);
  return `${names.slice(0, mostNamed).join(', ')}${names.length > mostNamed ? ', ...' : ''}`;
}

/** Cached by policy, which many apps may share. */
const compiledPolicies = new WeakMap<Policy, CompiledPolicy<Rule>>();

function compiled(policy: Policy): CompiledPolicy<Rule> {
  const made = compiledPolicies.get(policy) ?? compilePolicy(policy);
  compiledPolicies.set(policy, made);
  return made;
}

/** Why the service itself is never let in. */
function closedToService(
  { policy = 'default' }: ServiceTerms,
  documents: Documents,
): readonly (readonly [Path, string])[] {
  const document = documents.get(documentKey('service', policy));
  if (document === undefined || servicePolicyAllows(document)) return [];
  const message = `this app is never let in: every rule of \`${policy}\` denies`;
  return [[['service'], message]];
}

function servicePolicyAllows(document: Document): boolean {
  const { rules } = compilePolicy(readServicePolicy(document));
  return rules.some(({ rule }) => rule.then.kind === 'allow');
}

/** Whether a rule that allows may decide for some user, at any time, from anywhere. */
function mayAllow(policy: CompiledPolicy<Rule>, clientId: string): boolean {
  return rulesAnywhere(policy, anyRequestTo(clientId)).some(({ then }) => then.kind === 'allow');
}

/** Of no user, so that what depends on the user is open. What depends on anything but the app is open in any case. */
function anyRequestTo(clientId: string): Facts {
  return neutralFacts({ now: 0, request: neutralRequest(clientId) });
}
