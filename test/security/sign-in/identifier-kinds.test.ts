/**
 * An identifier that does not count at an app looks like one that no account has, and no spelling of a number opens a
 * second counter (ASVS 6.3.8, Law 8).
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { answerStep, beginSignIn, currentStep } from '../../support/clients/sign-in-flow.ts';
import { skeleton, WatchingAgent } from '../../support/pages/watching-agent.ts';
import { startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { countingStore } from '../../support/stores/counting-store.ts';

const counting = countingStore();
let node: TestNode;
beforeAll(async () => {
  const settings = {
    brand: { name: 'Stepgate' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true } },
    attributes: { badge: { identifies: true, unique: true, label: { en: 'Badge' } } },
    identify: { by: ['email', 'username', 'phone'], defaultCountry: 'DE' },
  };
  const files = {
    'stepgate.yaml': JSON.stringify(settings),
    ...appFile('usual'),
    ...appFile('badges', { identify: { by: ['badge'] } }),
    ...appFile('phones', { identify: { by: ['phone', 'username'], identifierFirst: true } }),
  };
  node = await startNode({ store: counting.store, files, authenticators: ['password'] });
});
afterAll(async () => {
  await node.stop();
  await counting.store.close();
});

async function user(identifiers: readonly string[], profile: Readonly<Record<string, string>>) {
  const created = await node.app.directory.create({ identifiers, profile, credentials: [testPassword(node.app)] });
  if (!created.ok) throw new Error(created.code);
  return created.user;
}

/** What a stranger sees who guesses a password as often as given, and what it costs. */
async function guess(app: string, identifiers: readonly string[], fields = ['identifier', 'credentials.passcode']) {
  const agent = new WatchingAgent();
  let { page } = await beginSignIn(node, app, agent);
  const [before, trips] = [node.app.hashing.stats.started, counting.trips()];
  const pages: string[] = [];
  for (const identifier of identifiers) {
    const typed = { identifier, 'credentials.passcode': 'a wrong password' };
    page = await answerStep(
      agent,
      page,
      Object.fromEntries(Object.entries(typed).filter(([name]) => fields.includes(name))),
    );
    pages.push(`${page.status} ${currentStep(page)} ${page.messages.join()}\n${skeleton(page, identifier)}`);
  }
  return {
    pages,
    seen: agent.seen,
    hashes: node.app.hashing.stats.started - before,
    trips: counting.trips() - trips,
  };
}

const often = (identifier: string) => Array.from({ length: 11 }, () => identifier);

test('an identifier that does not count is like one that no account has, with guesses as without', async () => {
  await user(['ann@demo.test', 'b-100'], { email: 'ann@demo.test', badge: 'B-100' });
  expect(await guess('badges', often('ann@demo.test'))).toEqual(await guess('badges', often('nobody@demo.test')));
  await user(['bea@demo.test', 'b-101'], { email: 'bea@demo.test', badge: 'B-101' });
  expect(await guess('usual', often('b-101'))).toEqual(await guess('usual', often('b-999')));
});

test('the right password is no help where the identifier does not count', async () => {
  await user(['cleo@demo.test', 'b-102'], { email: 'cleo@demo.test', badge: 'B-102' });
  const { agent, page } = await beginSignIn(node, 'badges');
  const typed = { identifier: 'cleo@demo.test', 'credentials.passcode': 'correct horse battery staple' };
  expect((await answerStep(agent, page, typed)).messages).toEqual(['credentials.invalid']);
});

test('a known number and one that no account has cost the same, in each spelling', async () => {
  await user(['+4930901820001'], { phone: '+4930901820001' });
  for (const spelled of [
    (end: string) => `+49309018200${end}`,
    (end: string) => `0309018200${end}`,
    (end: string) => `+49 30 90182 00${end}`,
  ])
    for (const app of ['usual', 'phones']) {
      const fields = app === 'phones' ? ['identifier'] : undefined;
      // What an account has besides the password differs among decoys, too: only the cost is compared.
      const { pages: known, ...cost } = await guess(app, [spelled('01')], fields);
      const { pages: unknown, ...sameCost } = await guess(app, [spelled('02')], fields);
      expect([app, sameCost]).toEqual([app, cost]);
      expect(unknown[0]?.split('\n')[0]).toBe(known[0]?.split('\n')[0]);
    }
});

test.each([
  ['a known number', '30901820003'],
  ['a number that no account has', '30901820004'],
])('all spellings of %s have one count of attempts', async (_, digits) => {
  if (digits.endsWith('3')) await user([`+49${digits}`], { phone: `+49${digits}` });
  const spellings = [
    `+49${digits}`,
    `0${digits}`,
    `0049${digits}`,
    `030/${digits.slice(2)}`,
    `+49 (30) ${digits.slice(2)}`,
  ];
  const { pages } = await guess('usual', [...spellings, ...spellings, ...spellings].slice(0, 11));
  expect(pages.map((page) => page.split('\n')[0]?.replace(/^(\d+) \S+ /, '$1 '))).toEqual([
    ...Array.from({ length: 10 }, () => '422 credentials.invalid'),
    '429 attempts.exceeded',
  ]);
});
