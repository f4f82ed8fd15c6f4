/**
 * How many pages a user sees and how many forms a user sends, journey by journey. The table in docs/users.md says the
 * same, so that no change makes a journey longer unseen.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { appFile } from '../../support/clients/authorize.ts';
import { authorization } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import { currentStep, formOf, passcode, signOnPolicy, userWithTotp } from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo } from '../../support/messages/mail.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { attestation, flag, newKey, optionsOf, whereOf } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { fieldsOf } from '../../support/users/enrolled-users.ts';
import { randomName } from '../../support/values/random-name.ts';

const oneFactor = { allow: { factors: 1 } };
let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    demo: true,
    users: false,
    authenticators: ['password', 'totp', 'email', 'webauthn'],
    files: {
      ...signOnPolicy('mailed', { then: { allow: { factors: 1, possession: { authenticators: ['email'] } } } }),
      ...signOnPolicy('knows', { then: { allow: { factors: 1, knowledge: { authenticators: ['password'] } } } }),
      ...signOnPolicy('two', { then: { allow: { factors: 2 } } }),
      ...signOnPolicy('one', { then: oneFactor }),
      'policies/profile/joining.yaml': JSON.stringify({
        name: 'joining',
        rules: [{ name: 'New users', then: { register: 'allow' } }],
      }),
      'policies/recovery.yaml': JSON.stringify({
        rules: [{ name: 'All', then: { allow: { possession: { authenticators: ['email'] } } } }],
      }),
      ...appFile('plain', { signOnPolicy: 'knows' }),
      ...appFile('strong', { signOnPolicy: 'two' }),
      ...appFile('mailed', { signOnPolicy: 'mailed', profilePolicy: 'joining' }),
      ...appFile('promoting', { signOnPolicy: 'mailed' }),
      ...appFile('partner', { signOnPolicy: 'knows', firstParty: false }),
      'policies/enrollment.yaml': JSON.stringify({
        rules: [
          {
            name: 'Passkeys are offered',
            when: { apps: { any: ['promoting'] } },
            then: { promote: { webauthn: { cooldown: 'P30D' } } },
          },
          { name: 'All', then: {} },
        ],
      }),
    },
  });
});
afterAll(() => node?.stop());

/** A browser that counts what its user sees and sends. */
class Journey {
  readonly agent: UserAgent;
  pages = 0;
  forms = 0;
  /** Of all pages and of what they load, with an empty cache at the beginning. */
  requests = 0;
  bytes = 0;
  page: Page | undefined;
  readonly #kept = new Set<string>();

  constructor(agent = new UserAgent()) {
    this.agent = agent;
  }

  async begin(app: string, parameters: Readonly<Record<string, string>> = {}): Promise<this> {
    return this.#see(await this.agent.open(authorization(node.issuer, app, parameters).url, {}, redirectUri));
  }

  /** Fills in the main form and sends it. */
  async answer(expected: string, fields: Readonly<Record<string, string>> = {}): Promise<this> {
    const page = this.#at(expected);
    this.forms += 1;
    return this.#see(await this.agent.submit(page, mainForm(page), fields));
  }

  async option(expected: string, step: string): Promise<this> {
    const page = this.#at(expected);
    this.forms += 1;
    return this.#see(await this.agent.submit(page, formOf(page, step)));
  }

  /** The app has the code. */
  counts(): Counts {
    this.#at('code');
    const { pages, forms: clicks, requests, bytes } = this;
    return { pages, clicks, requests, kilobytes: bytes / 1000 };
  }

  /** Makes the passkey that the page offers. */
  async makePasskey(): Promise<this> {
    const page = this.#at('enroll:webauthn');
    const made = attestation(newKey('journey'), whereOf({ public: optionsOf(page) }, node.issuer), {
      flags: flag.up | flag.uv,
    });
    return this.answer('enroll:webauthn', fieldsOf(made));
  }

  #at(expected: string): Page {
    if (this.page === undefined) throw new Error('the journey has not begun');
    expect(currentStep(this.page)).toBe(expected);
    return this.page;
  }

  async #see(page: Page): Promise<this> {
    this.page = page;
    if (currentStep(page) === 'code') return this;
    this.pages += 1;
    this.requests += 1;
    this.bytes += Buffer.byteLength(page.html);
    for (const [, path = ''] of page.html.matchAll(/<(?:link|script|img)[^>]* (?:href|src)="(\/assets[^"]+)"/g)) {
      if (this.#kept.has(path)) continue;
      this.#kept.add(path);
      this.requests += 1;
      this.bytes += await sentBytes(path);
    }
    return this;
  }
}

interface Counts {
  readonly pages: number;
  readonly clicks: number;
  readonly requests: number;
  readonly kilobytes: number;
}

const compressed = new Map<string, number>();

/** As a browser gets it, compressed. Its address names its content, so each is compressed once. */
async function sentBytes(path: string): Promise<number> {
  const answer = await fetch(`${node.issuer}${path}`, { headers: { 'accept-encoding': 'identity' } });
  const body = Buffer.from(await answer.arrayBuffer());
  const bytes = compressed.get(path) ?? brotliCompressSync(body).length;
  compressed.set(path, bytes);
  return bytes;
}

async function userWithMailbox(more: readonly ReturnType<typeof testPassword>[] = []) {
  const identifier = `${randomName()}@demo.test`;
  const profile = { email: identifier, emailVerified: true };
  const credentials = [emailCredential(identifier), ...more];
  const created = await node.app.directory.create({
    identifiers: [identifier],
    profile,
    groups: ['staff'],
    credentials,
  });
  if (!created.ok) throw new Error(created.code);
  return { identifier, password: 'correct horse battery staple' };
}

const code = async (address: string) => ({ 'credentials.passcode': codeIn(await mailTo(node, address, 1)) });

/** By the words of the table. */
const journeys: Readonly<Record<string, () => Promise<Counts>>> = {
  async 'Sign in with a password'() {
    const { identifier, password } = await userWithMailbox([testPassword(node.app)]);
    const journey = await new Journey().begin('plain');
    return (await journey.answer('identify', { identifier, 'credentials.passcode': password })).counts();
  },
  async 'Another app of the session'() {
    const { identifier, password } = await userWithMailbox([testPassword(node.app)]);
    const first = await new Journey().begin('plain');
    await first.answer('identify', { identifier, 'credentials.passcode': password });
    return (await new Journey(first.agent).begin('mailed', { client_id: 'plain' })).counts();
  },
  async 'Registration with an address'() {
    const address = `${randomName()}@new.test`;
    const journey = await new Journey().begin('mailed');
    await journey.option('identify', 'register');
    await journey.answer('profile', { 'userProfile.email': address });
    return (await journey.answer('challenge:email', await code(address))).counts();
  },
  async 'Registration with `prompt=create`'() {
    const address = `${randomName()}@new.test`;
    const journey = await new Journey().begin('mailed', { prompt: 'create' });
    await journey.answer('profile', { 'userProfile.email': address });
    return (await journey.answer('challenge:email', await code(address))).counts();
  },
  async 'Recovery of a password'() {
    const { identifier } = await userWithMailbox([testPassword(node.app)]);
    const journey = await new Journey().begin('plain');
    await journey.option('identify', 'recover');
    await journey.answer('identify', { identifier });
    await journey.answer('challenge:email', await code(identifier));
    return (await journey.answer('enroll:password', { 'credentials.passcode': 'seven green umbrellas' })).counts();
  },
  async 'Offer of a passkey after a code by mail, skipped'() {
    const { identifier } = await userWithMailbox();
    const journey = await new Journey().begin('promoting');
    await journey.answer('identify', { identifier });
    await journey.answer('challenge:email', await code(identifier));
    return (await journey.option('enroll:webauthn', 'skip')).counts();
  },
  async 'Set-up of a passkey that is offered after a code by mail'() {
    const { identifier } = await userWithMailbox();
    const journey = await new Journey().begin('promoting');
    await journey.answer('identify', { identifier });
    await journey.answer('challenge:email', await code(identifier));
    return (await journey.makePasskey()).counts();
  },
  async 'The same, where the account has a password, too'() {
    const { identifier, password } = await userWithMailbox([testPassword(node.app)]);
    const journey = await new Journey().begin('promoting');
    await journey.answer('identify', { identifier });
    await journey.answer('challenge:email', await code(identifier));
    await journey.answer('select', { 'authenticator.id': 'webauthn' });
    await journey.answer('challenge:password', { 'credentials.passcode': password });
    return (await journey.makePasskey()).counts();
  },
  async 'Step-up to a second factor'() {
    const user = await userWithTotp(node);
    const first = await new Journey().begin('plain');
    await first.answer('identify', { identifier: user.identifier, 'credentials.passcode': user.password });
    const journey = await new Journey(first.agent).begin('strong');
    return (await journey.answer('challenge:totp', await passcode(user))).counts();
  },
  async 'Consent to an app of others, the first time'() {
    const { identifier, password } = await userWithMailbox([testPassword(node.app)]);
    const first = await new Journey().begin('plain');
    await first.answer('identify', { identifier, 'credentials.passcode': password });
    const journey = await new Journey(first.agent).begin('partner');
    return (await journey.answer('consent')).counts();
  },
  async 'Consent to an app of others, later'() {
    const { identifier, password } = await userWithMailbox([testPassword(node.app)]);
    const first = await new Journey().begin('partner');
    await first.answer('identify', { identifier, 'credentials.passcode': password });
    await first.answer('consent');
    return (await new Journey(first.agent).begin('partner')).counts();
  },
};

/** What docs/users.md says; kilobytes are the most. */
function documented(): Readonly<Record<string, Counts>> {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/users.md'), 'utf8');
  const section = text.split('## How long the journeys are')[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| ([^|]+?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/gm)];
  return Object.fromEntries(
    rows.map(([, name = '', ...numbers]) => {
      const [pages = 0, clicks = 0, requests = 0, kilobytes = 0] = numbers.map(Number);
      return [name, { pages, clicks, requests, kilobytes }];
    }),
  );
}

test('the table names each journey, and no other', () => {
  expect(Object.keys(documented())).toEqual(Object.keys(journeys));
});

test.each(Object.keys(journeys))('%s', async (name) => {
  const { kilobytes: most = 0, ...expected } = documented()[name] ?? {};
  const { kilobytes, ...counted } = (await journeys[name]?.()) ?? { kilobytes: Number.NaN };
  expect(counted).toEqual(expected);
  // Ports and random values are a few bytes longer at times.
  expect(Math.round(kilobytes)).toBeLessThanOrEqual(most);
  expect(kilobytes).toBeGreaterThan(most - 4);
});
