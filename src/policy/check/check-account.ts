/**
 * Finds accounts that could never add an authenticator, because what the account policy asks for is more than they can
 * prove. Works on a configuration that is otherwise valid.
 */
import { bestEvidence } from '../../core/evidence/attainable-acr.ts';
import { meetsRequirement } from '../../core/evidence/requirement.ts';
import type { AccountRule, GovernedChange } from '../../core/model/account-policy.ts';
import { isAbout } from '../../core/policy/rules/account-policy.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Documents, documentKey } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import { enabledAuthenticators } from '../revision/enabled-authenticators.ts';
import { readAccountPolicy, readSettings } from '../revision/read-document.ts';
import type { DocumentSource } from '../source/yaml-source.ts';
import { unmeetable } from './unmeetable-requirements.ts';

/** An account begins with a password, or with what a registration proves. A policy that lets none add any is meant. */
export function checkAccount(
  sources: readonly DocumentSource[],
  documents: Documents,
  all: readonly AuthenticatorKind[],
): readonly Finding[] {
  const source = sources.find(({ kind }) => kind === 'account')?.source;
  const [policy, settings] = [documents.get('account'), documents.get(documentKey('settings', 'settings'))];
  if (source === undefined || policy === undefined || settings === undefined) return [];
  const enabled = enabledAuthenticators(all, readSettings(settings, all));
  const additions = enabled
    .filter(({ enrollable }) => enrollable)
    .map(({ key: of }): GovernedChange => ({ action: 'add', of }));
  const { rules } = readAccountPolicy(policy);
  const allowing = additions
    .flatMap((change) => rulesAbout(change, rules))
    .flatMap((rule) => {
      return rule.then.kind === 'allow' ? [{ rule, requirement: rule.then.requirement }] : [];
    });
  const [first] = allowing;
  if (first === undefined) return [];
  const beginnings = enabled.filter(({ registers, underPasswordPolicy }) => registers || underPasswordPolicy);
  return beginnings
    .filter(
      (kind) => !allowing.some(({ requirement }) => meetsRequirement(requirement, bestEvidence(requirement, [kind]))),
    )
    .map(({ key }) => {
      const message = `an account that has only ${key} could never add an authenticator: every rule that lets it asks for more`;
      const location = { source, path: ['rules', rules.indexOf(first.rule), 'then', 'allow'] };
      return unmeetable('account_unmeetable', location, {
        message,
        advice: 'ask for less where it adds its first one',
      });
    });
}

/** The rules that may decide about the change: up to the first that always does. */
function rulesAbout(change: GovernedChange, rules: readonly AccountRule[]): readonly AccountRule[] {
  const own = rules.filter((rule) => !rule.off && !rule.reportOnly && isAbout(rule, change));
  const always = own.findIndex(({ when }) => Object.keys(when).length === 0);
  return always < 0 ? own : own.slice(0, always + 1);
}
