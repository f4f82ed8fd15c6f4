/** A new key must be able to show what it is set up for: one that cannot is refused with the reason, and not kept. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { appFile } from '../../support/clients/authorize.ts';
import { answerStep, currentStep, eventsOf } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { attestation, flag, optionsOf, whereOf } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import {
  fieldsOf,
  type Holder,
  holder,
  settingsWithAllAuthenticators,
  softKeyOf,
} from '../../support/users/enrolled-users.ts';
import { appsThatAsk, beginIdentified, name, prove } from '../../support/users/prove-capabilities.ts';

const synced = flag.up | flag.uv | flag.be | flag.bs;
const bound = flag.up | flag.uv;

let node: TestNode;
let dir: string;
const logged: string[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-metadata-'));
  const metadata = join(dir, 'metadata.json');
  await writeFile(metadata, JSON.stringify({ entries: [] }));
  const settings = parseDocument(settingsWithAllAuthenticators['stepgate.yaml'] ?? '');
  settings.setIn(['authenticators', 'webauthn', 'metadata'], metadata);
  const models = { webauthn: ['ee882879-721c-4913-9775-3dfcce97072a'] };
  const listed = { name: 'These', when: { apps: { any: ['listed'] } }, then: { required: ['webauthn'], models } };
  const required = { name: 'Any key', when: { apps: { any: ['any'] } }, then: { required: ['webauthn'] } };
  node = await startNode({
    demo: true,
    users: false,
    write: (line) => void logged.push((JSON.parse(line) as { msg: string }).msg),
    files: {
      'stepgate.yaml': settings.toString(),
      'policies/enrollment.yaml': JSON.stringify({ rules: [listed, required, { name: 'Rest', then: {} }] }),
      ...appsThatAsk({
        bound: { factors: 1, possession: { deviceBound: true, authenticators: ['webauthn'] } },
        hardware: { factors: 1, possession: { hardwareProtected: true } },
        any: { factors: 1 },
        listed: { factors: 1 },
      }),
      ...appFile('listed', { signOnPolicy: 'listed' }),
      ...appFile('any', { signOnPolicy: 'any' }),
    },
  });
});
afterAll(async () => {
  await node.stop();
  await rm(dir, { recursive: true, force: true });
});

async function atOffer(app: string, who: Holder) {
  const begun = await beginIdentified(node, app, who);
  const { page } = await prove(who, begun, ['password']);
  expect(currentStep(page)).toBe('enroll:webauthn');
  return { agent: begun.agent, page };
}

function setUp(agent: UserAgent, page: Page, who: Holder, flags: number): Promise<Page> {
  const made = attestation(softKeyOf(who.id), whereOf({ public: optionsOf(page) }, node.issuer), { flags });
  return answerStep(agent, page, fieldsOf(made));
}

test('a node without the file of models is not ready, and its log names it', async () => {
  const file = join(dir, 'metadata.json');
  const ready = async () => {
    const answer = await fetch(`${node.issuer}/readyz`);
    return [answer.status, await answer.json()];
  };
  expect(await ready()).toEqual([200, { status: 'ready' }]);
  await rm(file);
  expect(await ready()).toEqual([503, { status: 'not_ready', reason: 'metadata_file_missing' }]);
  expect(logged).toContainEqual(expect.stringMatching(/^not ready: metadata_file_missing: .*metadata\.json/));
  await writeFile(file, '{ "entries": [');
  expect(await ready()).toEqual([503, { status: 'not_ready', reason: 'metadata_file_damaged' }]);
  await writeFile(file, JSON.stringify({ entries: [], no: 2 }));
  expect(await ready()).toEqual([200, { status: 'ready' }]);
});

const countOf = async ({ id }: Holder) => (await node.app.directory.get(id))?.credentials.length;

test.each([
  ['bound', 'credentials.not_device_bound', /stays on one device/],
  ['hardware', 'credentials.not_hardware', /hardware-protected/],
] as const)('%s: refused, explained, not kept, as often as it is tried', async (app, code, text) => {
  const who = await holder(node, 'password');
  const { agent, page } = await atOffer(app, who);
  let at = page;
  for (let round = 0; round < 3; round += 1) {
    at = await setUp(agent, at, who, synced);
    expect([at.status, currentStep(at), at.messages]).toEqual([422, 'enroll:webauthn', [code]]);
    expect(at.html).toMatch(text);
  }
  expect(await countOf(who)).toBe(1);
  expect(eventsOf(node, who.id)).not.toContain('authenticator.enrolled:webauthn');
});

test('one that stays on its device is taken', async () => {
  const who = await holder(node, 'password');
  const { agent, page } = await atOffer('bound', who);
  const refused = await setUp(agent, page, who, synced);
  expect(currentStep(await setUp(agent, refused, who, bound))).toBe('code');
  expect(await countOf(who)).toBe(2);
});

test('where no rule demands it, any key is taken: by the enrollment policy, and at the account', async () => {
  const who = await holder(node, 'password');
  const { agent, page } = await atOffer('any', who);
  expect(currentStep(await setUp(agent, page, who, synced))).toBe('code');

  const other = await holder(node, 'password');
  const own = new UserAgent();
  const first = await name(own, await own.open(`${node.issuer}/account/add/webauthn`), other);
  const offer = await prove(other, { agent: own, page: first }, ['password']);
  expect(currentStep(offer.page)).toBe('enroll:webauthn');
  const done = await setUp(own, offer.page, other, synced);
  expect([done.status, await countOf(other)]).toEqual([200, 2]);
});

test('a model that the rule does not name is refused there, and taken elsewhere', async () => {
  const who = await holder(node, 'password');
  const { agent, page } = await atOffer('listed', who);
  const refused = await setUp(agent, page, who, bound);
  expect([refused.status, currentStep(refused), refused.messages]).toEqual([
    422,
    'enroll:webauthn',
    ['credentials.not_allowed'],
  ]);
  expect(await countOf(who)).toBe(1);
  const other = await atOffer('any', who);
  expect(currentStep(await setUp(other.agent, other.page, who, bound))).toBe('code');
  expect(await countOf(who)).toBe(2);
});
