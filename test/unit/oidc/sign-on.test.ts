/** The decision on an authorization request: made once for each, and for no other. */
import { expect, test } from '@jest/globals';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { createRequestScope, runInScope } from '../../../src/oidc/request-scope.ts';
import { signOn } from '../../../src/oidc/sign-on/sign-on.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { createWorld, credential, type World } from '../flow/sign-in-fixture.ts';

/** What oidc-provider knows of one authorization request to the app of the world. */
function authorizationRequest(
  params: Readonly<Record<string, unknown>>,
  session: { readonly accountId?: string; readonly uid: string } = { uid: 's' },
): KoaContextWithOIDC {
  const client = { clientId: 'notes', redirectUriAllowed: () => true };
  const prompts = new Set(String(params.prompt ?? '').split(' '));
  const oidc = { client, params, prompts, session, entities: {}, claims: {}, route: 'authorization' };
  return { oidc } as unknown as KoaContextWithOIDC;
}

/** Runs in the scope of one HTTP request. */
function inScope<T>({ store, visitor }: World, run: () => Promise<T>): Promise<T> {
  return runInScope(createRequestScope(new UnitOfWork(store), visitor), run);
}

test('oidc-provider asks twice, and gets one decision', async () => {
  const world = createWorld();
  const ctx = authorizationRequest({ scope: 'openid' });
  const [first, second] = await inScope(world, () =>
    Promise.all([signOn(ctx, world.services), signOn(ctx, world.services)]),
  );
  expect(second).toBe(first);
  const again = await inScope(world, () => signOn(ctx, world.services));
  expect(again).not.toBe(first);
});

test('another authorization request gets its own, also within one HTTP request', async () => {
  const world = createWorld();
  await world.addUser('ann', [credential('password', 'secret')]);
  const [plain, asked] = await inScope(world, async () => [
    await signOn(authorizationRequest({ scope: 'openid' }), world.services),
    await signOn(
      authorizationRequest({ scope: 'openid email', prompt: 'login' }, { uid: 's', accountId: 'user-ann' }),
      world.services,
    ),
  ]);
  expect(plain).toMatchObject({ decision: { kind: 'identify' }, request: { scopes: ['openid'], promptLogin: false } });
  expect(asked).toMatchObject({
    decision: { kind: 'challenge' },
    request: { scopes: ['openid', 'email'], promptLogin: true },
  });
});
