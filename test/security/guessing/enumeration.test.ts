/**
 * Whether a user exists, and in what state the account is, does not show before a proof (ASVS 6.3.8): same answers,
 * same work.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { credentialsKey } from '../../../src/stores/keys.ts';
import { parseCredentials, serializeCredentials } from '../../../src/users/record/user.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { skeleton, WatchingAgent } from '../../support/pages/watching-agent.ts';
import { credentialOf, newKey } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { countingStore } from '../../support/stores/counting-store.ts';

const counting = countingStore();
let node: TestNode;
beforeAll(async () => {
  node = await startNode({ store: counting.store, authenticators: ['password', 'totp', 'webauthn'] });
});
afterAll(async () => {
  await node.stop();
  await counting.store.close();
});

interface Seen {
  readonly path: readonly unknown[];
  /** After each act, how many there were so far. */
  readonly work: readonly Work[];
}

interface Work {
  readonly hashes: number;
  /** Round trips to the store. */
  readonly trips: number;
}

/** What a stranger sees who types an identifier and then does `acts`. */
async function observe(identifier: string, app: string, acts: readonly Act[]): Promise<Seen> {
  const agent = new WatchingAgent();
  const { page: first } = await beginSignIn(node, app, agent);
  const started = node.app.hashing.stats.started;
  const before = counting.trips();
  let page = first;
  const pages: string[] = [];
  const work: Work[] = [];
  for (const act of acts) {
    page = await act(agent, page, identifier);
    pages.push(`${page.status} ${currentStep(page)} ${page.messages.join()}\n${skeleton(page, identifier)}`);
    work.push({ hashes: node.app.hashing.stats.started - started, trips: counting.trips() - before });
  }
  return { path: [...agent.seen, ...pages], work };
}

type Act = (agent: UserAgent, page: Page, identifier: string) => Promise<Page>;
const name: Act = (agent, page, identifier) => answerStep(agent, page, { identifier, 'credentials.passcode': '' });
const nameAndGuess: Act = (agent, page, identifier) =>
  answerStep(agent, page, { identifier, 'credentials.passcode': 'a wrong password' });
/** What is guessed: six digits that are not a code of the user who is looked at. */
let wrong = '123456';
const guess: Act = (agent, page) => answerStep(agent, page, { 'credentials.passcode': wrong });
const list: Act = (agent, page) =>
  agent.open(`${page.url}/select`, {
    method: 'POST',
    body: new URLSearchParams({ stateHandle: mainForm(page)?.fields.stateHandle ?? '' }),
  });
const pickTotp: Act = (agent, page) =>
  agent.open(`${page.url}/select`, {
    method: 'POST',
    body: new URLSearchParams({ stateHandle: mainForm(page)?.fields.stateHandle ?? '', 'authenticator.id': 'totp' }),
  });
const restart: Act = (agent, page) => agent.submit(page, formOf(page, 'restart'));
const look: Act = (agent, page) => agent.open(page.url);

/** All that is seen on the way is compared, so no walk is the beginning of another one. */
const walks: Readonly<Record<string, readonly Act[]>> = {
  'a name and ten wrong passwords, then one more': Array.from({ length: 11 }, () => nameAndGuess),
  'a name only, looked at again': [name, look],
  'wrong answers until there are no more': [name, ...Array.from({ length: 12 }, () => guess)],
  'the list of ways': [name, list],
  'another way': [name, pickTotp, guess],
  'a name, and back': [name, restart, nameAndGuess],
};

let serial = 0;
const unknownIdentifier = (): string => {
  serial += 1;
  return `nobody-${serial}@demo.test`;
};

/** Users in every state that there is; each has the same authenticators. */
function states(make: (groups?: readonly string[]) => Promise<{ id: string; identifier: string }>) {
  const { directory } = node.app;
  return {
    active: async () => (await make()).identifier,
    suspended: async () => {
      const { id, identifier } = await make();
      await directory.setStatus(id, 'suspended');
      return identifier;
    },
    deactivated: async () => {
      const { id, identifier } = await make();
      await directory.setStatus(id, 'deactivated');
      return identifier;
    },
    'denied by the policy': async () => (await make(['contractors'])).identifier,
  };
}

/** A user who has a passkey in addition to the password, with the usual transports. */
async function userWithPasskey(groups: readonly string[] = ['staff']): Promise<{ id: string; identifier: string }> {
  const user = await userWithPassword(node, groups);
  const { entries } = await node.store.load([credentialsKey(user.id)]);
  const { value = '[]', version = 0 } = entries.get(credentialsKey(user.id)) ?? {};
  const passkey = credentialOf(newKey(Buffer.from(user.id).toString('base64url')), { id: 'passkey' });
  const credentials = [
    ...parseCredentials(value),
    { ...passkey, secret: { ...passkey.secret, transports: ['hybrid', 'internal'] } },
  ];
  const key = credentialsKey(user.id);
  await node.store.commit([{ op: 'replace', key, version, value: serializeCredentials(credentials) }]);
  return user;
}

/** What unknown names look like on the page that is tested; each is used once, for guesses at it count. */
const unknowns: { readonly unknown: string; readonly look: Seen }[] = [];

/**
 * A name that no user has, and that seems to have as many authenticators: half of all seem to have a second factor, a
 * quarter a passkey.
 */
async function unknownLike(app: string, identifier: string): Promise<string> {
  const wanted = await observe(identifier, app, [name, list]);
  const known = unknowns.findIndex(({ look: seen }) => isDeepStrictEqual(seen, wanted));
  const [found] = known < 0 ? [] : unknowns.splice(known, 1);
  if (found) return found.unknown;
  for (let tries = 0; tries < 100; tries += 1) {
    const unknown = unknownIdentifier();
    const seen = await observe(unknown, app, [name, list]);
    if (isDeepStrictEqual(seen, wanted)) return unknown;
    unknowns.push({ unknown, look: seen });
  }
  throw new Error('no unknown name looks like this user');
}

const hidden = signOnPolicy(
  'notes',
  { when: { groups: { any: ['app users'] } }, then: { allow: { factors: 1, possession: {} } } },
  { then: { allow: { factors: 1 } } },
);
const resistant = signOnPolicy('notes', { then: { allow: { factors: 1, possession: { phishingResistant: true } } } });
const pages = [
  { asks: 'with the password', app: 'payroll', files: {} },
  { asks: 'without the password', app: 'notes', files: hidden },
  { asks: 'for a passkey', app: 'notes', files: resistant },
] as const;

describe.each(pages)('the page that asks who it is, $asks', ({ asks, app, files }) => {
  beforeAll(async () => {
    unknowns.length = 0;
    await node.configure(files);
  });

  test('is what it says', async () => {
    const { page } = await beginSignIn(node, app);
    expect('credentials.passcode' in (mainForm(page)?.fields ?? {})).toBe(asks === 'with the password');
  });

  describe.each(Object.entries(walks))('%s', (_name, acts) => {
    test.each(['active', 'suspended', 'deactivated', 'denied by the policy'] as const)(
      '%s looks unknown',
      async (state) => {
        const identifier = await states((groups) => userWithPassword(node, groups))[state]();
        const unknown = await unknownLike(app, identifier);
        expect(await observe(identifier, app, acts)).toEqual(await observe(unknown, app, acts));
      },
    );

    test.each(['active', 'suspended'] as const)('%s with a passkey looks unknown', async (state) => {
      const identifier = await states(userWithPasskey)[state]();
      const unknown = await unknownLike(app, identifier);
      expect(await observe(identifier, app, acts)).toEqual(await observe(unknown, app, acts));
    });

    test.each(['active', 'suspended'] as const)('%s with a second factor looks unknown', async (state) => {
      const withTotp = async (groups?: readonly string[]) => {
        const user = await userWithTotp(node, groups);
        wrong = await wrongCode(user);
        return user;
      };
      const identifier = await states(withTotp)[state]();
      const unknown = await unknownLike(app, identifier);
      expect(await observe(identifier, app, acts)).toEqual(await observe(unknown, app, acts));
    });
  });

  test('an unknown name looks the same each time, in every spelling', async () => {
    const identifier = unknownIdentifier();
    const first = await observe(identifier, app, [name, list]);
    for (const spelling of [identifier, identifier.toUpperCase(), ` ${identifier} `])
      expect(await observe(spelling, app, [name, list])).toEqual(first);
  });
});

describe('an identifier that no account can have', () => {
  beforeEach(() => node.configure({}));

  test.each(['not an address@', 'a b@demo.test', 'x'.repeat(300), '\u0000', 'аlice@demo.test'])(
    '%j is refused without a hash',
    async (identifier) => {
      const seen = await observe(identifier, 'notes', [nameAndGuess]);
      expect(seen.work).toMatchObject([{ hashes: 0 }]);
      expect(String(seen.path.at(-1))).toMatch(/^422 identify identifier\.(invalid|required)/);
    },
  );
});
