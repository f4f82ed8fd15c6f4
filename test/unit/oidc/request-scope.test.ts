/** The scope of a request: where it reaches, and what happens without one. */
import { setImmediate as pause } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { createRequestScope, currentRequest, findRequest, runInScope } from '../../../src/oidc/request-scope.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';

const store = openEmbedded({ file: ':memory:' });
afterAll(() => store.close());

const newScope = () =>
  createRequestScope(new UnitOfWork(store), {
    ip: '192.0.2.1',
    userAgent: '',
    acceptLanguage: '',
  });

test('each of two parallel requests keeps its own scope across asynchronous calls', async () => {
  const scopes = [newScope(), newScope()];
  const found = await Promise.all(
    scopes.map((scope) =>
      runInScope(scope, async () => {
        await pause();
        return currentRequest();
      }),
    ),
  );
  expect(found[0]).toBe(scopes[0]);
  expect(found[1]).toBe(scopes[1]);
});

test('there is no scope outside a request', () => {
  expect(findRequest()).toBeUndefined();
  expect(() => currentRequest()).toThrow('this code needs a request, and none is under way');
});
