/**
 * What `config diff` says of browsers that remember a second factor, of users in a store: just what changes in the
 * sign-ins of each user, walked by the evaluator in a known browser that remembers one of the user's proofs or none.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AppSide, comparedApps } from '../../../../../src/cli/config/diff/compared/app-pairs.ts';
import { nextConfiguration } from '../../../../../src/cli/config/diff/compared/compared-configuration.ts';
import { configDiff } from '../../../../../src/cli/config/diff/config-diff.ts';
import { factsIn } from '../../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import type { Facts, RememberedProof, Subject } from '../../../../../src/core/model/facts.ts';
import { everyWay } from '../../../../core/support/every-way.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { load, validFiles } from '../../../policy/support/configuration-dir.ts';
import { type StoredUser, storedAlone } from '../../support/compared-users.ts';
import { enrollment, password, settings, signOn, totp, webauthn } from '../../support/diff-harness.ts';
import { authenticators } from '../../support/users-told-of.ts';

const now = Date.UTC(2027, 0, 15, 12) / 1000;

const users: StoredUser[] = [];

beforeAll(async () => {
  for (const others of [[totp], [webauthn], [totp, webauthn]]) {
    const user = { identifiers: ['u'], groups: [], credentials: [password, ...others] };
    users.push(await storedAlone(user, { created: now, now }));
  }
});
afterAll(() => Promise.all(users.map(({ terminal }) => terminal.store.close())));

/** With many values, the other keys would change nothing. */
function mostly<Value>(usual: Value, ...others: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

interface AppRule {
  readonly name: string;
  readonly when?: object;
  readonly then: { readonly allow: object; readonly remember?: object };
}

const remembering = (allow: object): AppRule => ({ name: 'All', then: { allow, remember: { device: 'P30D' } } });
const plain: AppRule = { name: 'All', then: { allow: { factors: 2 } } };
const anyTwo = remembering({ factors: 2 });

const ofTotp = remembering({ factors: 2, possession: { authenticators: ['totp'] } });
const ofOthers = remembering({ factors: 2, possession: { exclude: ['totp'] } });
/** By what is disabled. */
const unmeetable: Readonly<Record<string, AppRule['then']>> = { totp: ofTotp.then, webauthn: ofOthers.then };

/** In a known browser, the first one decides. */
const appRules = fc.constantFrom<readonly [AppRule, ...AppRule[]]>(
  [anyTwo],
  [plain],
  [ofTotp],
  [ofOthers],
  [{ ...anyTwo, name: 'Known', when: { device: { known: true } } }, plain],
  [{ ...plain, name: 'Known', when: { device: { known: true } } }, anyTwo],
);

const anyKeys = {
  appRules: fc.oneof({ weight: 1, arbitrary: fc.constant([anyTwo] as const) }, { weight: 1, arbitrary: appRules }),
  secondFactor: mostly<unknown>('never', 'always', 'newDevice', { every: 'PT3H' }),
  minimumAcr: mostly('', 'minimumAcr: urn:okta:loa:2fa:any\n', 'minimumAcr: urn:okta:loa:1fa:any\n'),
  maxAge: mostly('', 'client:\n  default_max_age: 3600\n'),
  disabled: mostly<readonly string[]>([], ['totp'], ['webauthn']),
};
const anyConfiguration = fc.record(anyKeys);

type Written = typeof anyConfiguration extends fc.Arbitrary<infer One> ? One : never;

/** Two that differ in one or two keys. Leaves out those that `config check` refuses, because no user gets in. */
const edits = fc
  .tuple(anyConfiguration, anyConfiguration, fc.subarray(Object.keys(anyKeys), { minLength: 1, maxLength: 2 }))
  .map(([drawn, other, keys]): readonly [Written, Written] => {
    const edited = Object.entries(other).filter(([key]) => keys.includes(key));
    return [drawn, { ...drawn, ...Object.fromEntries(edited) }];
  })
  .filter((both) => both.every(isMeetable));

function isMeetable({ appRules: [{ then }], disabled: [key] }: Written): boolean {
  return key === undefined || then !== unmeetable[key];
}

async function configurationOf({ appRules: rules, secondFactor, minimumAcr, maxAge, disabled }: Written) {
  const allow = { primary: 'password', secondFactor, idle: 'PT8H', absolute: 'P1D' };
  const app = `${validFiles['apps/notes.yaml']}${minimumAcr}`;
  const files = {
    ...signOn(...rules),
    ...enrollment(disabled.length > 0 ? { disabled } : {}),
    'apps/notes.yaml': maxAge === '' ? app : app.replace('client:\n', maxAge),
    'policies/session.yaml': JSON.stringify({ rules: [{ name: 'All', then: { allow } }] }),
  };
  const loaded = await load({ ...validFiles, ...files, 'stepgate.yaml': settings }, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return nextConfiguration(loaded.documents, authenticators);
}

/** What the evaluator asks for in a known browser. */
interface InBrowser {
  /** The user gets in without setting up anything. */
  readonly getsIn: boolean;
  /** The authenticators whose remembered proof stands for the possession. */
  readonly waived: readonly string[];
  readonly mayRemember: boolean;
}

function inKnownBrowser({ policies, ...own }: AppSide, subject: Subject, { appRules: [first] }: Written): InBrowser {
  const network = { ip: '203.0.113.1', zones: [] };
  const place = { label: '', activeLabel: '', zones: [], activeZones: [], active: network, next: network };
  const device = { known: true, platform: 'desktop' as const, os: 'other' as const };
  const circumstance = { place, device, believed: { active: {}, next: {} }, now, scopes: ['openid'] };
  const facts: Facts = { ...factsIn({ policies, ...own }, circumstance, 'next'), subject };
  const getsInWithoutPossession = (remembered: readonly RememberedProof[]) =>
    everyWay(policies, { ...facts, device: { ...facts.device, remembered } }, subject).some(({ evidence }) =>
      evidence.every(({ factors }) => !factors.includes('possession')),
    );
  const possessions = subject.enrollments.filter(({ factors }) => factors.includes('possession'));
  const waived = possessions.filter(({ authenticator, id, factors, characteristics }) => {
    const proof = { authenticator, enrollment: id, factors, characteristics, at: now - 60, until: now + 60 };
    return getsInWithoutPossession([proof]);
  });
  return {
    getsIn: everyWay(policies, facts, subject).length > 0,
    waived: getsInWithoutPossession([]) ? [] : waived.map(({ authenticator }) => authenticator),
    mayRemember: first.then.remember !== undefined,
  };
}

/** What is to be said of it, in words. */
function expectedWords(active: InBrowser, next: InBrowser): readonly string[] {
  const [before, after] = [active.waived.length > 0, next.waived.length > 0];
  const noLonger = (name: string) => `the second factor is no longer asked for where the browser remembers ${name}`;
  const even = (name: string) => `the second factor is asked for even where the browser remembers ${name}`;
  if (before && after) {
    const added = next.waived.filter((name) => !active.waived.includes(name));
    const gone = active.waived.filter((name) => !next.waived.includes(name));
    const words = [
      ...(added.length > 0 ? [noLonger(added.join(' or '))] : []),
      ...(gone.length > 0 ? [even(gone.join(' or '))] : []),
    ];
    return words.length > 0 ? [words.join('; ')] : [];
  }
  if (before === after) return [];
  if (active.mayRemember && next.mayRemember) return [after ? noLonger('it') : even('it')];
  return [
    after
      ? 'the second factor is remembered for 30 d (not remembered before)'
      : 'the second factor is not remembered (remembered for 30 d before)',
  ];
}

const saidOf = /the second factor is (?:no|asked|remembered|not).*/;

test('all that changes in remembering browsers is told, and nothing else', async () => {
  const seen = { it: 0, names: 0, remembered: 0, nothing: 0 };
  await fc.assert(
    fc.asyncProperty(edits, fc.constantFrom(0, 1, 2, 2, 2), async ([before, after], which) => {
      const user = users[which];
      if (user === undefined) throw new Error('no such user');
      const [active, next] = [await configurationOf(before), await configurationOf(after)];
      const [pair] = (await comparedApps(active, next)).pairs;
      if (pair === undefined) return;
      const { subject, terminal } = user;
      const [from, to] = [inKnownBrowser(pair.active, subject, before), inKnownBrowser(pair.next, subject, after)];
      if (!from.getsIn || !to.getsIn) return;
      const compared = { active, next, against: '', locationOf: () => undefined, authenticators, now };
      const { changes } = await configDiff({ ...compared, store: terminal.store });
      const told = changes
        .filter(({ kind, apps, where }) => kind === 'session' && apps.includes('notes') && inKnown.includes(where))
        .flatMap(({ sentence }) => saidOf.exec(sentence)?.[0] ?? []);
      const expected = expectedWords(from, to);
      expect(told).toEqual(expected);
      const [words = ''] = expected;
      seen[words === '' ? 'nothing' : words.endsWith(' it') ? 'it' : words.includes('30 d') ? 'remembered' : 'names'] +=
        1;
    }),
    seeded(900),
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(enough(6));
});

/** Where a change is told that occurs in a known browser. */
const inKnown: readonly string[] = ['', 'in a known browser'];
