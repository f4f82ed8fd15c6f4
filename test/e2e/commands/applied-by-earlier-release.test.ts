/** A revision that an earlier release applied, and that this one would refuse: it stays in use, with a warning. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Document } from '../../../src/policy/model/documents.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import type { Store } from '../../../src/stores/store.ts';
import { authorize } from '../../support/clients/authorize.ts';
import { discover } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, startNode, type TestNode } from '../../support/servers/node.ts';

type Content = Readonly<Record<string, unknown>> & { readonly rules: readonly object[] };

let store: Store;
let node: TestNode;
const logged: string[] = [];
const write = (line: string) => void logged.push((JSON.parse(line) as { msg: string }).msg);

beforeEach(async () => {
  logged.length = 0;
  store = openEmbedded({ file: ':memory:' });
  node = await startNode({ store, write });
});
afterEach(async () => {
  await node.stop();
  await store.close();
});

/** As a release before this check applied it. */
async function applyBefore(key: string, change: (document: Document, content: Content) => Document): Promise<void> {
  const { revisions } = node.app;
  const documents = new Map(await revisions.documentsOf((await revisions.current())?.revision ?? 0));
  const document = documents.get(key);
  if (document === undefined) throw new Error(`there is no ${key}`);
  documents.set(key, change(document, document.content as Content));
  await revisions.apply(documents, { by: 'earlier release' });
  await node.app.activeRevision.refresh();
}

/** `attributes` of the settings, besides those that are there. */
function applyAttributesBefore(attributes: object): Promise<void> {
  return applyBefore('settings', (document, content) => ({
    ...document,
    content: { ...content, attributes: { ...(content.attributes as object), ...attributes } },
  }));
}

/** A first rule that denies, at line 7 and column 5. */
function applyRuleBefore(when: object): Promise<void> {
  return applyBefore('sign-on/notes', (document, content) => ({
    ...document,
    ruleLines: [7, ...document.ruleLines],
    ruleColumns: [5, ...document.ruleLines.map(() => 5)],
    content: { ...content, rules: [{ name: 'Never', when, then: 'deny' }, ...content.rules] },
  }));
}

/** A new user, with the password alone. */
async function signsIn(): Promise<boolean> {
  const user = await newTestUser(node);
  const { tokens } = await authorize(await discover(node.issuer, 'notes'), new UserAgent(), user);
  return tokens.id_token !== undefined;
}

const country = 'stepgate.yaml identify.defaultCountry must be written as GB';
const range = 'policies/sign-on/notes.yaml:7:5 rules[0].when.risk `atLeast` is not below `below`: no sign-in can match';
const stays = '; this release refuses that in files, and keeps it where an earlier one stored it';

/** Strangers read no text of a file. */
const warned = [200, { status: 'ready', warnings: ['active_refused'] }];

async function ready(origin: string) {
  const answer = await fetch(`${origin}/readyz`);
  return [answer.status, await answer.json()];
}

test('a node starts with it, and says so in its log and at /readyz', async () => {
  await applyBefore('settings', (document, content) => ({
    ...document,
    content: { ...content, identify: { ...(content.identify as object), defaultCountry: 'UK' } },
  }));
  expect(await ready(node.origin)).toEqual(warned);
  const fresh = await startNode({ store, issuer: node.issuer, write });
  try {
    expect(await ready(fresh.origin)).toEqual(warned);
    expect(logged.filter((line) => line === `${country}${stays}`)).toHaveLength(2);
    const user = await newTestUser(node);
    expect(
      (await authorize(await discover(node.issuer, 'notes'), new UserAgent(), user)).tokens.id_token,
    ).toBeDefined();
  } finally {
    await fresh.stop();
  }
  await node.configure({ 'apps/notes.yaml': undefined });
  expect(await ready(node.origin)).toEqual([200, { status: 'ready' }]);
});

test('an attribute whose shortest text is longer than its longest one stays', async () => {
  await applyAttributesBefore({ essay: { type: 'text', label: 'Essay', minLength: 300 } });
  const fault = 'stepgate.yaml attributes.essay.minLength is above 200, the `maxLength` where none is written';
  expect(await ready(node.origin)).toEqual(warned);
  const fresh = await startNode({ store, issuer: node.issuer, write });
  expect(await ready(fresh.origin).finally(() => fresh.stop())).toEqual(warned);
  expect(logged.filter((line) => line === `${fault}${stays}`)).toHaveLength(2);
});

test('a name that no user has in a policy stays, and is that of no user', async () => {
  await applyRuleBefore({ users: { any: ['alice smith'] } });
  expect(await signsIn()).toBe(true);
  expect(await ready(node.origin)).toEqual(warned);
  expect(logged).toContainEqual(expect.stringContaining('no user can have this identifier'));
});

test('a policy with it decides as before, and names the line of its rule once it is read', async () => {
  await applyRuleBefore({ risk: { atLeast: 'high', below: 'medium' } });
  expect(await signsIn()).toBe(true);
  expect(await ready(node.origin)).toEqual(warned);
  expect(logged).toContain(`${range}${stays}`);
});

test('an option that no user can choose stays, and is told', async () => {
  const options = ['gold', 'low'].map((value) => ({ value, label: value }));
  await applyAttributesBefore({ tier: { label: 'Tier', maxLength: 3, options } });
  expect(await ready(node.origin)).toEqual(warned);
  const fault = 'can never be chosen: it is longer than 3 characters';
  expect(logged).toContain(`stepgate.yaml attributes.tier.options[0].value ${fault}${stays}`);
});

const inAll = 'user.groups.all(g, size(user.groups + user.groups + user.groups + user.groups) > 0)';
const tooDear =
  /^policies\/sign-on\/notes\.yaml:7:5 rules\[0\]\.when\.expression takes up to .*; this release refuses that in files,/;

test('an expression that takes too many steps stays, and is told at its rule', async () => {
  await applyRuleBefore({ expression: `${inAll} && "zz" in user.groups` });
  expect(await signsIn()).toBe(true);
  expect(await ready(node.origin)).toEqual(warned);
  expect(logged).toContainEqual(expect.stringMatching(tooDear));
  await node.configure({});
  expect(await signsIn()).toBe(true);
  expect(await ready(node.origin)).toEqual([200, { status: 'ready' }]);
});

test('an expression that was read before is told when longer attributes come into use, and no longer after them', async () => {
  const memo = (maxLength: number) => ({ memo: { label: 'Memo', maxLength } });
  await applyAttributesBefore(memo(10));
  await applyRuleBefore({ expression: 'has(user.profile.memo) && user.groups.all(g, user.profile.memo.contains(g))' });
  expect(await signsIn()).toBe(true);
  expect(await ready(node.origin)).toEqual([200, { status: 'ready' }]);
  await applyAttributesBefore(memo(2000));
  expect(await ready(node.origin)).toEqual(warned);
  await applyAttributesBefore(memo(10));
  expect(await ready(node.origin)).toEqual([200, { status: 'ready' }]);
});

test('what cannot be evaluated at all is not in use', async () => {
  const unknown = (document: Document, content: Content) => ({ ...document, content: { ...content, wether: 'fine' } });
  await expect(applyBefore('settings', unknown)).rejects.toThrow('stepgate.yaml in the store is not understood');
});
