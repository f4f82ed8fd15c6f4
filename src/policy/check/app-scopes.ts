/** Checks the scopes that the file of an app names: those that it may ask for, and those that users cannot untick. */
import type { Finding } from '../model/finding.ts';
import { unknownName } from '../source/nearest-name.ts';
import { valuesAt } from '../source/values-at.ts';
import type { YamlSource } from '../source/yaml-source.ts';

/** `undefined`: the settings cannot be read. `apiScopes`: those of the scopes that belong to an API alone. */
interface KnownScopes {
  readonly scopes: readonly string[] | undefined;
  readonly apiScopes: readonly string[] | undefined;
}

/** `client.scope` is about scopes of the provider: the authorization endpoint gives those of APIs to any app. */
export function appScopeFindings(source: YamlSource, known: KnownScopes): readonly Finding[] {
  const [listed] = valuesAt(source.content, 'client.scope');
  if (typeof listed?.value !== 'string') return [];
  const allowed = listed.value.split(' ');
  return [
    ...allowed.flatMap((scope) => {
      const fault = listedFault(scope, known);
      return fault ? [source.finding(fault.code, listed.path, fault.message)] : [];
    }),
    ...valuesAt(source.content, 'requiredScopes.*').flatMap(({ path, value }) => {
      const isAskable = typeof value !== 'string' || allowed.includes(value) || known.apiScopes?.includes(value);
      // Where the settings cannot be read, it may be one of an API.
      if (isAskable || known.apiScopes === undefined) return [];
      return [source.finding('invalid_value', path, 'is not among the scopes in `client.scope`')];
    }),
  ];
}

/** oidc-provider takes no client whose `scope` has others than its own (`invalid_client_metadata`). */
function listedFault(
  scope: string,
  { scopes, apiScopes }: KnownScopes,
): { readonly code: 'unknown_reference' | 'invalid_value'; readonly message: string } | undefined {
  if (apiScopes?.includes(scope)) {
    const message = `\`${scope}\` is a scope of an API, for which every app may ask: leave it out here`;
    return { code: 'invalid_value', message };
  }
  if (scopes === undefined || scopes.includes(scope)) return undefined;
  const known = scopes.filter((name) => !apiScopes?.includes(name));
  return { code: 'unknown_reference', message: unknownName('scope', scope, known) };
}
