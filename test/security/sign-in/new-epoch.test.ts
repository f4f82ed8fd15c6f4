/**
 * After a restore from a backup, and in a new epoch that was begun by hand: whatever was issued or used before is
 * refused, on a node that runs all the while. What is issued afterwards counts (Law 14).
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { generate } from 'otplib';
import { recoveryCodeKey } from '../../../src/authenticators/recovery-code/recovery-code.ts';
import { backUp, restoreBackup } from '../../../src/stores/backup/backup.ts';
import type { StoreSettings } from '../../../src/stores/open.ts';
import type { Store } from '../../../src/stores/store.ts';
import { beginEpoch, readState } from '../../../src/stores/store-state.ts';
import { appFile, post } from '../../support/clients/authorize.ts';
import { confirmDevice, deviceGrant, pollTokens, waitingDevice } from '../../support/clients/device-grant.ts';
import { authorization, redeemCode, refresh } from '../../support/clients/raw-client.ts';
import { redirectUri, type TestUser } from '../../support/clients/relying-party.ts';
import { type Returned, signInTo } from '../../support/clients/returning-browser.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  type SignIn,
  signOnPolicy,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, linkIn, mailTo } from '../../support/messages/mail.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { kindsOfPlace, type StorePlace } from '../../support/stores/store-places.ts';
import { type Holder, holder, settingsWithAllAuthenticators } from '../../support/users/enrolled-users.ts';

const only = (...authenticators: string[]) => ({ allow: { factors: 1, possession: { authenticators } } });
const two = { factors: 2, knowledge: { authenticators: ['password'] }, possession: { maxAge: 'PT1H' } };
const grantTypes = ['authorization_code', 'refresh_token', deviceGrant];
const keyOfApp = await generateKeyPair('ES256', { extractable: true });

const files = {
  ...settingsWithAllAuthenticators,
  ...signOnPolicy('one', { then: { allow: { factors: 1 } } }),
  ...appFile('one', { signOnPolicy: 'one', client: { grant_types: grantTypes } }),
  ...signOnPolicy('mail', { then: only('email') }),
  ...appFile('mail', { signOnPolicy: 'mail' }),
  ...signOnPolicy('paper', { then: only('recovery_code', 'access_code') }),
  ...appFile('paper', { signOnPolicy: 'paper' }),
  ...appFile('vault', { signOnPolicy: 'vault' }),
  ...signOnPolicy('vault', { then: { allow: two, remember: { device: 'P30D' } } }),
  ...appFile('keyed', {
    client: {
      application_type: 'web',
      jwks: { keys: [{ ...(await exportJWK(keyOfApp.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] },
      redirect_uris: [redirectUri],
    },
  }),
};

const seconds = (): number => Math.floor(Date.now() / 1000);

/** A new epoch, in either way. Returns when it began (epoch seconds). */
interface Way {
  readonly name: string;
  /** Is called when everything was issued, and before anything is used. */
  prepare(settings: StoreSettings, file: string): Promise<unknown>;
  begin(settings: StoreSettings, file: string, store: Store): Promise<unknown>;
}

const ways: readonly Way[] = [
  {
    name: 'a backup that was restored',
    prepare: (settings, file) => backUp(settings, file, { encryption: {}, now: Date.now() }),
    begin: (settings, file) =>
      restoreBackup(settings, file, { decryption: {}, replace: true, now: Date.now(), settle: 0 }),
  },
  {
    name: 'a new epoch',
    prepare: async () => undefined,
    begin: (_settings, _file, store) => beginEpoch(store, Date.now()),
  },
];

const cases = kindsOfPlace.flatMap((kind) => ways.map((way) => [way.name, kind.name, { kind, way }] as const));

describe.each(cases)('%s, on the %s store', (_way, _kind, { kind, way }) => {
  let place: StorePlace;
  let dir: string;
  let node: TestNode;
  let epoch: number;
  let ahead = 0;
  const clock = (): number => seconds() + ahead;
  const endpoint = (name: string): string => `${node.issuer}/oauth2/v1/${name}`;
  const returning = () => ({ node, clock });

  /** What was issued before. */
  let user: TestUser;
  const browser = new UserAgent();
  let signedIn: Returned;
  let tokens: { readonly access: string; readonly refresh: string };
  let unused: Returned;
  let used: { readonly origin: Returned; readonly device: string; readonly pushed: string };
  let usedCode: string;
  let mailed: { readonly signIn: SignIn; readonly code: string; readonly link: string };
  let proof: string;
  let assertion: string;
  let paper: { readonly who: Holder; readonly recovery: Readonly<Record<string, string>> };
  let temporary: { readonly who: Holder; readonly fields: Readonly<Record<string, string>> };
  const remembering = new UserAgent();
  let remembered: TestUser;

  async function prove(iat = seconds()): Promise<string> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    return new SignJWT({ htm: 'POST', htu: endpoint('token'), jti: randomUUID(), iat })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
      .sign(privateKey);
  }

  function assert(claims: Readonly<Record<string, unknown>>): Promise<string> {
    const about = { iss: 'keyed', sub: 'keyed', aud: node.issuer, jti: randomUUID() };
    return new SignJWT({ ...about, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(keyOfApp.privateKey);
  }

  const present = async (client_assertion: string): Promise<number> => {
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const fields = { token: 'x', client_id: 'keyed', client_assertion, client_assertion_type };
    return (await post(endpoint('introspect'), fields)).status;
  };

  const redeemWith = async (from: Returned, dpop: string) => {
    const fields = {
      grant_type: 'authorization_code',
      client_id: 'one',
      redirect_uri: redirectUri,
      code: new URL(from.page.url).searchParams.get('code') ?? '',
      code_verifier: from.request.verifier,
    };
    return post(endpoint('token'), fields, { dpop });
  };

  async function upTo(app: string, who: { readonly identifier: string }): Promise<SignIn> {
    const begun = await beginSignIn(node, app);
    const fields = { identifier: who.identifier, 'credentials.passcode': '' };
    return { ...begun, page: await answerStep(begun.agent, begun.page, fields) };
  }

  async function pushRequest(): Promise<string> {
    const { url } = authorization(node.issuer, 'one');
    const { body } = await post(endpoint('par'), new URL(url).searchParams);
    return `${endpoint('authorize')}?client_id=one&request_uri=${encodeURIComponent(String(body.request_uri))}`;
  }

  async function issueEverything(): Promise<void> {
    user = await userWithTotp(node);
    remembered = await userWithTotp(node);
    signedIn = await signInTo(returning(), 'one', { agent: browser, user });
    const issued = (await signedIn.tokens()).tokens;
    tokens = { access: issued?.access_token ?? '', refresh: issued?.refresh_token ?? '' };
    unused = await signInTo(returning(), 'one', { agent: new UserAgent(), user });
    const device = await waitingDevice(node, 'one');
    await confirmDevice(node, device, browser);
    used = {
      origin: await signInTo(returning(), 'one', { agent: new UserAgent(), user }),
      device: device.deviceCode,
      pushed: await pushRequest(),
    };
    await mailWaits();
    const who = await holder(node, 'recovery code');
    const other = await holder(node, 'access code');
    paper = { who, recovery: await who.answer('recovery code', signedIn.page, browser) };
    temporary = { who: other, fields: await other.answer('access code', signedIn.page, browser) };
    proof = await prove();
    assertion = await assert({ iat: seconds(), exp: seconds() + 600 });
    await signInTo(returning(), 'vault', { agent: remembering, user: remembered, ticked: ['remember.device'] });
  }

  async function mailWaits(): Promise<void> {
    const who = await holder(node, 'email');
    const signIn = await upTo('mail', who);
    const message = await mailTo(node, who.identifier);
    mailed = { signIn, code: codeIn(message), link: linkIn(message) };
  }

  /** Uses what counts once, so that each was used before the epoch, whatever the backup knows of it. */
  async function useEverything(): Promise<void> {
    usedCode = await generate({ secret: user.totp ?? '', epoch: clock() });
    const begun = await signInTo(returning(), 'vault', { agent: new UserAgent(), user: { ...user, step: 0 } });
    expect(begun.where).toBe('code');
    expect((await redeemWith(used.origin, proof)).status).toBe(200);
    expect(await present(assertion)).toBe(200);
    const [onPaper, byCode] = [await upTo('paper', paper.who), await upTo('paper', temporary.who)];
    expect(currentStep(await answerStep(onPaper.agent, onPaper.page, paper.recovery))).toBe('code');
    expect(currentStep(await answerStep(byCode.agent, byCode.page, temporary.fields))).toBe('code');
    expect((await fetch(endpoint('userinfo'), { headers: { authorization: `Bearer ${tokens.access}` } })).status).toBe(
      200,
    );
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stepgate-epoch-'));
    place = await kind.make();
    const store = await place.connect();
    node = await startNode({ store, demo: true, files, now: clock });
    await issueEverything();
    const file = join(dir, 'a.backup');
    await way.prepare(place.settings, file);
    await useEverything();
    await way.begin(place.settings, file, store);
    epoch = Math.floor((await readState(store)).state.epoch / 1000);
  });
  afterAll(async () => {
    await node?.stop();
    await place?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('the session has ended: the browser is asked again', async () => {
    expect(
      (await signInTo(returning(), 'one', { agent: browser, user: { ...user, password: 'wrong' } })).asked,
    ).toContain('identify');
  });

  test('tokens that were stored, and codes, lead to nothing', async () => {
    const info = await fetch(endpoint('userinfo'), { headers: { authorization: `Bearer ${tokens.access}` } });
    expect(info.status).toBe(401);
    expect(await refresh(node.origin, 'one', tokens.refresh)).toMatchObject({ error: 'invalid_grant' });
    for (const { request, page } of [signedIn, unused, used.origin])
      expect(await redeemCode(node.origin, request, page.url)).toMatchObject({ error: 'invalid_grant' });
    const waiting = { clientId: 'one', deviceCode: used.device, userCode: '' };
    expect(await pollTokens(node, waiting)).toMatchObject({ error: 'invalid_grant' });
    expect((await new UserAgent().open(used.pushed, {}, redirectUri)).status).toBe(400);
  });

  test('the time step of an authenticator app no longer counts; a later one does', async () => {
    const { agent, page } = await upTo('vault', user);
    const asked = await answerStep(agent, page, { 'credentials.passcode': user.password });
    expect(currentStep(asked)).toBe('challenge:totp');
    const refused = await answerStep(agent, asked, { 'credentials.passcode': usedCode });
    expect(refused.messages).toEqual(['credentials.used']);
    ahead = 90;
    const later = await generate({ secret: user.totp ?? '', epoch: clock() });
    expect(currentStep(await answerStep(agent, refused, { 'credentials.passcode': later }))).toBe('code');
    ahead = 0;
  });

  test('a code and a link that were mailed are void, and new ones count', async () => {
    const answered = await answerStep(mailed.signIn.agent, mailed.signIn.page, { 'credentials.passcode': mailed.code });
    expect(currentStep(answered)).not.toBe('code');
    expect((await mailed.signIn.agent.open(mailed.link)).messages).toEqual(['magic_link.over']);
    const other = await holder(node, 'email');
    const again = await upTo('mail', other);
    const fields = await other.answer('email', again.page, again.agent);
    expect(currentStep(await answerStep(again.agent, again.page, fields))).toBe('code');
  });

  test('a temporary access code is void; recovery codes stay', async () => {
    const code = await upTo('paper', temporary.who);
    const ended = code.page.forms.length > 0 ? await answerStep(code.agent, code.page, temporary.fields) : code.page;
    expect(currentStep(ended)).not.toBe('code');
    const page = await upTo('paper', paper.who);
    const left = await paper.who.answer('recovery code', page.page, page.agent);
    expect(currentStep(await answerStep(page.agent, page.page, left))).toBe('code');
    const account = await node.app.directory.get(paper.who.id);
    expect(account?.credentials.map(({ authenticator }) => authenticator)).toEqual([recoveryCodeKey]);
  });

  test('a browser is no longer remembered', async () => {
    const { asked } = await signInTo(returning(), 'vault', { agent: remembering, user: remembered });
    expect(asked).toContain('challenge:totp');
  });

  test('a DPoP proof from before is refused, one that is made afterwards counts', async () => {
    const fresh = () => signInTo(returning(), 'one', { agent: new UserAgent(), user });
    expect((await redeemWith(await fresh(), proof)).body.error).toBe('invalid_grant');
    expect((await redeemWith(await fresh(), await prove(epoch + 10))).body.error).toBe('invalid_grant');
    expect((await redeemWith(await fresh(), await prove(epoch + 11))).status).toBe(200);
  });

  test('a client assertion from before is refused, dated or not; one that is made afterwards counts', async () => {
    expect(await present(assertion)).toBe(401);
    expect(await present(await assert({ iat: epoch, exp: epoch + 600 }))).toBe(401);
    expect(await present(await assert({ exp: epoch + 600 }))).toBe(401);
    expect(await present(await assert({ exp: epoch + 3 * 3600 }))).toBe(401);
    expect(await present(await assert({ iat: epoch + 11, exp: epoch + 600 }))).toBe(200);
  });
});
