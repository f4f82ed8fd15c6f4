/** `stepgate.yaml`. Comes out as `Settings`. */

import { z } from 'zod';
import type { AttributeSchema } from '../../../core/model/attribute.ts';
import { oneDay, oneHour, oneMinute } from '../../../core/model/durations.ts';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import { defaultAcrLevels } from '../../model/acr-defaults.ts';
import type { AuthenticatorKind } from '../../model/authenticator-kind.ts';
import type { Settings } from '../../model/settings.ts';
import { defaultAlgorithms, signingAlgorithms, usualAlgorithm } from '../../model/signing.ts';
import { standardScopes } from '../../model/standard-scopes.ts';
import { attributeSchemaOf, languageTag, profileAttributes } from '../fields/attributes.ts';
import { recordByName } from '../fields/composed-names.ts';
import { closed, duration, listOf, secureUrlFault, text, whenSound } from '../fields/fields.ts';
import { requirementSchema } from '../fields/requirement.ts';
import { brandSchema } from './brand.ts';
import { challengeService } from './challenge-service.ts';
import { mail, sms, voice } from './delivery.ts';
import { deviceSignals } from './device-signals.ts';
import { identifySettings } from './identify.ts';
import { checkZoneFiles, cidr, networkData, zones } from './network.ts';
import { riskScoring } from './risk.ts';
import { claimsByScope, ownScopes, scopeNameOf, scopesOfApi, scopeTextsOf } from './scopes.ts';

/**
 * Why this is not an issuer identifier (OpenID Connect Discovery 1.0 section 3; ours is at the root of its host);
 * `undefined`: it is one.
 */
function issuerFault(value: string): string | undefined {
  const fault = secureUrlFault(value);
  if (fault !== undefined) return fault;
  const { pathname, search, origin } = new URL(value);
  if (pathname !== '/' || search !== '') return 'must be at the root of its host, without path and query';
  return value === origin || value === `${origin}/` ? undefined : `must be written as ${origin}`;
}

const issuer = z
  .string()
  .refine((value) => issuerFault(value) === undefined, {
    error: (issue) => issuerFault(String(issue.input)) ?? 'is not an issuer',
  })
  .transform((value) => new URL(value).origin);

/** For a key that no authenticator has: the check of references reports it. */
const otherAuthenticator = closed({ enabled: z.boolean().describe('Users can enroll it, and sign in with it.') });

function authenticatorsSchema(kinds: readonly AuthenticatorKind[]) {
  return z
    .object(Object.fromEntries(kinds.map(({ key: name, settings }) => [name, settings])))
    .catchall(otherAuthenticator)
    .prefault({})
    .describe(
      'By key. Password and one-time codes are enabled unless switched off here, all others only when switched on.',
    );
}

const tokens = closed({
  accessToken: duration({ max: oneDay }).prefault('PT15M').describe('Life of an access token. Default PT15M.'),
  idToken: duration({ max: oneDay }).prefault('PT1H').describe('Life of an ID token. Default PT1H.'),
  authorizationCode: duration({ max: oneMinute })
    .prefault('PT1M')
    .describe('Life of an authorization code, at most PT1M (the default).'),
  refreshToken: closed({
    idle: duration().prefault('P14D').describe('How long after its last use a refresh token expires. Default P14D.'),
    absolute: duration()
      .prefault('P90D')
      .describe('How long after the sign-in a refresh token expires, even if it is used. Default P90D.'),
  })
    .refine(({ idle, absolute }) => idle <= absolute, {
      error: '`idle` must not be longer than `absolute`',
      when: whenSound,
    })
    .prefault({})
    .describe('Life of refresh tokens.'),
  interaction: duration({ min: oneMinute, max: oneHour })
    .prefault('PT15M')
    .describe('Time that a sign-in may take. Default PT15M.'),
})
  .prefault({})
  .describe('Lifetimes.');

const resource = closed({
  indicator: z
    .string()
    .refine((value) => URL.canParse(value) && !value.includes('#') && !/\s/.test(value), {
      error: 'must be an absolute URI without fragment',
    })
    .describe('Value of the `resource` parameter, and `aud` of the token.'),
  scopes: scopesOfApi,
  accessToken: closed({
    lifetime: duration({ max: oneDay }).prefault('PT15M').describe('Life of its access tokens. Default PT15M.'),
    format: z
      .enum(['jwt', 'opaque'])
      .default('jwt')
      .describe('`opaque`: the API asks the introspection endpoint, and a token can be revoked. Default jwt.'),
    algorithm: z
      .enum(signingAlgorithms)
      .optional()
      .describe('JWS algorithm, one that is enabled. Default: RS256, or the first that is enabled.'),
  })
    .prefault({})
    .describe('Its access tokens (RFC 9068).'),
});

const signing = closed({
  algorithms: listOf(z.enum(signingAlgorithms))
    .default([...defaultAlgorithms])
    .describe('JWS algorithms that are enabled; keys are published for these. Default RS256 and ES256.'),
})
  .prefault({})
  .describe('What tokens are signed with.');

const acrValue = closed({
  value: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'must be printable ASCII without spaces' })
    .describe('As in `acr_values` and `acr`.'),
  requirement: requirementSchema.describe('What it stands for, in the language of the policies.'),
});

const account = closed({
  username: z
    .enum(['user', 'admin'])
    .default('admin')
    .describe(
      'Who changes user names. Default `admin`: a name that users choose may be one that a rule or an import means.',
    ),
  download: z
    .boolean()
    .default(false)
    .describe('Users may download a file with all that is kept about them. Default false.'),
  deletion: closed({
    allowed: z
      .boolean()
      .default(false)
      .describe('Users may delete their account. While it is false, no account is deleted, not even one that is due.'),
    after: duration({ min: oneDay })
      .prefault('P14D')
      .describe('How long after the request an account is deleted. Until then the user can cancel. Default P14D.'),
  })
    .prefault({})
    .describe('Whether users delete their own account.'),
})
  .prefault({})
  .describe('What users do with their account at `/account`.');

const proofOfWork = closed({
  free: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(20)
    .describe(
      'Registrations and recoveries of one network (IPv4 address, IPv6 /64) in an hour without it. Default 20.',
    ),
  wrongPasswords: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(100)
    .describe(
      'Wrong passwords of one network in an hour, over all accounts, after which the first page requires it. Default 100.',
    ),
  difficulty: z
    .int()
    .min(1)
    .max(24)
    .default(15)
    .describe('Zero bits of a SHA-256; each one more doubles the work. Default 15, about a second for a phone.'),
})
  .prefault({})
  .describe(
    'What browsers must solve before they register, recover or try a password, if their network has done this often.',
  );

const clientCertificates = closed({
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, { error: 'must be the name of a header' })
    .toLowerCase()
    .default('client-cert')
    .describe('The header that holds the certificate: as in RFC 9440, or PEM that is percent-encoded.'),
  proxies: listOf(cidr).describe('The proxies that may set it, by their addresses. From any other peer it is ignored.'),
}).describe('Apps show certificates (mutual TLS, RFC 8705) to a proxy in front, which hands them over in a header.');

/** Where users are, and with what. */
const places = {
  deviceSignals: deviceSignals.optional(),
  networkData: networkData.optional().describe('MaxMind DB files on each node; read again when they change.'),
  zones,
  risk: riskScoring,
};

/** `kinds`: all authenticators, each with the schema of its own settings. */
export function settingsSchema(kinds: readonly AuthenticatorKind[]) {
  return closed({
    issuer: issuer.optional().describe('Public URL of this provider. The environment variable ISSUER overrides it.'),
    brand: brandSchema,
    defaultLanguage: languageTag
      .optional()
      .describe('Language of pages and messages if none that the user prefers is available. Default `en`.'),
    trustedProxies: z
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe('Number of own proxies in front: that many entries of X-Forwarded-For, from the right, are trusted.'),
    clientCertificates: clientCertificates.optional(),
    proofOfWork,
    challengeService: challengeService.optional(),
    ...places,
    groups: recordByName(closed({ description: text.optional().describe('What the group is for.') }))
      .optional()
      .describe('Groups that users can be in. A rule or a user that names another one causes a warning.'),
    authenticators: authenticatorsSchema(kinds),
    mail: mail.optional(),
    sms: sms.optional(),
    voice: voice.optional(),
    attributes: profileAttributes,
    identify: identifySettings
      .prefault({})
      .describe('How the first page asks who the user is. An app may say otherwise.'),
    account,
    acrValues: z
      .array(acrValue)
      .min(1, { error: 'must not be empty: leave it out to have the shipped values' })
      .optional()
      .describe('The `acr` values and what each one stands for, strongest first.'),
    tokens,
    signing,
    resources: z.array(resource).default([]).describe('APIs that take access tokens of their own.'),
    scopes: ownScopes,
  })
    .describe('Settings of the whole provider.')
    .superRefine(checkZoneFiles)
    .transform((input): Settings => {
      const attributes = attributeSchemaOf(input.attributes, input.identify.by);
      return {
        ...declared(input),
        attributes,
        acrValues: input.acrValues ?? defaultAcrLevels,
        resources: input.resources.map(({ accessToken, scopes, ...others }) => ({
          ...others,
          scopes: scopes.map(scopeNameOf),
          accessToken: { ...accessToken, algorithm: accessToken.algorithm ?? usualAlgorithm(input.signing.algorithms) },
        })),
        scopes: withClaims({ ...standardScopes, ...claimsByScope(input.scopes) }, attributes),
        scopeTexts: scopeTextsOf(input),
      };
    });
}

/** The same settings. One that `Settings` does not declare does not compile: spreading it would be silent. */
function declared<Input extends { readonly [Name in keyof Input]: Name extends keyof Settings ? unknown : never }>(
  input: Input,
): ExactOptional<Input> {
  return input as ExactOptional<Input>;
}

/** Each scope also releases the claims of the attributes that name it. */
function withClaims(scopes: Settings['scopes'], { attributes }: AttributeSchema): Settings['scopes'] {
  const released: Record<string, readonly string[]> = { ...scopes };
  for (const { claim, scope } of Object.values(attributes)) {
    if (claim === undefined || scope === undefined) continue;
    const name = claim.startsWith('address.') ? 'address' : claim;
    const present = released[scope] ?? [];
    if (!present.includes(name)) released[scope] = [...present, name];
  }
  return released;
}
