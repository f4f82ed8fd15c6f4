/** `apps/*.yaml`. Comes out as `App`. */

import { z } from 'zod';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { App } from '../../model/app.ts';
import { closed, duration, key, listOf, text } from '../fields/fields.ts';
import { appBrandSchema, picture } from '../settings/brand.ts';
import { identifyPage } from '../settings/identify.ts';
import { authMethod, contradictions, isForUsers } from './app-contradictions.ts';
import { type ClientInput, clientSchema } from './client.ts';

const serviceSchema = closed({
  policy: z.string().optional().describe('Name of the service policy. Default: `default`, if there is one.'),
  resources: listOf(
    closed({
      indicator: z.string().describe('An API of `resources` in stepgate.yaml.'),
      scopes: z.array(z.string()).default([]).describe('Scopes of this API that the service may ask for.'),
    }),
  ).describe('The APIs that it may have tokens for. Where there is one, a request need not name it.'),
}).describe('For the grant client_credentials: what the app may do as itself, without a user.');

export const appSchema = closed({
  clientId: key
    .refine((id) => id !== accountClientId, { error: 'is the name of a built-in app' })
    .describe('`client_id` of the relying party.'),
  name: text.describe('Name of the app as users know it.'),
  logo: picture
    .optional()
    .describe('Its logo, shown next to its name: a file in brand/. Takes precedence over `client.logo_uri`.'),
  brand: appBrandSchema.optional(),
  firstParty: z
    .boolean()
    .default(true)
    .describe('Belongs to the operator of this provider. `false`: users are asked for consent. Default: true.'),
  hidden: z.boolean().optional().describe('Left out of the apps that users see at `/account/apps`. Default: false.'),
  requiredScopes: z
    .array(z.string().min(1))
    .default([])
    .describe('With `firstParty: false`: scopes that users cannot untick. `openid` is always one of them.'),
  identify: identifyPage
    .optional()
    .describe('How the first page asks who the user is, in place of what the settings say, member by member.'),
  labels: listOf(key).default([]).describe('Sign-on policies can be for all apps that have a label.'),
  signOnPolicy: z
    .union([z.string(), listOf(z.string())], { error: 'must be the name of a sign-on policy, or a list of names' })
    .optional()
    .describe(
      'Name of the sign-on policy, or a list of names: they are read as one, in this order. Without it, the policy that is for one of the labels. Needed where users sign in.',
    ),
  profilePolicy: z.string().optional().describe('Name of the profile policy. Default: `default`, if there is one.'),
  minimumAcr: z.string().optional().describe('Configured `acr` value that every sign-in to this app reaches at least.'),
  clientSecretHash: z
    .string()
    .regex(/^sha256:[A-Za-z0-9_-]{43}$/, {
      error: 'must be `sha256:` and the base64url SHA-256 of the secret: never the secret itself',
    })
    .optional()
    .describe('`sha256:` and the unpadded base64url SHA-256 of the client secret, which must be random (256 bits).'),
  pkce: z
    .enum(['required', 'optional'])
    .default('required')
    .describe(
      '`optional` is for clients that authenticate and send no PKCE (RFC 9700 section 2.1.1). Default: required.',
    ),
  securityProfile: z
    .enum(['fapi2'])
    .optional()
    .describe(
      '`fapi2`: held to the FAPI 2.0 Security Profile: private_key_jwt or a certificate, PAR, PKCE, tokens bound by DPoP or a certificate, no RS256. Default: none.',
    ),
  popups: z
    .boolean()
    .default(false)
    .describe('Sign-in runs in a pop-up window that the app talks to: its pages let the opener stay connected.'),
  scopeClaimsInIdToken: z
    .boolean()
    .default(true)
    .describe('Claims of `profile`, `email` and other scopes stand in the ID token, too. `false`: at userinfo only.'),
  refreshTokenGrace: duration({ min: 0, max: 60 })
    .prefault('PT10S')
    .describe(
      'How long a refresh token that was replaced may be presented again, by a client whose answer was lost. `PT0S`: not at all. At most PT1M, default PT10S.',
    ),
  service: serviceSchema.optional(),
  client: clientSchema.describe('OpenID Connect client metadata.'),
})
  .describe('One app (relying party).')
  .superRefine((input, context) => {
    for (const { path, message } of contradictions(input)) {
      context.addIssue({
        code: 'custom',
        path: path.map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
        message,
      });
    }
  })
  .transform(
    ({ signOnPolicy, ...input }): App => ({
      ...(input as ExactOptional<typeof input>),
      ...signOnPolicies(signOnPolicy, input.client),
      client: {
        ...(input.client as ExactOptional<typeof input.client>),
        redirect_uris: input.client.redirect_uris ?? [],
        post_logout_redirect_uris: input.client.post_logout_redirect_uris ?? [],
        response_types: input.client.redirect_uris ? ['code'] : [],
        token_endpoint_auth_method: authMethod(input.client, input.clientSecretHash),
        subject_type: 'public',
      },
    }),
  );

function signOnPolicies(
  written: string | readonly string[] | undefined,
  client: ClientInput,
): Pick<App, 'signOnPolicies'> {
  if (written === undefined) return isForUsers(client) ? { signOnPolicies: [] } : {};
  return { signOnPolicies: typeof written === 'string' ? [written] : written };
}
