/** Warns about what is allowed but risky. Works on a valid configuration, which is applied all the same. */

import { bestEvidence } from '../../core/evidence/attainable-acr.ts';
import type { Policy, Requirement, Rule } from '../../core/model/policy.ts';
import type { ProfilePolicy } from '../../core/model/profile-policy.ts';
import { sufficientSets } from '../../core/remediation/sufficient-sets.ts';
import { examineNetworkFile } from '../../network-data.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import type { App } from '../model/app.ts';
import type { AuthenticatorKind, DeliveryChannel } from '../model/authenticator-kind.ts';
import { type Documents, documentKey } from '../model/documents.ts';
import type { Settings } from '../model/settings.ts';
import { enabledAuthenticators } from '../revision/enabled-authenticators.ts';
import {
  readApp,
  readEnrollmentPolicy,
  readPolicy,
  readProfilePolicy,
  readSettings,
} from '../revision/read-document.ts';
import { findingAt } from '../source/finding-at.ts';
import type { Variables } from '../source/substitute-variables.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource, YamlSource } from '../source/yaml-source.ts';
import { modelFileFaults, unknownModelsIn } from './model-files.ts';
import { requirementFault } from './requirement-fault.ts';

/** The section of the settings that a channel needs. */
export const sectionOf = { email: 'mail', sms: 'sms', voice: 'voice' } as const satisfies Record<
  DeliveryChannel,
  keyof Settings
>;

export interface WarningOptions {
  /** All authenticators, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
  /** Messages that cannot be sent go into an inbox. */
  readonly inbox?: boolean;
  /** The environment, with the secrets that are in no file. */
  readonly variables: Variables;
}

/** In no order. */
export function configurationWarnings(
  sources: readonly DocumentSource[],
  documents: Documents,
  options: WarningOptions,
): readonly AnalysisFinding[] {
  const document = documents.get(documentKey('settings', 'settings'));
  if (document === undefined) return [];
  const settings = readSettings(document, options.authenticators);
  const enabled = enabledAuthenticators(options.authenticators, settings);
  const byFile = Map.groupBy(documents.values(), ({ file }) => file);
  return sources.flatMap(({ kind, source }) => {
    if (kind === 'settings') return settingsWarnings(source, { settings, enabled, ...options });
    const found = byFile.get(source.file)?.[0];
    if (found === undefined) return [];
    if (kind === 'app') return appWarnings(source, readApp(found));
    if (kind === 'profile')
      return registrationWarnings(source, readProfilePolicy(found), { settings, enabled, ...options });
    if (kind === 'enrollment') return unknownModelsIn(source, readEnrollmentPolicy(found), { settings, enabled });
    return kind === 'sign-on' ? policyWarnings(source, readPolicy(found), enabled) : [];
  });
}

interface SettingsOptions extends WarningOptions {
  readonly settings: Settings;
  readonly enabled: readonly AuthenticatorKind[];
}

function settingsWarnings(
  source: YamlSource,
  { settings, enabled, inbox, authenticators, variables }: SettingsOptions,
): readonly AnalysisFinding[] {
  const ofAuthenticators = enabled.flatMap(({ key, channels, objection }) => {
    const own = settings.authenticators[key];
    const sections = inbox || !own ? [] : (channels?.(own) ?? []).map((channel) => sectionOf[channel]);
    const missing = sections.filter((section) => settings[section] === undefined);
    const location = { source, path: ['authenticators'] };
    const discouraged = objection === undefined ? [] : [{ key, message: objection, advice: discouragedAdvice }];
    return [
      ...discouraged.map((parts) => findingAt('discouraged-authenticator', location, parts)),
      ...missing.map((section) => findingAt('message-unsent', location, { key, ...unsent(section) })),
    ];
  });
  return [
    ...ofAuthenticators,
    ...unreachableAcrValues(source, settings, authenticators),
    ...withoutStandardAlgorithm(source, settings),
    ...withoutServiceSecret(source, settings, variables),
    ...networkFileFaults(source, settings),
    ...modelFileFaults(source, settings, enabled),
  ];
}

/** Faults of the network files on this machine. Each node reads its own, which may differ. */
function networkFileFaults(source: YamlSource, { networkData = {} }: Settings): readonly AnalysisFinding[] {
  return (['country', 'asn', 'anonymiser'] as const).flatMap((kind) => {
    const path = networkData[kind];
    const fault = path === undefined ? undefined : examineNetworkFile(kind, path);
    if (fault === undefined) return [];
    const { code, message, advice } = fault;
    const location = { source, path: ['networkData', kind] };
    return [findingAt(code, location, { message: `on this machine, ${message}`, advice })];
  });
}

function withoutServiceSecret(
  source: YamlSource,
  { challengeService: service }: Settings,
  variables: Variables,
): readonly AnalysisFinding[] {
  if (service === undefined || variables[service.secretEnv]) return [];
  const message = `${service.secretEnv} is not set here: a server without it keeps to the proof of work`;
  const advice = 'put the secret into the environment of each server';
  return [findingAt('secret-missing', { source, path: ['challengeService', 'secretEnv'] }, { message, advice })];
}

function withoutStandardAlgorithm(source: YamlSource, { signing }: Settings): readonly AnalysisFinding[] {
  if (signing.algorithms.includes('RS256')) return [];
  const message = 'has no RS256, the only algorithm that every client knows (OpenID Connect Discovery 1.0 section 3)';
  const advice = 'add RS256, unless every client is known to do without';
  return [findingAt('uncommon-algorithms', { source, path: ['signing', 'algorithms'] }, { message, advice })];
}

/** `acr` values of the file that no user can reach. The built-in values are not reported, as they do no harm. */
function unreachableAcrValues(
  source: YamlSource,
  settings: Settings,
  all: readonly AuthenticatorKind[],
): readonly AnalysisFinding[] {
  return valuesAt(source.content, 'acrValues.*.value').flatMap(({ value, path }) => {
    const acr = settings.acrValues.find((acrValue) => acrValue.value === value);
    const fault = acr && requirementFault(acr.requirement, { settings, all });
    if (fault === undefined) return [];
    const location = { source, path: [...path.slice(0, -1), 'requirement'] };
    return [findingAt('unreachable-acr', location, { ...fault, message: `no user can reach it: ${fault.message}` })];
  });
}

function appWarnings(source: YamlSource, { pkce }: App): readonly AnalysisFinding[] {
  if (pkce === 'required') return [];
  const message =
    'codes that are stolen on their way count unless the app sends PKCE or a nonce (RFC 9700 section 2.1.1)';
  return [findingAt('pkce-optional', { source, path: ['pkce'] }, { message, advice: 'require it once the app can' })];
}

/** A new user proves an address with a code that is sent there. Where that cannot be, no page offers registration. */
function registrationWarnings(
  source: YamlSource,
  { rules }: ProfilePolicy,
  { settings, enabled, inbox, authenticators }: SettingsOptions,
): readonly AnalysisFinding[] {
  const hasMail = inbox || settings.mail !== undefined;
  const hasProof = enabled.some(({ registers }) => registers);
  if (hasMail && hasProof) return [];
  const keys = authenticators.flatMap(({ key, registers }) => (registers ? [`\`authenticators.${key}\``] : []));
  const lacking = hasProof ? 'there is no `mail` section' : `${keys.join(' or ')} is not enabled`;
  const advice = hasProof ? 'add the section to stepgate.yaml' : 'enable it in stepgate.yaml';
  return rules.flatMap(({ name, then }, index) => {
    if (!then.registration) return [];
    const message = `rule "${name}" lets users register, and none can: ${lacking}, so no address can be proved`;
    const location = { source, path: ['rules', index, 'then', 'register'] };
    return [findingAt('registration-unproved', location, { message, advice })];
  });
}

const discouragedAdvice = 'disable it, or accept it here with the reason for which it is needed';

function unsent(section: string): Pick<AnalysisFinding, 'message' | 'advice'> {
  return {
    message: `is enabled, and there is no \`${section}\` section: its messages go nowhere (the demo alone shows them, in its inbox)`,
    advice: 'add the section, or disable the authenticator',
  };
}

function policyWarnings(
  source: YamlSource,
  { rules }: Policy,
  enabled: readonly AuthenticatorKind[],
): readonly AnalysisFinding[] {
  return rules.flatMap((rule, index) => {
    const message = weakFactorWarning(rule, enabled);
    if (message === undefined) return [];
    const location = { source, path: ['rules', index, 'then', 'allow'] };
    const advice =
      'keep out with `exclude` what you do not want; `config check --standard` says what a standard requires';
    return [findingAt('restricted-authenticator', location, { message, advice })];
  });
}

/** `undefined`: the rule asks for one factor, or takes none that the standards object to. */
function weakFactorWarning({ name, then, off }: Rule, enabled: readonly AuthenticatorKind[]): string | undefined {
  if (off || then.kind === 'deny') return undefined;
  const useful = multiFactorParts(then.requirement).flatMap((requirement) =>
    usefulAuthenticators(requirement, enabled),
  );
  const weak = enabled.filter(({ key, weakness }) => weakness !== undefined && useful.includes(key));
  if (weak.length === 0) return undefined;
  const keys = weak.map(({ key }) => key).join(' and ');
  const reasons = weak.map(({ weakness }) => weakness).join(', ');
  return `rule "${name}" asks for several factors and takes ${keys} as one: ${reasons}`;
}

/** The parts of a requirement that one proof of one factor type cannot meet. */
function multiFactorParts(requirement: Requirement): readonly Requirement[] {
  if ('chains' in requirement)
    return requirement.chains.filter((chain) => chain.length > 1).map((chain) => ({ chains: [chain] }));
  return requirement.anyOf.filter(({ factors }) => factors > 1).map((alternative) => ({ anyOf: [alternative] }));
}

/** The authenticators that could contribute to it. */
function usefulAuthenticators(requirement: Requirement, enabled: readonly AuthenticatorKind[]): readonly string[] {
  const layerRequirement = { layer: 'app', anyOf: [requirement] } as const;
  const { sets } = sufficientSets([layerRequirement], { evidence: [], actions: bestEvidence(requirement, enabled) });
  const useful = sets.flatMap(({ actions }) => actions.flatMap(({ members }) => members));
  return useful.map(({ authenticator }) => authenticator);
}
