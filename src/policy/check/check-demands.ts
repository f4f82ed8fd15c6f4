/**
 * Checks which authenticators demands name. Works on data whose shape was not checked, so that all findings are
 * reported at once.
 */
import { authenticatorIn } from '../../core/model/authenticator-name.ts';
import type { AuthenticatorDescriptor, Factor } from '../../core/model/facts.ts';
import type { Finding } from '../model/finding.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource, YamlSource } from '../source/yaml-source.ts';

/** Finds demands for a factor type by authenticators that do not have it, and for what is recovered. */
export function checkDemands(
  { kind, source }: DocumentSource,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly Finding[] {
  if (kind === 'app') return [];
  return [
    ...wrongFactors(source, authenticators),
    ...(kind === 'recovery' ? recoveredItself(source, authenticators) : []),
  ];
}

/** `knowledge: { authenticators: [totp] }` can never be met. */
function wrongFactors(source: YamlSource, authenticators: readonly AuthenticatorDescriptor[]): readonly Finding[] {
  return valuesAt(source.content, '**.knowledge|possession|inherence.authenticators.*').flatMap(({ path, value }) => {
    const factor = path.at(-3) as Factor;
    const descriptor = authenticators.find(({ key }) => key === authenticatorIn(String(value)));
    if (descriptor === undefined || descriptor.factors.includes(factor)) return [];
    return [
      source.finding(
        'authenticator_unfit',
        path,
        `\`${descriptor.key}\` is never ${factor}, only ${descriptor.factors.join(' or ')}`,
      ),
    ];
  });
}

/** A password cannot prove its own recovery. */
function recoveredItself(source: YamlSource, authenticators: readonly AuthenticatorDescriptor[]): readonly Finding[] {
  const recovered = authenticators.filter(({ underPasswordPolicy }) => underPasswordPolicy).map(({ key }) => key);
  return valuesAt(source.content, 'rules.*.then.allow.**.authenticators.*')
    .filter(({ value }) => recovered.includes(authenticatorIn(String(value))))
    .map(({ path, value }) =>
      source.finding('authenticator_unfit', path, `\`${value}\` is what is recovered, and proves nothing here`),
    );
}
