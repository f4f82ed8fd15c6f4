/** Sign in by mail on both stores: by the code, by the link, and by nothing that must not work. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attemptCounter } from '../../../src/stores/keys.ts';
import { type OpenNode, openNode } from '../../support/clients/authorize.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  type SignIn,
  signOnPolicy,
  storedTransaction,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import {
  allMailTo,
  codeIn,
  linkIn,
  mailTo,
  maySendAgain,
  otherThan,
  passwordless,
  reader,
} from '../../support/messages/mail.ts';
import { startSilentServer } from '../../support/messages/smtp.ts';
import { mainForm, type Page, UserAgent, withoutTimeLeft } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { beginIdentified } from '../../support/users/prove-capabilities.ts';
import { unknownAddressesWith } from '../../support/users/unknown-users.ts';
import { until } from '../../support/values/until.ts';

const withoutTrailing = (page: Page): string => withoutTimeLeft(page.html).replace(/stateHandle" value="[^"]*"/g, '');

describe.each(storesUnderTest)('on the $name store', (store) => {
  let opened: OpenNode;
  let node: TestNode;
  let second: TestNode;
  let clock = 0;
  const now = (): number => Math.floor(Date.now() / 1000) + clock;

  beforeAll(async () => {
    opened = await openNode(store, {
      demo: true,
      now,
      authenticators: ['password', 'totp', 'email'],
      files: passwordless,
    });
    node = opened.node;
    second = await opened.second();
  });
  afterAll(() => opened.stop());

  /** As far as the page that asks for the code. */
  const asked = (identifier: string, agent = new UserAgent()) =>
    beginIdentified({ issuer: node.issuer, agent }, 'notes', { identifier });
  const code = (value: string) => ({ 'credentials.passcode': value });
  /** Time goes on, so that another message may be sent. */
  const wait = (seconds: number): void => {
    clock += seconds;
  };

  test('by code: one page, one message, true evidence', async () => {
    const user = await reader(node);
    const { agent, page } = await asked(user.identifier);
    expect(currentStep(page)).toBe('challenge:email');
    expect(page.html).toContain(`${user.address[0]}***${user.address[15]}@d***o.test`);
    const mail = await mailTo(node, user.address);
    expect(mail).toMatchObject({ channel: 'email', subject: 'Sign in to Notes' });
    expect(Number.isNaN(Date.parse(mail.at))).toBe(false);
    const done = await answerStep(agent, page, code(` ${codeIn(mail).slice(0, 3)} ${codeIn(mail).slice(3)} `));
    expect(currentStep(done)).toBe('code');
    expect(
      node.audit.findLast(({ subject, event }) => subject === user.id && event === 'sign_in.completed'),
    ).toMatchObject({ amr: ['email'] });
    expect(
      node.audit.find((line) => line.subject === user.id && line.event === 'authenticator.verified'),
    ).toMatchObject({
      factors: ['possession'],
    });
    expect(await allMailTo(node, user.address)).toHaveLength(1);
  });

  test('by link, in the browser that asked: a question first, then signed in, then it is used', async () => {
    const user = await reader(node);
    const { agent, page } = await asked(user.identifier);
    const link = linkIn(await mailTo(node, user.address));
    expect(link.startsWith(`${node.issuer}/signin/`)).toBe(true);
    const landed = await agent.open(link);
    expect(landed.html).toContain('Sign in to <bdi>Notes</bdi>?');
    expect(landed.forms).toHaveLength(1);
    expect(landed.headers.get('set-cookie')).toBeNull();
    expect(currentStep(await agent.submit(landed, landed.forms[0]))).toBe('code');
    const again = await agent.open(link);
    expect([again.status, again.messages]).toEqual([410, ['magic_link.over']]);
    const stale = await answerStep(agent, page, code('123456'));
    expect(stale.status).toBe(410);
  });

  test('programs that open links change nothing: GET, HEAD, five at once, prefetch', async () => {
    const user = await reader(node);
    const { agent, page, uid } = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    const before = await storedTransaction(node, uid);
    const scanners = [
      ...Array.from({ length: 5 }, () => fetch(linkIn(mail))),
      fetch(linkIn(mail), { method: 'HEAD' }),
      fetch(linkIn(mail), { headers: { 'sec-purpose': 'prefetch' } }),
      agent.send(linkIn(mail)),
      agent.send(linkIn(mail), { method: 'HEAD' }),
    ];
    for (const response of await Promise.all(scanners)) {
      expect(response.status).toBe(200);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    }
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await agent.send(linkIn(mail), { method })).status).toBeGreaterThanOrEqual(400);
    expect(await storedTransaction(node, uid)).toEqual(before);
    expect(currentStep(await answerStep(agent, page, code(codeIn(mail))))).toBe('code');
  });

  test('in another browser the link signs in no user: it shows the code, and who asked', async () => {
    const user = await reader(node);
    const agent = new UserAgent({
      headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0' },
    });
    const { page } = await asked(user.identifier, agent);
    const mail = await mailTo(node, user.address);
    const elsewhere = new UserAgent();
    const landed = await elsewhere.open(linkIn(mail));
    expect(landed.forms).toEqual([]);
    expect(landed.messages).toEqual(['magic_link.elsewhere']);
    expect(landed.html).toContain(`data-code>${codeIn(mail)}<`);
    expect(landed.html).toMatch(/Firefox<\/bdi> on <bdi>Linux/);
    expect(landed.html).toMatch(/127\.0\.0\.1|::1/);
    expect(elsewhere.cookies(node.issuer)).toEqual([]);
    expect(mail.text).toMatch(/Requested from Firefox on Linux/);
    expect(currentStep(await answerStep(agent, page, code(codeIn(mail))))).toBe('code');
  });

  test('a sign-in of another user in the same browser does not take the link either', async () => {
    const [victim, attacker] = [await reader(node), await reader(node)];
    await asked(attacker.identifier);
    const planted = linkIn(await mailTo(node, attacker.address));
    const own = await asked(victim.identifier);
    const landed = await own.agent.open(planted);
    expect([landed.forms, landed.messages]).toEqual([[], ['magic_link.elsewhere']]);
    expect(currentStep(await own.agent.open(own.page.url))).toBe('challenge:email');
  });

  test('a resend kills the older code and the older link, and does not give new attempts', async () => {
    const user = await reader(node);
    const { agent, page } = await asked(user.identifier);
    const first = await mailTo(node, user.address);
    for (let tries = 0; tries < 3; tries += 1)
      expect((await answerStep(agent, page, code(otherThan(codeIn(first))))).messages).toEqual(['credentials.invalid']);
    const early = await agent.submit(page, formOf(page, 'resend'));
    expect([early.status, early.messages]).toEqual([429, ['resend.exceeded']]);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(early.html).toMatch(/The last one still works/);
    // Nothing was sent, so the first one still counts, and can be entered on this very page.
    expect((await agent.open(linkIn(first))).status).toBe(200);
    expect(currentStep(await answerStep(agent, early, code(codeIn(first))))).toBe('code');
  });

  test('a user who chooses another option and comes back finds the message that was sent, and no second one is sent', async () => {
    await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1 } } }));
    const user = await reader(node);
    await node.app.directory.amend(user.id, () => ({
      credentials: [
        {
          authenticator: 'totp',
          factors: ['possession'],
          characteristics: ['userPresence', 'deviceBound'],
          secret: { key: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', step: 0 },
        },
      ],
    }));
    const { agent, page } = await asked(user.identifier);
    const to = async (at: Page, key: string) => agent.submit(at, formOf(at, 'select'), { 'authenticator.id': key });
    const mailed = currentStep(page) === 'challenge:email' ? page : await to(page, 'email');
    const sent = codeIn(await mailTo(node, user.address));
    const elsewhere = await to(mailed, 'totp');
    expect(currentStep(elsewhere)).toBe('challenge:totp');
    const back = await to(elsewhere, 'email');
    expect([currentStep(back), back.status, back.messages]).toEqual(['challenge:email', 200, []]);
    const still = await to(back, 'nothing_like_it');
    expect([currentStep(still), still.messages]).toEqual(['challenge:email', []]);
    const done = await answerStep(agent, await to(still, 'email'), code(sent));
    expect(currentStep(done)).toBe('code');
    expect(await allMailTo(node, user.address)).toHaveLength(1);
    await node.configure(passwordless);
  });

  test('a newer message takes the place of the older one', async () => {
    const user = await reader(node);
    const { agent, page } = await asked(user.identifier);
    const first = await mailTo(node, user.address);
    await maySendAgain(node, user.id);
    const again = await agent.submit(page, formOf(page, 'resend'));
    expect([again.status, again.messages]).toEqual([200, ['sent.again']]);
    const newest = await mailTo(node, user.address, 2);
    expect(linkIn(newest)).not.toBe(linkIn(first));
    expect((await agent.open(linkIn(first))).messages).toEqual(['magic_link.replaced']);
    if (codeIn(first) !== codeIn(newest))
      expect((await answerStep(agent, again, code(codeIn(first)))).messages).toEqual(['credentials.invalid']);
    expect(currentStep(await answerStep(agent, again, code(codeIn(newest))))).toBe('code');
  });

  test('five guesses in all: not per transaction, node or message; the right code then no longer counts either', async () => {
    const user = await reader(node);
    let evaluated = 0;
    let last = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    for (let tries = 0; tries < 12; tries += 1) {
      const agent = tries % 2 ? last.agent.via({ [node.issuer]: second.origin }) : last.agent;
      const page = await answerStep(agent, last.page, code(otherThan(codeIn(mail))));
      if (page.messages.includes('credentials.invalid')) evaluated += 1;
      else expect([page.status, page.messages]).toEqual([429, ['attempts.exceeded']]);
      if (tries === 3) last = { ...last, ...(await asked(user.identifier.toUpperCase(), new UserAgent())) };
    }
    expect(evaluated).toBe(5);
    const refused = await answerStep(last.agent, last.page, code(codeIn(mail)));
    expect(refused.messages).toEqual(['attempts.exceeded']);
  });

  test('another sign-in gets a message at once, and only sending again waits; one mailbox gets ten in an hour from whomever', async () => {
    const user = await reader(node);
    await asked(user.identifier);
    const other = await asked(user.identifier);
    expect([currentStep(other.page), other.page.messages]).toEqual(['challenge:email', []]);
    expect(codeIn(await mailTo(node, user.address, 2))).toMatch(/^\d{6}$/);
    const soon = await other.agent.submit(other.page, formOf(other.page, 'resend'));
    expect([soon.status, soon.messages]).toEqual([429, ['resend.exceeded']]);
    for (let round = 0; round < 3; round += 1) await asked(user.identifier);
    const { page, agent } = await asked(user.identifier);
    expect([currentStep(page), page.messages]).toEqual(['challenge:email', ['send.exceeded']]);
    expect(page.html).not.toContain('We sent');
    expect((await agent.submit(page, formOf(page, 'resend'))).messages).toEqual(['send.exceeded']);
    const flooded = await reader(node);
    for (let round = 0; round < 12; round += 1) {
      await asked(flooded.identifier);
      await maySendAgain(node, flooded.id);
    }
    const last = await reader(node);
    await asked(last.identifier);
    await mailTo(node, last.address);
    expect(await allMailTo(node, user.address)).toHaveLength(5);
    expect(await allMailTo(node, flooded.address)).toHaveLength(10);
  });

  test('a used code, and a code of another transaction, do not count', async () => {
    const user = await reader(node);
    const first = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    await maySendAgain(node, user.id);
    const other = await asked(user.identifier);
    if (codeIn(await mailTo(node, user.address, 2)) !== codeIn(mail))
      expect((await answerStep(other.agent, other.page, code(codeIn(mail)))).messages).toEqual(['credentials.invalid']);
    const [one, two] = await Promise.all([
      answerStep(first.agent, first.page, code(codeIn(mail))),
      answerStep(first.agent.via({ [node.issuer]: second.origin }), first.page, code(codeIn(mail))),
    ]);
    expect([currentStep(one), currentStep(two)]).toContain('code');
    const completed = [...node.audit, ...second.audit].filter(
      ({ subject, event }) => subject === user.id && event === 'authenticator.verified',
    );
    expect(completed).toHaveLength(1);
  });

  test('a code and a link that are too old', async () => {
    const user = await reader(node);
    const { agent, page } = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    wait(601);
    try {
      expect((await agent.open(linkIn(mail))).messages).toEqual(['magic_link.expired']);
      expect((await answerStep(agent, page, code(codeIn(mail)))).messages[0]).toBe('challenge.expired');
      // The next code, which would be under way for ten minutes otherwise.
      await mailTo(node, user.address, 2);
    } finally {
      clock = 0;
    }
  });

  test('unknown users see the same pages, get the same refusals, and get no mail', async () => {
    const user = await reader(node, {}, 'user-known-17');
    const known = await asked(user.identifier);
    const addresses = unknownAddressesWith('email', 6, 'user-unknown');
    const mailed = await Promise.all(addresses.map((address) => asked(address)));
    expect(mailed.map(({ page }) => currentStep(page))).toEqual(mailed.map(() => 'challenge:email'));
    const anonymous = ({ page, uid }: SignIn, text = page): string =>
      withoutTrailing(text)
        .replaceAll(uid, 'uid')
        .replace(/user-\w+-\d+/g, 'x')
        // Of a masked address the first and the last letter show.
        .replace(/u\*{3}\d@/g, 'masked@');
    const shapes = new Set(mailed.map((signIn) => anonymous(signIn)));
    expect(shapes).toContain(anonymous(known));
    for (const signIn of mailed.slice(0, 3)) {
      const refused = await answerStep(signIn.agent, signIn.page, code('123456'));
      expect([refused.status, refused.messages]).toEqual([422, ['credentials.invalid']]);
      const early = await signIn.agent.submit(signIn.page, formOf(signIn.page, 'resend'));
      expect([early.status, early.messages]).toEqual([429, ['resend.exceeded']]);
    }
    await mailTo(node, user.address);
    expect((await allMailTo(node)).filter(({ to }) => to.includes('unknown'))).toEqual([]);
  });

  test('no token of another kind opens the page of a link, and none of it is consumed', async () => {
    const user = await reader(node);
    const { agent, page, uid } = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    const handle = mainForm(page)?.fields.stateHandle ?? '';
    const wrong = [uid, handle, handle.split('.').at(-1) ?? '', codeIn(mail), 'x'.repeat(43), '', `${linkIn(mail)}x`];
    for (const token of wrong) {
      const landed = await agent.open(`${node.issuer}/signin/${uid}/link?t=${encodeURIComponent(token)}`);
      expect([landed.status, landed.messages]).toEqual([410, ['magic_link.replaced']]);
    }
    expect((await agent.send(`${node.issuer}/signin/${uid}/link`)).status).toBe(404);
    const token = new URL(linkIn(mail)).searchParams.get('t') ?? '';
    const elsewhere = await asked((await reader(node)).identifier);
    const crossed = await elsewhere.agent.open(`${node.issuer}/signin/${elsewhere.uid}/link?t=${token}`);
    expect(crossed.messages).toEqual(['magic_link.replaced']);
    for (const value of [token, handle]) {
      const refused = await answerStep(agent, page, code(value));
      expect(refused.messages).toEqual(['credentials.malformed']);
    }
    expect(currentStep(await answerStep(agent, page, code(codeIn(mail))))).toBe('code');
  });

  test('the page that waits learns that the sign-in went on, and that it is over; strangers learn nothing', async () => {
    const user = await reader(node);
    const { agent, page, uid } = await asked(user.identifier);
    const status = async (who: UserAgent) => (await who.send(`${node.issuer}/signin/${uid}/status`)).json();
    const version = Number(/data-version="(\d+)"/.exec(page.html)?.[1]);
    expect(await status(agent)).toEqual({ version, state: 'open' });
    expect(await status(new UserAgent())).toEqual({ version: 0, state: 'over' });
    await answerStep(agent, page, code(codeIn(await mailTo(node, user.address))));
    expect(await status(agent)).toEqual({ version: 0, state: 'over' });
  });

  test('mail is in the language of the user', async () => {
    const user = await reader(node, { locale: 'de-AT' });
    await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    expect(mail.subject).toBe('Anmelden bei Notes');
    expect(mail.text).toContain('Minuten ab');
    expect(mail.html).toContain('<html lang="de" dir="ltr">');
  });

  test('nothing that was sent is in a page, in the log or in the transaction', async () => {
    const user = await reader(node);
    const { page, uid } = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    const token = new URL(linkIn(mail)).searchParams.get('t') ?? '';
    const kept = (await storedTransaction(node, uid))?.value ?? '';
    for (const text of [page.html, kept, JSON.stringify(node.audit)]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(`"${codeIn(mail)}"`);
    }
  });

  test('an address is enrolled in two stages, after the strongest proof there is; then it is the second factor', async () => {
    await node.configure(
      signOnPolicy('payroll', {
        then: {
          allow: {
            factors: 2,
            knowledge: { authenticators: ['password'] },
            possession: { authenticators: ['email'] },
          },
        },
      }),
    );
    const user = await userWithPassword(node);
    const address = `new-${user.identifier}`;
    const { agent, page } = await beginSignIn(node, 'payroll');
    const offered = await answerStep(agent, page, {
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    expect(currentStep(offered)).toBe('enroll:email');
    for (const wrong of ['', 'nobody', 'a@b@c', 'a@x.test\r\nBcc: b@x.test', 'a@x.test,b@x.test', '"a"<b@x.test>']) {
      const refused = await answerStep(agent, offered, { 'credentials.email': wrong });
      expect(refused.messages).toEqual([wrong === '' ? 'email.required' : 'email.invalid']);
      await node.store.commit([{ op: 'reset', counter: attemptCounter(user.id, 'email.enroll') }]);
    }
    const sent = await answerStep(agent, offered, { 'credentials.email': address });
    expect(currentStep(sent)).toBe('enroll:email');
    expect(sent.html).toContain(address);
    const mail = await mailTo(node, address);
    expect([mail.subject, linkIn(mail)]).toEqual(['Confirm your email address', '']);
    const wrong = await answerStep(agent, sent, code(otherThan(codeIn(mail))));
    expect(wrong.messages).toEqual(['credentials.invalid']);
    await maySendAgain(node, user.id);
    const again = await agent.submit(wrong, formOf(wrong, 'resend'));
    expect(again.messages).toEqual(['sent.again']);
    const newest = await mailTo(node, address, 2);
    expect(currentStep(await answerStep(agent, again, code(codeIn(newest))))).toBe('code');
    expect(eventsOf(node, user.id)).toContain('authenticator.enrolled:email');
    const next = await beginSignIn(node, 'payroll');
    const challenged = await answerStep(next.agent, next.page, {
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    expect(currentStep(challenged)).toBe('challenge:email');
  });
});

test('a page does not wait for a mail server that hangs', async () => {
  const silent = await startSilentServer();
  const settings = {
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { email: { enabled: true } },
    mail: { from: 'id@acme.test', smtp: { host: '127.0.0.1', port: silent.port, requireTls: false } },
  };
  const node = await startNode({
    authenticators: ['password', 'email'],
    files: { ...passwordless, 'stepgate.yaml': JSON.stringify(settings) },
  });
  try {
    node.app.outbox.start();
    const user = await reader(node);
    const agent = new UserAgent();
    const { page } = await beginSignIn(node, 'notes', agent);
    const first = await answerStep(agent, page, { identifier: user.identifier });
    await until('the node to be stuck with the mail server', () => silent.connections() > 0);
    // The server still has said nothing, and pages go on.
    expect(currentStep(first)).toBe('challenge:email');
    const other = await beginSignIn(node, 'notes');
    const second = await answerStep(other.agent, other.page, { identifier: (await reader(node)).identifier });
    expect(currentStep(second)).toBe('challenge:email');
  } finally {
    await silent.stop();
    await node.stop();
  }
});
