/** What a request answers when it cannot commit: another one was faster, or the store did not answer. */
import { describe, expect, test } from '@jest/globals';
import { errors } from 'oidc-provider';
import { StoreUnavailable } from '../../../src/errors.ts';
import { createRoutes, type RaceAnswers } from '../../../src/http/middleware/route-table.ts';
import { unitOfWork } from '../../../src/http/middleware/unit-of-work.ts';
import { protocolRoutes } from '../../../src/http/routes.ts';
import { createRequestScope, runInScope } from '../../../src/oidc/request-scope.ts';
import { transactionKey } from '../../../src/stores/keys.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { ownRoutesOf } from '../../support/servers/own-routes.ts';
import { fakeStore } from '../../support/stores/fake-store.ts';

const key = transactionKey('a');
const visitor = { ip: '192.0.2.1', userAgent: '', acceptLanguage: '' };
const routes = createRoutes(ownRoutesOf({ demo: false }));

interface Outcome {
  readonly status: number;
  readonly location?: string;
  readonly body?: unknown;
}

type Loss = 'race' | 'refusal' | 'outage';

/**
 * Runs a request that sets a cookie and a redirect, and then cannot commit. Returns the answer, or the code of the
 * error.
 */
async function lose(
  method: string,
  url: string,
  route: RaceAnswers | undefined,
  loss: Loss,
): Promise<Outcome | string> {
  const store = fakeStore();
  await store.commit([{ op: 'create', key, value: 'of the faster one' }]);
  const scope = createRequestScope(new UnitOfWork(store), visitor);
  const headers = new Map<string, string>();
  const ctx = {
    method,
    url,
    params: { uid: 'uid-of-the-sign-in' },
    status: 200,
    body: undefined as unknown,
    set: (name: string, value: string) => void headers.set(name, value),
    remove: (name: string) => void headers.delete(name),
    redirect: (target: string) => void headers.set('Location', target),
  };
  const answer = async () => {
    headers.set('Set-Cookie', 'session=1').set('Location', '/prepared');
    if (loss === 'race') scope.unit.create(key, { value: 'mine' });
    if (loss === 'refusal') scope.unit.consume('none', async () => new errors.InvalidGrant('already used'));
    if (loss === 'outage') scope.unserved = new StoreUnavailable('it is away');
  };
  try {
    await runInScope(scope, () => unitOfWork(() => route)(ctx as never, answer));
  } catch (error) {
    return (error as { code: string }).code;
  }
  expect(headers.has('Set-Cookie')).toBe(false);
  const location = headers.get('Location');
  return { status: ctx.status, ...(location ? { location } : {}), ...(ctx.body ? { body: ctx.body } : {}) };
}

describe('a route of our own', () => {
  test.each([
    ['GET', '/signin/uid-of-the-sign-in', '/signin/uid-of-the-sign-in'],
    ['POST', '/signin/uid-of-the-sign-in', '/signin/uid-of-the-sign-in'],
    ['POST', '/signin/uid-of-the-sign-in/skip', '/signin/uid-of-the-sign-in'],
    ['POST', '/account/sessions/others/end', '/account/devices?done=stale'],
    ['GET', '/account/callback?code=a', '/account?done=stale'],
  ])('%s %s leads to %s after a lost race', async (method, url, location) => {
    const route = routes.find(url.replace(/\?.*/, ''));
    expect(await lose(method, url, route, 'race')).toEqual({ status: 303, location });
    expect(await lose(method, url, route, 'refusal')).toBe('sign_in_expired');
  });

  test('that does not say what to do shows that the form is outdated', async () => {
    expect(await lose('GET', '/account', routes.find('/account'), 'race')).toBe('stale_form');
    expect(await lose('POST', '/elsewhere', routes.find('/elsewhere'), 'race')).toBe('stale_form');
  });
});

const invalidRequest = { error: 'invalid_request', error_description: 'another request was faster' };
const invalidGrant = { error: 'invalid_grant', error_description: 'grant request is invalid' };

describe('a protocol endpoint', () => {
  test.each(['authorization', 'resume', 'code_verification', 'device_resume'])(
    '%s: the browser asks again',
    async (name) => {
      const url = '/oauth2/v1/authorize?client_id=notes';
      expect(await lose('GET', url, protocolRoutes[name], 'race')).toEqual({ status: 303, location: url });
      expect(await lose('POST', url, protocolRoutes[name], 'race')).toBe('stale_form');
      expect(await lose('GET', url, protocolRoutes[name], 'refusal')).toBe('sign_in_expired');
    },
  );

  test.each(['end_session', 'end_session_confirm'])(
    '%s: an outdated form, or the error of the protocol',
    async (name) => {
      expect(await lose('POST', '/oauth2/v1/logout', protocolRoutes[name], 'race')).toBe('stale_form');
      expect(await lose('POST', '/oauth2/v1/logout', protocolRoutes[name], 'refusal')).toEqual({
        status: 400,
        body: invalidGrant,
      });
    },
  );

  test.each([
    'token',
    'pushed_authorization_request',
    'device_authorization',
    'userinfo',
    'introspection',
    'revocation',
  ])('%s: the app gets an OAuth error', async (name) => {
    const url = '/oauth2/v1/token';
    expect(await lose('POST', url, protocolRoutes[name], 'race')).toEqual({ status: 400, body: invalidRequest });
    expect(await lose('POST', url, protocolRoutes[name], 'refusal')).toEqual({ status: 400, body: invalidGrant });
  });
});

test('a store that did not answer is reported as unavailable, whatever the route', async () => {
  expect(await lose('POST', '/oauth2/v1/token', protocolRoutes.token, 'outage')).toBe('store_unavailable');
});
