/** Apps stand for each other only where no condition tells them apart, in a list or in an expression. */
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';
import { load } from '../support/configuration-dir.ts';

const clientIds = ['alpha', 'beta', 'gamma'];

function files(expression: string): Readonly<Record<string, string>> {
  const policy = JSON.stringify({
    name: 'main',
    rules: [
      { name: 'Some', when: { expression }, then: { allow: { factors: 1 } } },
      { name: 'All', then: { allow: { factors: 2 } } },
    ],
  });
  const apps = clientIds.map((clientId) => {
    const client = { redirect_uris: [`https://${clientId}.test/cb`] };
    return [`apps/${clientId}.yaml`, JSON.stringify({ clientId, name: clientId, signOnPolicy: 'main', client })];
  });
  return { 'policies/sign-on/main.yaml': policy, ...Object.fromEntries(apps) };
}

async function groups(expression: string): Promise<readonly string[]> {
  const loaded = await load(files(expression));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const { equivalentApps } = await snapshotOfDocuments(loaded.documents, authenticatorKinds);
  const names = (await equivalentApps()).map((group) => group.names.filter((name) => clientIds.includes(name)));
  return names.filter((own) => own.length > 0).map((own) => own.join());
}

test.each([
  ['"staff" in user.groups', ['alpha,beta,gamma']],
  ['request.clientId == "beta"', ['alpha,gamma', 'beta']],
  ['request.clientId.startsWith("be")', ['alpha,gamma', 'beta']],
  ['!request.clientId.endsWith("a")', ['alpha,beta,gamma']],
  ['size(request.clientId) > 4 && "staff" in user.groups', ['alpha,gamma', 'beta']],
  ['["beta", "gamma"].exists(id, id == request.clientId)', ['alpha', 'beta,gamma']],
  ['request.clientId == "beta" ? "a" in user.groups : "b" in user.groups', ['alpha', 'beta', 'gamma']],
  ['request.scopes.exists(scope, scope.startsWith("urn:"))', ['alpha,beta,gamma']],
])('%s', async (expression, expected) => {
  expect(await groups(expression)).toEqual(expected);
});
