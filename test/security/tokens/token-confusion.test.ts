/**
 * What is handed out for one thing is worth nothing for another: every value that was handed out is put
 * into every input that takes one. None is taken, and none is used up: afterwards each still works where it belongs.
 */
import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { claimsOf } from '../../support/clients/raw-client.ts';
import { beginSignIn, currentStep } from '../../support/clients/sign-in-flow.ts';
import { accountInputs } from '../../support/token-confusion/account-inputs.ts';
import { app } from '../../support/token-confusion/apps.ts';
import { cookieInputs, signedCookies } from '../../support/token-confusion/cookie-inputs.ts';
import { endpointInputs } from '../../support/token-confusion/endpoint-inputs.ts';
import { enrollmentInputs } from '../../support/token-confusion/enrollment-inputs.ts';
import { type FlowsInProgress, openFlows } from '../../support/token-confusion/flows-in-progress.ts';
import { briefIn, cookieAt, type Values, valuesOf } from '../../support/token-confusion/handed-out-values.ts';
import { signInInputs } from '../../support/token-confusion/sign-in-inputs.ts';
import type { TestedInput } from '../../support/token-confusion/tested-input.ts';

/** In this order the values are put where they belong, in the end. */
const places: readonly TestedInput[] = [
  ...cookieInputs,
  ...signInInputs,
  ...endpointInputs,
  ...enrollmentInputs,
  ...accountInputs,
];

const sixDigits = /^\d{6}$/;

let flows: FlowsInProgress;
beforeAll(async () => {
  flows = await openFlows();
});
afterAll(() => flows?.stop());

/** Lines of the audit log that say that something was proved, changed or granted. */
function successes(from: number, { onTheWay = [] }: TestedInput): readonly string[] {
  const lines = flows.node.audit.slice(from).filter(({ outcome }) => outcome === 'success');
  const events = lines.map(({ event, authenticator }) => (authenticator ? `${event}:${authenticator}` : String(event)));
  return events.filter((event) => !onTheWay.includes(event));
}

test('all values are there, and no two are the same', async () => {
  const values = Object.entries(await valuesOf(flows));
  expect(values.filter(([, value]) => value === '').map(([name]) => name)).toEqual([]);
  const long = values.map(([, value]) => value).filter((value) => !sixDigits.test(value));
  expect(new Set(long).size).toBe(long.length);
});

describe('takes nothing that belongs elsewhere', () => {
  /** These live for a minute: they are put into every place first, and then where they belong. */
  const brief: readonly string[] = ['code', 'request_uri', 'id of a pushed request'];
  const placesOfBrief = endpointInputs.filter(({ takes }) => takes[0] === 'code' || takes[0] === 'request_uri');

  /** Nothing is taken, so they stay the same; what is brief is made anew for each place. */
  let lasting: Values;
  beforeAll(async () => {
    lasting = await valuesOf(flows);
  });

  test.each(places)('$name', async (place) => {
    await flows.renew();
    const values = { ...lasting, ...briefIn(flows) };
    const taken: string[] = [];
    const put = async (names: readonly string[]): Promise<void> => {
      const before = flows.node.audit.length;
      for (const name of names) {
        const value = values[name] ?? '';
        if (place.takes.includes(name) || readsTheSame(name, value, values, place)) continue;
        await flows.forgetCounts();
        const answer = await place.submit(flows, value, values);
        if (!place.refusals.includes(answer)) taken.push(`${name} -> ${place.name}: ${answer}`);
      }
      taken.push(...successes(before, place));
    };
    await put(brief);
    for (const own of placesOfBrief) expect([own.name, await putIn(own, values)]).toEqual([own.name, own.taken]);
    await put(Object.keys(values).filter((name) => !brief.includes(name)));
    expect(taken).toEqual([]);
    // No user was signed in or out.
    const { desk, home, node } = flows;
    expect(currentStep((await beginSignIn(node, { client_id: app, prompt: 'none' }, desk)).page)).toBe(
      'login_required',
    );
    expect(currentStep((await beginSignIn(node, { client_id: app, prompt: 'none' }, home)).page)).toBe('code');
  });

  test('and all values are what they were', async () => {
    // Each visit makes a new secret of this page.
    const { 'secret of the device page': _, ...others } = lasting;
    expect(await valuesOf(flows)).toMatchObject({ ...others, ...briefIn(flows) });
  });
});

/** One in a million codes is another one as well. */
function readsTheSame(name: string, value: string, values: Values, { takes }: TestedInput): boolean {
  return sixDigits.test(value) && takes.some((other) => other !== name && values[other] === value);
}

function putIn(place: TestedInput, values: Values): Promise<string> {
  return place.submit(flows, values[place.takes[0]] ?? '', values);
}

describe('a cookie counts under its own name, with its own signature', () => {
  const pairs = signedCookies.flatMap((from) =>
    signedCookies.map((as) => ({ from, as, name: `${from.name} as ${as.name}` })),
  );

  test.each(pairs.filter(({ from, as }) => from !== as))('$name', async ({ from, as }) => {
    const [foreign, own] = [from.genuine(flows), as.genuine(flows)];
    const refused = await as.send(flows, '');
    const pair = `${as.name}=${foreign.value}`;
    const headers = [
      `${pair}; ${as.name}.sig=${foreign.signature}`,
      `${as.name}=${own.value}; ${as.name}.sig=${foreign.signature}`,
      `${pair}; ${from.name}.sig=${foreign.signature}`,
      `${from.name}=${own.value}; ${from.name}.sig=${own.signature}`,
    ];
    for (const header of headers) expect([header, await as.send(flows, header)]).toEqual([header, refused]);
  });

  test('without a signature, or with one that was changed, none is taken', async () => {
    for (const { name, genuine, send } of signedCookies) {
      const { value, signature } = genuine(flows);
      const refused = await send(flows, '');
      const changed = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      const headers = [
        `${name}=${value}`,
        `${name}=${value}; ${name}.sig=`,
        `${name}=${value}; ${name}.sig=${changed}`,
        `${name}=${value}; ${name}.sig=${value}`,
        `${name}=${value.slice(1)}; ${name}.sig=${signature}`,
        `${name}.sig=${signature}`,
      ];
      for (const header of headers) expect([header, await send(flows, header)]).toEqual([header, refused]);
    }
  });
});

test('a request that is kept for one sign-in is not started again at another', async () => {
  const { desk, node, signIns } = flows;
  const kept = signedCookies.find(({ name }) => name === 'stepgate-request');
  const headerFor = (where: string): string => {
    const part = signIns[where]?.uid ?? '';
    const ends = ['stepgate-request', 'stepgate-request.sig'];
    return ends.map((end) => `${end}=${cookieAt(desk, node.issuer, { end, part })}`).join('; ');
  };
  expect(await kept?.send(flows, headerFor('select, handle'))).toBe('restart');
  expect(await kept?.send(flows, headerFor('challenge:email'))).toBe('account');
});

describe('an ID token or an access token of another issuer', () => {
  const forged: Readonly<Record<string, (claims: Readonly<Record<string, unknown>>, key: JWK) => Promise<string>>> = {
    'without a signature': async (claims) => new UnsecuredJWT(claims).encode(),
    'signed with the public key as a secret': async (claims, key) => {
      const pem = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
      return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: key.kid ?? '' }).sign(Buffer.from(pem));
    },
    'signed with another key of the same name': async (claims, key) => {
      const { privateKey } = await generateKeyPair('RS256');
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid ?? '' }).sign(privateKey);
    },
    'signed with a key that it brings': async (claims, key) => {
      const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
      const jwk = await exportJWK(publicKey);
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid ?? '', jwk }).sign(privateKey);
    },
  };
  const takers = [
    '/oauth2/v1/authorize, id_token_hint',
    '/oauth2/v1/logout, id_token_hint',
    '/oauth2/v1/userinfo, authorization',
  ];

  test.each(Object.keys(forged))('%s', async (how) => {
    const { keys } = (await (await fetch(`${flows.node.issuer}/oauth2/v1/keys`)).json()) as { keys: JWK[] };
    const key = keys.find(({ kty }) => kty === 'RSA') as JWK;
    const values = await valuesOf(flows);
    const token = await forged[how]?.(claimsOf(values['ID token']), key);
    for (const place of places.filter(({ name }) => takers.includes(name))) {
      const answer = await place.submit(flows, token ?? '', values);
      expect([place.name, place.refusals.includes(answer)]).toEqual([place.name, true]);
      if (place.takes.includes('ID token')) expect(await putIn(place, values)).toBe(place.taken);
    }
  });
});

describe('takes afterwards what belongs there', () => {
  let lasting: Values;
  beforeAll(async () => {
    lasting = await valuesOf(flows);
  });

  test.each(places)('$name, $counts', async (place) => {
    await flows.renew();
    await flows.forgetCounts();
    // A form of the account that is taken changes those of the others.
    const values = accountInputs.includes(place) ? await valuesOf(flows) : { ...lasting, ...briefIn(flows) };
    expect(await putIn(place, values)).toBe(place.taken);
    const second = await putIn(place, values);
    if (place.counts === 'always') expect(second).toBe(place.taken);
    else expect(second).not.toBe(place.taken);
  });
});
