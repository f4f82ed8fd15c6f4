/**
 * Checks demands for characteristics that no enabled authenticator can have. Works on a configuration that is otherwise
 * valid.
 */

import { bestEvidence } from '../../core/evidence/attainable-acr.ts';
import { meetsRequirement } from '../../core/evidence/requirement.ts';
import type { AuthenticatorDescriptor, Characteristic } from '../../core/model/facts.ts';
import type { Requirement } from '../../core/model/policy.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Document, type Documents, documentKey } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import type { Settings } from '../model/settings.ts';
import { enabledAuthenticators } from '../revision/enabled-authenticators.ts';
import { readApp, readPolicy, readSettings } from '../revision/read-document.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

/**
 * Finds sign-on rules that no user can meet, and apps whose minimum `acr` no user can reach. Session policies demand no
 * characteristics.
 */
export function checkCharacteristics(
  sources: readonly DocumentSource[],
  documents: Documents,
  all: readonly AuthenticatorKind[],
): readonly Finding[] {
  const document = documents.get(documentKey('settings', 'settings'));
  if (document === undefined) return [];
  const settings = readSettings(document, all);
  const byFile = new Map([...documents.values()].map((one) => [one.file, one]));
  return sources.flatMap((each) => {
    const read = byFile.get(each.source.file);
    return read ? characteristicFindings(each, read, { settings, all }) : [];
  });
}

/** The settings, and all authenticators, enabled or not. */
interface AuthenticatorContext {
  readonly settings: Settings;
  readonly all: readonly AuthenticatorKind[];
}

function characteristicFindings(
  { kind, source }: DocumentSource,
  document: Document,
  context: AuthenticatorContext,
): readonly Finding[] {
  if (kind === 'app') {
    const { minimumAcr } = readApp(document);
    const acr = context.settings.acrValues.find(({ value }) => value === minimumAcr);
    const fault = acr && characteristicFault(acr.requirement, context);
    return fault === undefined ? [] : [source.finding(['minimumAcr'], `no user can reach it: ${fault}`)];
  }
  if (kind !== 'sign-on') return [];
  return readPolicy(document).rules.flatMap(({ then }, index) => {
    const fault = then.kind === 'allow' ? characteristicFault(then.requirement, context) : undefined;
    return fault === undefined ? [] : [source.finding(['rules', index, 'then', 'allow'], `lets no user in: ${fault}`)];
  });
}

/**
 * Why no user can meet a requirement that could be met if each enabled authenticator had all characteristics;
 * `undefined`: it can be met.
 */
export function characteristicFault(
  requirement: Requirement,
  { settings, all }: AuthenticatorContext,
): string | undefined {
  const enabled = enabledAuthenticators(all, settings);
  const demanded = demandedBy(requirement);
  if (demanded.length === 0 || isMet(requirement, enabled)) return undefined;
  if (
    !isMet(
      requirement,
      enabled.map((descriptor) => ({ ...descriptor, characteristics: everything })),
    )
  )
    return undefined;
  const missing = demanded.filter((one) => !enabled.some(({ characteristics }) => characteristics.includes(one)));
  const words = (missing.length > 0 ? missing : demanded).join(' and ');
  const only = all.filter(
    ({ key, characteristics }) => isEnabled(key, enabled) && missing.some((one) => characteristics.includes(one)),
  );
  const hint = only.map(
    ({ key }) => `; \`${key}\` can only do so with other settings (hardware is proved by \`metadata\`)`,
  );
  return `no authenticator that it takes and that is enabled shows ${words}${hint.join('')}`;
}

const everything: readonly Characteristic[] = [
  'userPresence',
  'userVerification',
  'deviceBound',
  'hardwareProtected',
  'phishingResistant',
];

function demandedBy(requirement: Requirement): readonly Characteristic[] {
  const demands = 'chains' in requirement ? requirement.chains.flat() : requirement.anyOf.flatMap((one) => one.demands);
  return everything.filter((one) => demands.some(({ characteristics }) => characteristics?.includes(one)));
}

function isMet(requirement: Requirement, authenticators: readonly AuthenticatorDescriptor[]): boolean {
  return meetsRequirement(requirement, bestEvidence(requirement, authenticators));
}

function isEnabled(key: string, enabled: readonly AuthenticatorDescriptor[]): boolean {
  return enabled.some((descriptor) => descriptor.key === key);
}
