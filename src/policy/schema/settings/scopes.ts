/** Scopes in `stepgate.yaml`: the claims that they release, and what the page of consent calls them. */

import { z } from 'zod';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Settings } from '../../model/settings.ts';
import { standardScopes } from '../../model/standard-scopes.ts';
import { localizedText } from '../fields/attributes.ts';
import { closed } from '../fields/fields.ts';

const scopeName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, { error: 'is not a scope (RFC 6749 section 3.3)' });

const claimNames = z.array(z.string().min(1)).describe('Claims that it releases.');

const scopeWithTexts = closed({
  claims: claimNames.optional(),
  label: localizedText('What the page of consent calls it.'),
  help: localizedText('A sentence below the label.'),
});

export const ownScopes = z
  .record(scopeName, z.union([claimNames, scopeWithTexts]))
  .default({})
  .describe(
    'Scopes besides the standard ones (openid, profile, email, phone, address, groups, offline_access), each with the claims that it releases and its texts for the page of consent.',
  );

export const scopesOfApi = z
  .array(
    z.union([
      scopeName,
      closed({
        scope: scopeName.describe('Name of the scope.'),
        label: localizedText('What the page of consent calls it.'),
        help: localizedText('A sentence below the label.'),
      }),
    ]),
  )
  .default([])
  .describe('Scopes that this API knows, each with its texts for the page of consent.');

type ScopeInput = string[] | z.output<typeof scopeWithTexts>;
type ResourceScope = z.output<typeof scopesOfApi>[number];

/** The claims that each scope releases. A standard scope that only got a text releases what it always does. */
export function claimsByScope(scopes: Readonly<Record<string, ScopeInput>>): Settings['scopes'] {
  return Object.fromEntries(
    Object.entries(scopes).map(([scope, input]) => {
      const claims = Array.isArray(input) ? input : input.claims;
      return [scope, claims ?? (Object.hasOwn(standardScopes, scope) ? (standardScopes[scope] ?? []) : [])];
    }),
  );
}

/** The name of a scope of an API. */
export function scopeNameOf(resourceScope: ResourceScope): string {
  return typeof resourceScope === 'string' ? resourceScope : resourceScope.scope;
}

/** The texts of all scopes that have one, by scope. */
export function scopeTextsOf({
  scopes,
  resources,
}: {
  readonly scopes: Readonly<Record<string, ScopeInput>>;
  readonly resources: readonly { readonly scopes: readonly ResourceScope[] }[];
}): Settings['scopeTexts'] {
  const own = Object.entries(scopes).flatMap(([scope, input]) => (Array.isArray(input) ? [] : [{ scope, ...input }]));
  const ofResources = resources.flatMap((resource) => resource.scopes.filter((scope) => typeof scope !== 'string'));
  return Object.fromEntries(
    [...ofResources, ...own].flatMap(({ scope, label, help }) =>
      label === undefined ? [] : [[scope, omitUndefined({ label, help })] as const],
    ),
  );
}
