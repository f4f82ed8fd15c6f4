/** Why no user can meet a requirement with the authenticators that are enabled, and what to do about it. */

import { bestEvidence } from '../../core/evidence/attainable-acr.ts';
import { meetsRequirement } from '../../core/evidence/requirement.ts';
import { namesOf, takesAuthenticator } from '../../core/model/authenticator-name.ts';
import { type AuthenticatorDescriptor, type Characteristic, characteristics } from '../../core/model/facts.ts';
import type { Requirement } from '../../core/model/policy.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { Settings } from '../model/settings.ts';
import { enabledAuthenticators } from '../revision/enabled-authenticators.ts';

/** The settings, and all authenticators, enabled or not. */
export interface KnownAuthenticators {
  readonly settings: Settings;
  readonly all: readonly AuthenticatorKind[];
}

/** `message`: a clause. `advice`: a sentence without its period. */
export interface RequirementFault {
  readonly message: string;
  readonly advice: string;
}

/**
 * Why it cannot be met. `undefined`: a user who had everything that is enabled, at its best and fresh, would meet
 * the requirement. More evidence never hurts, so this one test is enough.
 */
export function requirementFault(requirement: Requirement, context: KnownAuthenticators): RequirementFault | undefined {
  const enabled = enabledAuthenticators(context.all, context.settings);
  if (canBeMet(requirement, enabled)) return undefined;
  return (
    characteristicFault(requirement, context) ??
    factorFault(requirement, enabled) ??
    singleFault(requirement, enabled) ??
    disabledFault(requirement, enabled) ?? {
      message: 'no combination of the authenticators that are enabled meets it',
      advice: 'enable another one in stepgate.yaml, or ask for less',
    }
  );
}

/** It could be met if each enabled authenticator had all characteristics. */
function characteristicFault(
  requirement: Requirement,
  { settings, all }: KnownAuthenticators,
): RequirementFault | undefined {
  const enabled = enabledAuthenticators(all, settings);
  const demanded = demandedBy(requirement);
  if (demanded.length === 0 || canBeMet(requirement, enabled)) return undefined;
  if (!canBeMet(requirement, enabled.map(withEverything))) return undefined;
  const missing = demanded.filter(
    (characteristic) => !enabled.some(({ characteristics: shown }) => shown.includes(characteristic)),
  );
  const words = (missing.length > 0 ? missing : demanded).join(' and ');
  const only = all.filter(
    ({ key, characteristics: shown }) =>
      isEnabled(key, enabled) && missing.some((characteristic) => shown.includes(characteristic)),
  );
  const hint = only.map(
    ({ key }) => `; \`${key}\` can only do so with other settings (hardware is proved by \`metadata\`)`,
  );
  return {
    message: `no authenticator that it takes and that is enabled shows ${words}${hint.join('')}`,
    advice: 'enable one that does in stepgate.yaml, or ask for less',
  };
}

/** It asks for more factor types than there are. */
function factorFault(
  requirement: Requirement,
  enabled: readonly AuthenticatorDescriptor[],
): RequirementFault | undefined {
  if ('chains' in requirement) return undefined;
  const covered = [...new Set(enabled.flatMap(({ auxiliary, factors }) => (auxiliary ? [] : factors)))];
  const fewest = Math.min(...requirement.anyOf.map(({ factors }) => factors));
  if (fewest <= covered.length) return undefined;
  const types = covered.length === 0 ? 'none' : `only ${covered.join(' and ')}`;
  return {
    message: `it takes ${fewest} factor ${fewest === 1 ? 'type' : 'types'}, and what is enabled covers ${types}`,
    advice: 'enable another authenticator in stepgate.yaml, or ask for less',
  };
}

/** A chain takes two of what no user has two of. */
function singleFault(
  requirement: Requirement,
  enabled: readonly AuthenticatorDescriptor[],
): RequirementFault | undefined {
  if (!('chains' in requirement) || !canBeMet(requirement, enabled.map(withoutLimit))) return undefined;
  const isTwice = (key: string) =>
    requirement.chains.some((chain) => chain.filter((step) => takesAuthenticator(step, key)).length > 1);
  const single = enabled.filter(({ key, maxEnrollments }) => maxEnrollments === 1 && isTwice(key));
  const names = single.map(({ key }) => `\`${key}\``).join(' or ');
  return {
    message: `each step of a chain takes an authenticator of its own, and no user has two of ${names}`,
    advice: 'name another one in a step',
  };
}

function withoutLimit({ maxEnrollments: _, ...descriptor }: AuthenticatorDescriptor): AuthenticatorDescriptor {
  return descriptor;
}

/** It names authenticators that are not enabled. */
function disabledFault(
  requirement: Requirement,
  enabled: readonly AuthenticatorDescriptor[],
): RequirementFault | undefined {
  const parts =
    'chains' in requirement
      ? requirement.chains.flat()
      : requirement.anyOf.flatMap((alternative) => alternative.demands);
  const named = new Set(parts.flatMap(({ authenticators = [] }) => authenticators));
  const names = enabled.flatMap(namesOf);
  const disabled = [...named].filter((name) => !names.includes(name)).map((name) => `\`${name}\``);
  if (disabled.length === 0) return undefined;
  const which = `${disabled.join(' and ')} ${disabled.length === 1 ? 'is' : 'are'} not enabled`;
  const it = disabled.length === 1 ? 'it' : 'one';
  return { message: which, advice: `enable ${it} under \`authenticators\` in stepgate.yaml, or name another one` };
}

function withEverything(descriptor: AuthenticatorDescriptor): AuthenticatorDescriptor {
  return { ...descriptor, characteristics };
}

function demandedBy(requirement: Requirement): readonly Characteristic[] {
  const demands =
    'chains' in requirement
      ? requirement.chains.flat()
      : requirement.anyOf.flatMap((alternative) => alternative.demands);
  return characteristics.filter((characteristic) =>
    demands.some((demand) => demand.characteristics?.includes(characteristic)),
  );
}

function canBeMet(requirement: Requirement, authenticators: readonly AuthenticatorDescriptor[]): boolean {
  return meetsRequirement(requirement, bestEvidence(requirement, authenticators));
}

function isEnabled(key: string, enabled: readonly AuthenticatorDescriptor[]): boolean {
  return enabled.some((descriptor) => descriptor.key === key);
}
