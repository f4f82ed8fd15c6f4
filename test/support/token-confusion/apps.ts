/** The apps that the flows in progress belong to, and what they ask for. */
import { appFile } from '../clients/authorize.ts';
import type { NotifiedParty } from '../clients/notified-party.ts';
import { settingsWithPhone } from '../messages/phone.ts';
import { capabilities } from '../users/enrolled-users.ts';
import { appsThatAsk } from '../users/prove-capabilities.ts';

/** Takes every grant that there is; its rule asks for one proof. */
export const app = 'tokens';
/** Its rule asks for a password and for a possession, which may be waived for a remembered browser. */
export const vault = 'vault';
/** Its rule asks for a possession and, last, for the answer to a security question. */
export const question = 'question';
export const resource = 'https://api.example/rs256';
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const parPrefix = 'urn:ietf:params:oauth:request_uri:';

/** Files of the configuration. `party` is notified when a user signs out. */
export function filesFor(party: NotifiedParty) {
  const twice = { factors: 2, knowledge: { authenticators: ['password'] }, possession: { maxAge: 'PT1H' } };
  const client = {
    grant_types: ['authorization_code', 'refresh_token', deviceGrant],
    backchannel_logout_uri: `${party.origin}/${app}`,
    backchannel_logout_session_required: true,
  };
  const resources = [{ indicator: resource, scopes: ['read'], accessToken: { algorithm: 'RS256', lifetime: 'PT15M' } }];
  return {
    ...settingsWithPhone(
      { limits: { number: 100, prefix: 10_000, network: 100_000, country: 100_000 } },
      // Thousands of wrong values come from one network here, and each is to meet its own check.
      { resources, proofOfWork: { wrongPasswords: 10_000 } },
      Object.values(capabilities).map(({ authenticator }) => authenticator),
    ),
    ...appsThatAsk({
      one: { factors: 1 },
      // No user can enroll an access code, so this app is lost with it.
      paper: { factors: 1, possession: { authenticators: ['access_code'] } },
      [question]: { ...twice, knowledge: { authenticators: ['security_question'] } },
    }),
    ...appFile(app, { signOnPolicy: 'one', client }),
    ...appFile(vault, { signOnPolicy: vault }),
    [`policies/sign-on/${vault}.yaml`]: JSON.stringify({
      name: vault,
      rules: [{ name: 'Both', then: { allow: twice, remember: { device: 'P30D' } } }],
    }),
  };
}
