/** Finds scopes that a service may ask an API for, and that the API does not have. */
import type { Finding } from '../model/finding.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

/** Works on data whose shape was not checked. An API that is not there is no matter of this check. */
export function checkServices(sources: readonly DocumentSource[]): readonly Finding[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  const scopes = new Map(
    valuesAt(settings, 'resources.*.indicator').map(({ value, path }) => [
      value,
      ['', '.scope'].flatMap((name) =>
        valuesAt(settings, `resources.${path[1]}.scopes.*${name}`).map((scope) => scope.value),
      ),
    ]),
  );
  return sources.flatMap(({ kind, source }) => {
    if (kind !== 'app') return [];
    return valuesAt(source.content, 'service.resources.*.indicator').flatMap(({ value: indicator, path }) => {
      const known = scopes.get(indicator);
      if (known === undefined) return [];
      return valuesAt(source.content, `service.resources.${path[2]}.scopes.*`)
        .filter(({ value }) => !known.includes(value))
        .map((scope) =>
          source.finding(
            'unknown_reference',
            scope.path,
            `\`${scope.value}\` is no scope of ${indicator}; known: ${known.filter((item) => typeof item === 'string').join(', ') || 'none'}`,
          ),
        );
    });
  });
}
