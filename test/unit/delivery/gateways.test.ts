/** Webhook and Twilio against gateways that take, refuse, redirect, stall and talk without end. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Channel, type OutgoingMessage, TryLater } from '../../../src/delivery/channel.ts';
import { createChannels } from '../../../src/delivery/channels.ts';
import { twilioChannel, twimlOf } from '../../../src/delivery/twilio.ts';
import { webhookChannel } from '../../../src/delivery/webhook.ts';
import { type Gateway, type GatewayAnswer, startGateway } from '../../support/messages/gateway.ts';
import { freePort } from '../../support/servers/free-port.ts';

const now = 1_800_000_000;
const message: OutgoingMessage = {
  id: 'message-1',
  channel: 'sms',
  to: '+4915112345678',
  text: '123456 is your code.\n\n@id.example.org #123456\n',
  brand: 'Acme ID',
  locale: 'en',
  expires: now + 600,
};
const call: OutgoingMessage = {
  ...message,
  channel: 'voice',
  text: 'Hello & <welcome>.\nOnce more: 1, 2, 3.\n',
  locale: 'de',
};
const key = Buffer.alloc(32, 7);
const older = Buffer.alloc(24, 8);
const secret = `whsec_${key.toString('base64')}`;

let gateway: Gateway | undefined;
const warnings: string[] = [];
const warn = (text: string): void => void warnings.push(text);
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  warnings.length = 0;
});

async function start(...args: Parameters<typeof startGateway>): Promise<Gateway> {
  gateway = await startGateway(...args);
  return gateway;
}

/** What a receiver that follows the specification of Standard Webhooks checks. */
function isSignedBy(own: Buffer, { headers, body }: Gateway['received'][number]): boolean {
  const expected = createHmac('sha256', own)
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
    .digest();
  const signatures = String(headers['webhook-signature']).split(' ');
  return signatures.some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const kinds: readonly [string, (url: string, timeout?: number) => Channel][] = [
  ['webhook', (url, timeout) => webhookChannel({ url, secret, warn, ...(timeout ? { timeout } : {}) })],
  [
    'Twilio',
    (baseUrl, timeout) =>
      twilioChannel({
        accountSid: 'AC1',
        authToken: 'token',
        from: '+15005550006',
        baseUrl,
        warn,
        now: () => now,
        ...(timeout ? { timeout } : {}),
      }),
  ],
];

describe.each(kinds)('%s', (name, channelTo) => {
  const answered = async (answer: GatewayAnswer): Promise<unknown> => {
    const { url } = await start(() => answer);
    return channelTo(url)
      .send(message)
      .catch((error: unknown) => error);
  };

  test.each([200, 201, 202, 204])('%d: the message was accepted', async (status) => {
    expect(await answered({ status })).toBe('sent');
  });

  test.each([400, 410, 422])(
    '%d: the message is refused for good, and the log says so without its text',
    async (status) => {
      expect(await answered({ status, body: '{"code": 21211, "message": "bad +4915112345678"}' })).toBe('failed');
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain(String(status));
      expect(warnings[0]).not.toMatch(/123456/);
    },
  );

  test.each([408, 429, 500, 502, 503, 504, 599])('%d: another try may succeed', async (status) => {
    const error = await answered({ status });
    expect(error).toBeInstanceOf(TryLater);
    expect((error as TryLater).pause).toBe(0);
    expect(warnings).toEqual([]);
  });

  test('Retry-After is respected, in seconds and as a date', async () => {
    expect(await answered({ status: 429, headers: { 'retry-after': '42' } })).toMatchObject({ pause: 42 });
    await gateway?.stop();
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const { pause } = (await answered({ status: 503, headers: { 'retry-after': date } })) as TryLater;
    expect(pause).toBeGreaterThan(3000);
    await gateway?.stop();
    expect(await answered({ status: 503, headers: { 'retry-after': 'soon' } })).toMatchObject({ pause: 0 });
  });

  test.each([301, 302, 303, 307, 308])('%d: a redirect is not followed', async (status) => {
    const elsewhere = await startGateway();
    try {
      const error = await answered({ status, headers: { location: elsewhere.url } });
      expect(error).toBeInstanceOf(TryLater);
      expect(elsewhere.received).toEqual([]);
    } finally {
      await elsewhere.stop();
    }
  });

  test('a timeout, a refused and a broken connection lead to another try, and the error contains nothing of the message', async () => {
    const { url } = await start(() => 'never');
    const silent = await channelTo(url, 100)
      .send(message)
      .catch((error: unknown) => error);
    const closed = await channelTo(`http://127.0.0.1:${await freePort()}`)
      .send(message)
      .catch((error: unknown) => error);
    expect([silent, closed].map(String)).toEqual([
      expect.stringContaining('no answer: TimeoutError'),
      expect.stringContaining('no answer: ECONNREFUSED'),
    ]);
    for (const error of [silent, closed]) {
      expect(error).toBeInstanceOf(TryLater);
      expect(String(error)).not.toMatch(/\d{6}|token|whsec/);
    }
  });

  test('an endless answer is not read to its end', async () => {
    const { url } = await start(() => 'endless');
    expect(await channelTo(url).send(message)).toBe('sent');
  });

  test('a second try repeats the first', async () => {
    const { url, received } = await start((attempt) => ({ status: attempt === 1 ? 500 : 200 }));
    const channel = channelTo(url);
    await expect(channel.send(message)).rejects.toBeInstanceOf(TryLater);
    expect(await channel.send(message)).toBe('sent');
    expect(received[1]?.body).toBe(received[0]?.body);
    if (name === 'webhook') expect(received[1]?.headers['webhook-id']).toBe(received[0]?.headers['webhook-id']);
  });
});

describe('the webhook', () => {
  test('is signed by every secret, over id, time and body; nothing else signs for it', async () => {
    const { url, received } = await start();
    const both = `${secret}  whsec_${older.toString('base64')}\n`;
    await webhookChannel({ url: `${url}/hooks/sms?x=1`, secret: both, warn }).send(message);
    const [posted] = received;
    if (!posted) throw new Error('nothing came');
    expect(posted.path).toBe('/hooks/sms?x=1');
    expect(posted.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'message-1' });
    const age = Math.abs(Number(posted.headers['webhook-timestamp']) - Date.now() / 1000);
    expect(age).toBeLessThan(300);
    expect([key, older, Buffer.alloc(32, 9)].map((own) => isSignedBy(own, posted))).toEqual([true, true, false]);
    expect(isSignedBy(key, { ...posted, body: posted.body.replace('123456', '654321') })).toBe(false);
    expect(JSON.parse(posted.body)).toEqual({
      type: 'sms',
      to: '+4915112345678',
      text: message.text,
      locale: 'en',
      brand: 'Acme ID',
      expires: new Date((now + 600) * 1000).toISOString(),
    });
  });

  test('marks a call as a call', async () => {
    const { url, received } = await start();
    await webhookChannel({ url, secret, warn }).send(call);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ type: 'voice', locale: 'de' });
  });

  test('refuses a secret that is missing, too short, too long or not Base64', () => {
    const bad = ['', ' ', 'secret', 'whsec_', `whsec_${Buffer.alloc(23).toString('base64')}`, `${secret} other`];
    for (const one of [...bad, `whsec_${Buffer.alloc(65).toString('base64')}`, 'whsec_!!!!'])
      expect(() => webhookChannel({ url: 'http://127.0.0.1', secret: one, warn })).toThrow(/whsec_/);
  });
});

describe('Twilio', () => {
  const options = { accountSid: 'AC1', authToken: 'to:ken', warn, now: () => now } as const;
  const form = (body: string | undefined) => Object.fromEntries(new URLSearchParams(body));

  test('takes a text message as a form, with the time after which it is of no use', async () => {
    const { url, received } = await start();
    await twilioChannel({ ...options, from: 'Acme', baseUrl: `${url}/api/` }).send(message);
    const [posted] = received;
    expect(posted?.path).toBe('/api/2010-04-01/Accounts/AC1/Messages.json');
    expect(posted?.headers.authorization).toBe(`Basic ${Buffer.from('AC1:to:ken').toString('base64')}`);
    expect(form(posted?.body)).toEqual({
      To: '+4915112345678',
      From: 'Acme',
      Body: '123456 is your code.\n\n@id.example.org #123456',
      ValidityPeriod: '600',
    });
  });

  test('picks the sender by messaging service', async () => {
    const { url, received } = await start();
    await twilioChannel({ ...options, messagingServiceSid: 'MG1', baseUrl: url }).send(message);
    expect(form(received[0]?.body)).toMatchObject({ MessagingServiceSid: 'MG1' });
    expect(form(received[0]?.body)).not.toHaveProperty('From');
  });

  test('calls, and reads each line in its language', async () => {
    const { url, received } = await start();
    await twilioChannel({ ...options, from: '+15005550006', baseUrl: url }).send(call);
    expect(received[0]?.path).toBe('/2010-04-01/Accounts/AC1/Calls.json');
    expect(form(received[0]?.body)).toEqual({
      To: '+4915112345678',
      From: '+15005550006',
      Twiml:
        '<?xml version="1.0" encoding="UTF-8"?><Response><Say language="de-DE">Hello &amp; &lt;welcome&gt;.</Say>' +
        '<Pause length="1"/><Say language="de-DE">Once more: 1, 2, 3.</Say></Response>',
    });
  });

  test('no text becomes markup', () => {
    const hostile = '</Say><Dial>+1900</Dial>\u0000\u0007" & \ud800';
    const twiml = twimlOf(hostile, 'en');
    expect(twiml.match(/<\/?(\w+)/g)).toEqual(['<Response', '<Say', '</Say', '</Response']);
    expect(twiml).not.toMatch(/\p{Cc}/u);
    expect(twiml).toContain('language="en-US"');
  });

  test.each([401, 403, 404])(
    '%d is about our account, not about the message: another try may succeed',
    async (status) => {
      const { url } = await start(() => ({ status, body: '{"code":20003}' }));
      const error = await twilioChannel({ ...options, from: 'Acme', baseUrl: url })
        .send(message)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TryLater);
      expect(String(error)).toContain(`${status}, error 20003`);
    },
  );

  test.each([21211, 21610, 21614])('error %d is final, and named in the log', async (code) => {
    const { url } = await start(() => ({ status: 400, body: JSON.stringify({ code, message: 'x', status: 400 }) }));
    expect(await twilioChannel({ ...options, from: 'Acme', baseUrl: url }).send(message)).toBe('failed');
    expect(warnings).toEqual([`the message message-1 was refused: the gateway answered 400, error ${code}`]);
  });
});

describe('the channels', () => {
  const twilio = { accountSid: 'AC1', authTokenEnv: 'TOKEN', from: '+15005550006' };

  test('are built from settings and environment, each by itself', async () => {
    const { url, received } = await start();
    const channels = createChannels({
      settings: () => ({
        sms: { webhook: { url: `${url}/hook`, secretEnv: 'SECRET' } },
        voice: { twilio: { ...twilio, baseUrl: url } },
      }),
      variables: { SECRET: secret, TOKEN: 'token' },
      warn,
      now: () => now,
    });
    expect(channels.get('sms')).toBe(channels.get('sms'));
    expect(await channels.get('sms')?.send(message)).toBe('sent');
    expect(await channels.get('voice')?.send(call)).toBe('sent');
    expect(received.map(({ path }) => path)).toEqual(['/hook', '/2010-04-01/Accounts/AC1/Calls.json']);
    expect(channels.get('email')).toBeUndefined();
    channels.close();
  });

  test('without the secret that the settings name there is none, and no inbox in its place', () => {
    const inbox = { send: async () => 'sent' as const };
    const channels = createChannels({
      settings: () => ({ sms: { webhook: { url: 'http://127.0.0.1', secretEnv: 'SECRET' } }, voice: { twilio } }),
      variables: { TOKEN: '' },
      inbox,
      warn,
      now: () => now,
    });
    expect(() => channels.get('sms')).toThrow('the environment variable SECRET is not set');
    expect(() => channels.get('voice')).toThrow('the environment variable TOKEN is not set');
    expect(() => channels.get('sms')).toThrow('the environment variable SECRET is not set');
  });
});
