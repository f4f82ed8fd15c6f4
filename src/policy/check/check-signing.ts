/** Finds apps and APIs whose tokens are to be signed with an algorithm that is not enabled. */
import type { Finding } from '../model/finding.ts';
import { defaultAlgorithms } from '../model/signing.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

const uses = {
  app: 'client.id_token_signed_response_alg',
  settings: 'resources.*.accessToken.algorithm',
} as const;

/** Works on data whose shape was not checked. Without readable settings nothing is known, and nothing is found. */
export function checkSigning(sources: readonly DocumentSource[]): readonly Finding[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  if (settings === undefined) return [];
  const named = valuesAt(settings, 'signing.algorithms.*').map(({ value }) => String(value));
  const enabled: readonly string[] = named.length > 0 ? named : defaultAlgorithms;
  return sources.flatMap(({ kind, source }) => {
    if (kind !== 'app' && kind !== 'settings') return [];
    const profiles =
      kind === 'app' && enabled.every((algorithm) => algorithm === 'RS256')
        ? valuesAt(source.content, 'securityProfile')
        : [];
    const needed = profiles.map(({ path }) =>
      source.finding('setting_missing', path, 'needs PS256, ES256 or EdDSA in signing.algorithms in stepgate.yaml'),
    );
    const disabled = valuesAt(source.content, uses[kind])
      .filter(({ value }) => typeof value === 'string' && !enabled.includes(value))
      .map(({ path, value }) =>
        source.finding(
          'setting_missing',
          path,
          `\`${value}\` is not enabled: add it to signing.algorithms in stepgate.yaml, or use ${enabled.join(' or ')}`,
        ),
      );
    return [...needed, ...disabled];
  });
}
