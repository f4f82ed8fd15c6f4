/**
 * The app in which users manage their own account. It is built in: no file describes it, and no file can replace it.
 */

import type { Rule } from '../../core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../core/policy/rules/compile.ts';
import { accountClientId } from '../model/account-client-id.ts';
import type { App } from '../model/app.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * A user who meets the session policy may look. What it takes to change something is decided by the core
 * (`PolicySet.account`).
 */
const policy = compilePolicy<Rule>({
  name: accountClientId,
  rules: [
    { name: 'Own account', when: {}, then: { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } } },
  ],
});

function accountApp(issuer: string, brand: string): App {
  return {
    clientId: accountClientId,
    name: brand,
    firstParty: true,
    requiredScopes: [],
    ownAccount: true,
    labels: [],
    signOnPolicies: [accountClientId],
    pkce: 'required',
    popups: false,
    scopeClaimsInIdToken: true,
    refreshTokenGrace: 0,
    client: {
      application_type: 'web',
      redirect_uris: [`${issuer}/account/callback`],
      post_logout_redirect_uris: [],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      subject_type: 'public',
    },
  };
}

/** Cached by revision: each request asks for it. */
const known = new WeakMap<Snapshot, Snapshot>();

/** The revision with the account app in it. */
export function withAccountApp(snapshot: Snapshot, issuer: string): Snapshot {
  const present = known.get(snapshot);
  if (present) return present;
  const own = accountApp(issuer, snapshot.settings.brand.name);
  const compose = async (): Promise<PolicySet> => {
    // Users who look after their account are asked for nothing else, and new ones come by an app.
    const { profile: _, ...policies } = await snapshot.policies(own);
    return { ...policies, app: policy, isAccountApp: true };
  };
  const extended: Snapshot = {
    ...snapshot,
    app: async (clientId) => (clientId === accountClientId ? own : snapshot.app(clientId)),
    policies: (app) => (app === own ? compose() : snapshot.policies(app)),
  };
  known.set(snapshot, extended);
  return extended;
}
