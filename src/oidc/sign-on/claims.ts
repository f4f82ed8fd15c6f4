/** The claims of an account, by the attribute schema. */
import type { AttributeSchema } from '../../core/model/attribute.ts';
import type { Profile, User } from '../../users/record/user.ts';

export interface Claims {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/**
 * All claims of the account. oidc-provider releases those that the scopes allow. An attribute that is not in the schema
 * becomes a claim of the same name.
 */
export function claimsOf(user: User, { attributes }: AttributeSchema): Claims {
  const claims: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(user.profile)) {
    const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    const claim = attribute === undefined ? name : attribute.claim;
    if (claim !== undefined && value !== undefined && !claim.startsWith('address.')) claims[claim] = value;
  }
  const address = addressClaim(user.profile, attributes);
  return {
    ...claims,
    sub: user.id,
    ...(address && { address }),
    ...(user.identifiers[0] !== undefined && { preferred_username: user.identifiers[0] }),
    groups: user.groups,
    updated_at: user.updatedAt,
  };
}

/** OpenID Connect Core 1.0 section 5.1.1. `formatted` contains the address as on a letter. */
function addressClaim(
  profile: Profile,
  attributes: AttributeSchema['attributes'],
): Readonly<Record<string, string>> | undefined {
  const members = Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { claim }]) => {
      const value = profile[name];
      return claim?.startsWith('address.') && typeof value === 'string'
        ? [[claim.slice('address.'.length), value]]
        : [];
    }),
  );
  const { street_address: street, postal_code: code, locality, region, country } = members;
  const town = [code, locality].filter((part) => part !== undefined).join(' ');
  const lines = [street, town, region, country].filter((line) => line !== undefined && line !== '');
  return lines.length === 0 ? undefined : { formatted: lines.join('\n'), ...members };
}
