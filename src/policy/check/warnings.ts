/** What a good configuration says at its own risk: it is applied all the same. Works on a configuration without a problem. */

import { bestEvidence } from '../../core/evidence/attainable-acr.ts';
import type { Requirement, Rule } from '../../core/model/policy.ts';
import { minimalSufficientSets } from '../../core/remediation/sufficient-sets.ts';
import type { AuthenticatorKind, DeliveryChannel } from '../model/authenticator-kind.ts';
import { type Documents, documentKey, type Finding } from '../model/documents.ts';
import type { Settings } from '../model/settings.ts';
import { enabledAuthenticators } from '../revision/enabled-authenticators.ts';
import { readPolicy, readSettings } from '../revision/read-document.ts';
import { valuesAt } from '../source/values-at.ts';
import type { YamlSource } from '../source/yaml-source.ts';
import { unshown } from './check-characteristics.ts';
import type { KindedSource } from './check-references.ts';

/** The section of the settings that a channel needs. */
export const sectionOf = { email: 'mail', sms: 'sms', voice: 'voice' } as const satisfies Record<
  DeliveryChannel,
  keyof Settings
>;

export interface WarningOptions {
  /** All authenticators that there are, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
  /** Messages without a way out go into an inbox. */
  readonly inbox?: boolean;
}

/** In no order. */
export function configurationWarnings(
  sources: readonly KindedSource[],
  documents: Documents,
  options: WarningOptions,
): readonly Finding[] {
  const document = documents.get(documentKey('settings', 'settings'));
  if (document === undefined) return [];
  const settings = readSettings(document, options.authenticators);
  const enabled = enabledAuthenticators(options.authenticators, settings);
  return sources.flatMap(({ kind, source }) => {
    if (kind === 'settings') return ofSettings(source, settings, enabled, options);
    const policy = kind === 'sign-on' ? [...documents.values()].find(({ file }) => file === source.file) : undefined;
    return policy ? readPolicy(policy).rules.flatMap((rule, index) => ofRule(source, rule, index, enabled)) : [];
  });
}

function ofSettings(
  source: YamlSource,
  settings: Settings,
  enabled: readonly AuthenticatorKind[],
  { inbox, authenticators }: WarningOptions,
): readonly Finding[] {
  const ofEach = enabled.flatMap(({ key, channels, objection }) => {
    const own = settings.authenticators[key];
    const sections = inbox || !own ? [] : (channels?.(own) ?? []).map((channel) => sectionOf[channel]);
    const missing = sections.filter((section) => settings[section] === undefined);
    return [objection, ...missing.map(withoutWayOut)].flatMap((message) =>
      message === undefined ? [] : [source.problem(['authenticators'], message, key)],
    );
  });
  return [...ofEach, ...unreachable(source, settings, authenticators)];
}

/** Values of the file that nobody reaches: no app can have them. The built-in ones do no harm. */
function unreachable(source: YamlSource, settings: Settings, all: readonly AuthenticatorKind[]): readonly Finding[] {
  return valuesAt(source.content, 'acrValues.*.value').flatMap(({ value, path }) => {
    const acr = settings.acrValues.find((one) => one.value === value);
    const fault = acr && unshown(acr.requirement, { settings, all });
    return fault === undefined
      ? []
      : [source.problem([...path.slice(0, -1), 'requirement'], `nobody can reach it: ${fault}`)];
  });
}

function withoutWayOut(section: string): string {
  return `is enabled, and there is no \`${section}\` section: its messages go nowhere (the demo alone shows them, in its inbox)`;
}

function ofRule(
  source: YamlSource,
  { name, then }: Rule,
  index: number,
  enabled: readonly AuthenticatorKind[],
): readonly Finding[] {
  if (then.kind === 'deny') return [];
  const helping = severalFactors(then.requirement).flatMap((requirement) => factorsOf(requirement, enabled));
  const weak = enabled.filter(({ key, weakness }) => weakness !== undefined && helping.includes(key));
  if (weak.length === 0) return [];
  const keys = weak.map(({ key }) => key).join(' and ');
  const reasons = weak.map(({ weakness }) => weakness).join(', ');
  const message = `rule "${name}" asks for several factors and takes ${keys} as one: ${reasons}; \`exclude\` keeps out what you do not want`;
  return [source.problem(['rules', index, 'then', 'allow'], message)];
}

/** The parts of a requirement that one proof of one factor type cannot meet. */
function severalFactors(requirement: Requirement): readonly Requirement[] {
  if ('chains' in requirement)
    return requirement.chains.filter((chain) => chain.length > 1).map((chain) => ({ chains: [chain] }));
  return requirement.anyOf.filter(({ factors }) => factors > 1).map((alternative) => ({ anyOf: [alternative] }));
}

/** The authenticators that would do for some part of it. */
function factorsOf(requirement: Requirement, enabled: readonly AuthenticatorKind[]): readonly string[] {
  const goal = { layer: 'app', anyOf: [requirement] } as const;
  const sufficientSets = minimalSufficientSets([goal], [], bestEvidence(requirement, enabled));
  return sufficientSets.flatMap((sufficientSet) => sufficientSet.map(({ authenticator }) => authenticator));
}
