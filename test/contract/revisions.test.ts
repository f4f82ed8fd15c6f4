import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { evaluate } from '../../src/core/decision/evaluate.ts';
import type { Facts } from '../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../src/core/model/neutral-facts.ts';
import { StoreUnavailable } from '../../src/errors.ts';
import { type Document, type Documents, documentKey } from '../../src/policy/model/documents.ts';
import { Revisions } from '../../src/policy/revision/revisions.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import { revisionConfirmationKey, revisionKey, revisionPointerKey, storedDocumentKey } from '../../src/stores/keys.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import type { Store } from '../../src/stores/store.ts';
import { recordingStore } from '../support/stores/recording-store.ts';
import { longPatience, startRedis } from '../support/stores/redis.ts';
import { until } from '../support/values/until.ts';

const authenticators = authenticatorKinds.filter(({ key }) => key === 'password' || key === 'totp');

function settings(content: object = {}): Document {
  return {
    kind: 'settings',
    name: 'settings',
    file: 'stepgate.yaml',
    ruleLines: [],
    content: { brand: { name: 'A' }, ...content },
  };
}

function app(clientId: string, content: object = {}): Document {
  const client = { redirect_uris: [`https://${clientId}.test/cb`] };
  return {
    kind: 'app',
    name: clientId,
    file: `apps/${clientId}.yaml`,
    ruleLines: [],
    content: { clientId, name: clientId, signOnPolicy: 'one', client, ...content },
  };
}

function signOn(name: string, then: unknown): Document {
  return {
    kind: 'sign-on',
    name,
    file: `policies/sign-on/${name}.yaml`,
    ruleLines: [3],
    content: { name, rules: [{ name: 'All', then }] },
  };
}

const sessionPolicy: Document = {
  kind: 'session',
  name: 'session',
  file: 'policies/session.yaml',
  ruleLines: [2],
  content: {
    rules: [{ name: 'All', then: { allow: { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute: 'P1D' } } }],
  },
};

function configuration(...more: readonly Document[]): Documents {
  const all = [settings(), sessionPolicy, signOn('one', { allow: { factors: 1 } }), app('notes'), ...more];
  return new Map(all.map((document) => [documentKey(document.kind, document.name), document]));
}

/** The same in one line, with another rule. */
const inOneLine: Document = {
  ...signOn('two', 'deny'),
  ruleLines: [1, 1],
  ruleColumns: [26, 87],
  content: {
    name: 'two',
    rules: [
      { name: 'Staff', when: { groups: { any: ['staff'] } }, then: 'deny' },
      { name: 'All', then: 'deny' },
    ],
  },
};

/** Counts what goes through, and can fall silent. */
function watched(store: Store): Store & { loads: number; down: boolean } {
  return {
    loads: 0,
    down: false,
    async load(keys, options) {
      this.loads += 1;
      if (this.down) throw new Error('the store is down');
      return store.load(keys, options);
    },
    commit: (ops) => store.commit(ops),
    reserve: (counter, limits) => store.reserve(counter, limits),
    members: (key) => store.members(key),
    tail: (key, cursor, count) => store.tail(key, cursor, count),
    ping: () => store.ping(),
    examine: () => store.examine(),
    confirm: () => store.confirm(),
    close: () => store.close(),
  };
}

function visit(clientId: string): Facts {
  return neutralFacts({ now: 1_800_000_000, request: neutralRequest(clientId) });
}

const pointerOf = async (store: Store) => (await store.load([revisionPointerKey])).entries.get(revisionPointerKey);

interface Harness {
  open(): Promise<Store>;
  stop(): Promise<void>;
}

async function embedded(): Promise<Harness> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-revisions-'));
  let count = 0;
  return {
    open: async () => {
      count += 1;
      return recordingStore(openEmbedded({ file: join(dir, `${count}.db`) }));
    },
    stop: () => rm(dir, { recursive: true, force: true }),
  };
}

async function redis(): Promise<Harness> {
  const server = await startRedis();
  let count = 0;
  return {
    open: async () => {
      count += 1;
      return openRedis({ url: server.url, prefix: `r${count}:`, patience: longPatience });
    },
    stop: () => server.stop(),
  };
}

describe.each<[string, () => Promise<Harness>]>([
  ['embedded', embedded],
  ['redis', redis],
])('revisions on %s', (_, start) => {
  let harness: Harness;
  const open = async () => {
    const store = watched(await harness.open());
    return { store, revisions: new Revisions(store, { authenticators, now: () => 1_800_000_000_500 }) };
  };
  beforeAll(async () => {
    harness = await start();
  });
  afterAll(() => harness.stop());

  test('an empty store has no configuration', async () => {
    const { store, revisions } = await open();
    expect(await revisions.current()).toBeUndefined();
    expect(await revisions.at(undefined)).toBeUndefined();
    expect(await revisions.history(10)).toEqual([]);
    await store.close();
  });

  test('an applied revision can be read', async () => {
    const { store, revisions } = await open();
    expect(await revisions.apply(configuration(), { by: 'ann', message: 'first' })).toEqual({
      revision: 1,
      changed: ['app/notes', 'session', 'settings', 'sign-on/one'],
    });
    const snapshot = await revisions.current();
    expect(snapshot).toMatchObject({ revision: 1, settings: { brand: { name: 'A' }, trustedProxies: 0 } });
    expect(await snapshot?.app('notes')).toMatchObject({
      clientId: 'notes',
      client: { redirect_uris: ['https://notes.test/cb'] },
    });
    for (const unknown of ['other', '', 'constructor', '__proto__', 'notes '])
      expect(await snapshot?.app(unknown)).toBeUndefined();
    await store.close();
  });

  test('without a change no revision is created, whatever the order of writing', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(), { by: 'ann' });
    const before = await pointerOf(store);
    const same = new Map([...configuration()].reverse());
    same.set('app/notes', {
      ...app('notes'),
      content: Object.fromEntries(Object.entries(app('notes').content as object).reverse()),
    });
    expect(await revisions.apply(same, { by: 'bob' })).toEqual({ revision: 1, changed: [] });
    expect(await pointerOf(store)).toEqual(before);
    await store.close();
  });

  test('columns of rules are kept where they are not the usual one, and change nothing where they are', async () => {
    const { store, revisions } = await open();
    const apply = (applied: Documents) => revisions.apply(applied, { by: 'alice' });
    await apply(configuration(inOneLine));
    const withColumns = { ...sessionPolicy, ruleColumns: [5] };
    expect(await apply(configuration(withColumns, inOneLine))).toEqual({ revision: 1, changed: [] });
    const documents = await revisions.documentsOf(1);
    expect(documents.get('session')).toEqual(sessionPolicy);
    expect(documents.get('sign-on/two')).toEqual(inOneLine);
    const indented = { ...sessionPolicy, ruleColumns: [7] };
    expect(await apply(configuration(indented, inOneLine))).toEqual({ revision: 2, changed: ['session'] });
    expect((await revisions.documentsOf(2)).get('session')).toEqual(indented);
    const moved = { ...inOneLine, ruleColumns: [27, 88] };
    expect(await apply(configuration(moved))).toEqual({ revision: 3, changed: ['session', 'sign-on/two'] });
    await store.close();
  });

  test('changes, additions and removals each make a revision; history lists them', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(), { by: 'ann', message: 'first' });
    await revisions.apply(configuration(app('payroll')), { by: 'bob' });
    const changed = await revisions.apply(configuration(app('notes', { name: 'Renamed' })), {
      by: 'ann',
      message: 'less',
    });
    expect(changed).toEqual({ revision: 3, changed: ['app/notes', 'app/payroll'] });
    const at = 1_800_000_000;
    expect(await revisions.history(2)).toEqual([
      { revision: 3, at, by: 'ann', message: 'less', changed: ['app/notes', 'app/payroll'] },
      { revision: 2, at, by: 'bob', changed: ['app/payroll'] },
    ]);
    expect((await revisions.history(10)).map(({ revision }) => revision)).toEqual([3, 2, 1]);
    const snapshot = await revisions.current();
    expect(await snapshot?.app('payroll')).toBeUndefined();
    expect(await snapshot?.app('notes')).toMatchObject({ name: 'Renamed' });
    await store.close();
  });

  test('an old snapshot does not change', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(), { by: 'ann' });
    const old = await revisions.current();
    await revisions.apply(configuration(settings({ brand: { name: 'B' } }), app('notes', { name: 'New' })), {
      by: 'ann',
    });
    expect(old).toMatchObject({ revision: 1, settings: { brand: { name: 'A' } } });
    expect(await old?.app('notes')).toMatchObject({ name: 'notes' });
    expect(await revisions.current()).toMatchObject({ revision: 2, settings: { brand: { name: 'B' } } });
    await store.close();
  });

  test('when many apply at once, none overwrites another unnoticed: each loser gets an error', async () => {
    const { store, revisions } = await open();
    const other = new Revisions(store, { authenticators });
    const names = Array.from({ length: 12 }, (__, index) => `app${index}`);
    const outcomes = await Promise.allSettled(
      names.map((name, index) => (index % 2 === 0 ? revisions : other).apply(configuration(app(name)), { by: name })),
    );
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.revision] : []));
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(won.length).toBeGreaterThan(0);
    expect(won.length + lost.length).toBe(names.length);
    for (const error of lost) expect(error).toMatchObject({ refusal: 'revision_changed' });
    // Each revision is there, with the name of who was told that it is.
    const history = await revisions.history(20);
    expect(history.map(({ revision }) => revision)).toEqual(won.toSorted((one, another) => another - one));
    const winners = names.filter((__, index) => outcomes[index]?.status === 'fulfilled');
    expect(history.map(({ by }) => by).toSorted()).toEqual(winners.toSorted());
    const snapshot = await other.current();
    expect(await snapshot?.app(history[0]?.by ?? '')).toBeDefined();
    await store.close();
  });

  test('the same applied by many at once is one revision', async () => {
    const { store, revisions } = await open();
    const applied = await Promise.all(Array.from({ length: 8 }, () => revisions.apply(configuration(), { by: 'ann' })));
    expect(new Set(applied.map(({ revision }) => revision))).toEqual(new Set([1]));
    expect(applied.filter(({ changed }) => changed.length > 0)).toHaveLength(1);
    await store.close();
  });

  test('a configuration that was compared with another revision is refused, and changes nothing', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(), { by: 'ann' });
    await revisions.apply(configuration(app('payroll')), { by: 'bob', base: 1 });
    const before = await pointerOf(store);
    await expect(revisions.apply(configuration(app('shop')), { by: 'ann', base: 1 })).rejects.toThrow(
      /^revision_changed: revision 2 by bob is active, and this was compared with revision 1/,
    );
    await expect(revisions.assertBase(1)).rejects.toMatchObject({ refusal: 'revision_changed' });
    expect(await pointerOf(store)).toEqual(before);
    expect(await revisions.apply(configuration(app('payroll')), { by: 'ann', base: 1 })).toMatchObject({ changed: [] });
    await store.close();
  });

  test('a crash between the documents and the pointer leaves what is active, and its history', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(), { by: 'ann' });
    const dying: Store = {
      ...store,
      commit: async (ops) => {
        if (ops.some(({ op }) => op === 'replace')) throw new StoreUnavailable('the process died');
        return store.commit(ops);
      },
    };
    const half = new Revisions(dying, { authenticators });
    await expect(half.apply(configuration(app('payroll')), { by: 'bob' })).rejects.toThrow('the process died');
    expect((await revisions.history(9)).map(({ revision, by }) => [revision, by])).toEqual([[1, 'ann']]);
    expect(await revisions.apply(configuration(app('payroll')), { by: 'bob' })).toMatchObject({ revision: 2 });
    await store.close();
  });

  test('an earlier revision again is a new one, and a revision that never was is refused', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(), { by: 'ann' });
    await revisions.apply(configuration(app('payroll')), { by: 'bob' });
    const documents = await revisions.documentsOf(1);
    expect([...documents.keys()].toSorted()).toEqual(['app/notes', 'session', 'settings', 'sign-on/one']);
    expect(await revisions.apply(documents, { by: 'ann', back: 1, message: 'too much' })).toMatchObject({
      revision: 3,
    });
    expect(await revisions.revision(3)).toMatchObject({
      by: 'ann',
      back: 1,
      message: 'too much',
      changed: ['app/payroll'],
    });
    expect(await (await revisions.current())?.app('payroll')).toBeUndefined();
    for (const never of [0, 4])
      await expect(revisions.documentsOf(never)).rejects.toMatchObject({ refusal: 'unknown_revision' });
    await store.close();
  });

  describe('a revision that must be confirmed', () => {
    const read = async (store: Store) => {
      const { entries } = await store.load([revisionPointerKey, revisionConfirmationKey]);
      return [entries.get(revisionPointerKey), entries.get(revisionConfirmationKey)] as const;
    };

    test('stays once it is confirmed, and only once', async () => {
      const { store, revisions } = await open();
      await revisions.apply(configuration(), { by: 'ann' });
      await expect(revisions.confirm()).rejects.toMatchObject({ refusal: 'nothing_to_confirm' });
      await revisions.apply(configuration(app('payroll')), { by: 'bob', confirmWithin: 3600 });
      expect(await revisions.unconfirmed()).toEqual({ revision: 2, back: 1, isExpired: false });
      expect(await revisions.expire(...(await read(store)))).toBeUndefined();
      expect(await revisions.confirm()).toBe(2);
      await expect(revisions.confirm()).rejects.toMatchObject({ refusal: 'nothing_to_confirm' });
      const [pointer, confirmation] = await read(store);
      expect([await revisions.unconfirmed(), confirmation]).toEqual([undefined, undefined]);
      expect(await revisions.expire(pointer, confirmation)).toBeUndefined();
      expect(await revisions.current()).toMatchObject({ revision: 2 });
      await store.close();
    });

    test('goes back when the time is over by the clock of the store, by whichever node is first', async () => {
      const { store, revisions } = await open();
      const other = new Revisions(store, { authenticators });
      await revisions.apply(configuration(), { by: 'ann' });
      await revisions.apply(configuration(app('payroll')), { by: 'bob', confirmWithin: 1 });
      await until('the time is over', async () => (await read(store))[1] === undefined);
      await expect(revisions.confirm()).rejects.toMatchObject({ refusal: 'confirmation_expired' });
      const state = await read(store);
      const done = await Promise.all([revisions, other, revisions].map((each) => each.expire(...state)));
      expect(done.filter((revision) => revision !== 'elsewhere')).toEqual([3]);
      expect(await revisions.history(1)).toMatchObject([
        {
          revision: 3,
          by: 'stepgate',
          back: 1,
          message: 'revision 2 was not confirmed in time',
          changed: ['app/payroll'],
        },
      ]);
      expect(await revisions.expire(...(await read(store)))).toBeUndefined();
      await store.close();
    });

    test('followed by another that must be: both lead back to the last one that stands', async () => {
      const { store, revisions } = await open();
      await revisions.apply(configuration(), { by: 'ann' });
      await revisions.apply(configuration(app('a')), { by: 'bob', confirmWithin: 3600 });
      await revisions.apply(configuration(app('b')), { by: 'bob', confirmWithin: 3600 });
      expect(await revisions.unconfirmed()).toEqual({ revision: 3, back: 1, isExpired: false });
      await revisions.apply(configuration(app('c')), { by: 'ann' });
      const [pointer, confirmation] = await read(store);
      expect([await revisions.unconfirmed(), confirmation]).toEqual([undefined, undefined]);
      expect(await revisions.expire(pointer, confirmation)).toBeUndefined();
      await store.close();
    });
  });

  test('the compiled snapshot costs no load, and what did not change is not read again', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(), { by: 'ann' });
    const pointer = await pointerOf(store);
    const snapshot = await revisions.at(pointer);
    const notes = await snapshot?.app('notes');
    if (!snapshot || !notes) throw new Error('there is no app');
    const policies = await snapshot.policies(notes);
    store.loads = 0;
    expect(await revisions.at(pointer)).toBe(snapshot);
    expect(await snapshot.app('notes')).toBe(notes);
    expect(await snapshot.policies(notes)).toBe(policies);
    expect(store.loads).toBe(0);
    await revisions.apply(configuration(app('payroll')), { by: 'ann' });
    const newer = await revisions.current();
    store.loads = 0;
    expect(await newer?.app('notes')).toBe(notes);
    expect((await newer?.policies(notes))?.app).toBe(policies.app);
    expect(store.loads).toBe(0);
    await store.close();
  });

  test('policies decide, with the place of the rule in the trace', async () => {
    const { store, revisions } = await open();
    const strict = signOn('strict', { allow: { factors: 2 } });
    await revisions.apply(
      configuration(strict, app('payroll', { signOnPolicy: 'strict', minimumAcr: 'urn:okta:loa:2fa:any' })),
      { by: 'ann' },
    );
    const snapshot = await revisions.current();
    const payroll = await snapshot?.app('payroll');
    if (!snapshot || !payroll) throw new Error('there is no app');
    const policies = await snapshot.policies(payroll);
    expect(policies).toMatchObject({ minimumAcr: 'urn:okta:loa:2fa:any', authenticators });
    expect(policies.acrLevels[0]?.value).toBe('phrh');
    const decision = evaluate(policies, visit('payroll'));
    expect(decision.kind).toBe('identify');
    const rules = decision.trace.layers.flatMap((layer) => layer.rules);
    expect(rules.map(({ location }) => location)).toContainEqual({
      file: 'policies/sign-on/strict.yaml',
      line: 3,
      column: 5,
    });
    await store.close();
  });

  test('several policies of an app are read as one, and labels lead to the policy of a group of apps', async () => {
    const { store, revisions } = await open();
    const strict: Document = {
      ...signOn('strict', 'deny'),
      content: { name: 'strict', rules: [{ name: 'Guests', when: { groups: { any: ['guests'] } }, then: 'deny' }] },
    };
    const labelled = signOn('labelled', { allow: { factors: 2 } });
    const forLabel = { ...labelled, content: { ...(labelled.content as object), apps: { labels: ['finance'] } } };
    const documents = configuration(
      strict,
      forLabel,
      app('listed', { signOnPolicy: ['strict', 'one'] }),
      app('alike', { signOnPolicy: ['strict', 'one'] }),
      app('grouped', { signOnPolicy: undefined, labels: ['other', 'finance'] }),
      app('lost', { signOnPolicy: undefined, labels: ['other'] }),
    );
    await revisions.apply(documents, { by: 'ann' });
    const snapshot = await revisions.current();
    const policyOf = async (clientId: string) => {
      const found = await snapshot?.app(clientId);
      return found && (await snapshot?.policies(found))?.app;
    };
    const listed = await policyOf('listed');
    expect(listed?.name).toBe('strict + one');
    expect(listed?.rules.map(({ rule }) => rule.location?.file)).toEqual([
      'policies/sign-on/strict.yaml',
      'policies/sign-on/one.yaml',
    ]);
    expect(await policyOf('alike')).toBe(listed);
    expect((await policyOf('grouped'))?.name).toBe('labelled');
    expect(await policyOf('lost')).toBeUndefined();
    await store.close();
  });

  test.each([
    ['an app whose policy is gone', 'sign-on/one', 'no_policy'],
    ['a configuration without a session policy', 'session', 'no_rule'],
  ])('%s lets no user in', async (__, missing, reason) => {
    const { store, revisions } = await open();
    const documents = new Map(configuration());
    documents.delete(missing);
    await revisions.apply(documents, { by: 'ann' });
    const snapshot = await revisions.current();
    const notes = await snapshot?.app('notes');
    if (!snapshot || !notes) throw new Error('there is no app');
    expect(evaluate(await snapshot.policies(notes), visit('notes'))).toMatchObject({ kind: 'deny', reason });
    await store.close();
  });

  test('only enabled authenticators are handed to the core, and an issuer of the node overrides the file', async () => {
    const { store, revisions } = await open();
    await revisions.apply(
      configuration(settings({ issuer: 'https://file.test', authenticators: { totp: { enabled: false } } })),
      { by: 'ann' },
    );
    const thisNode = new Revisions(store, {
      authenticators: [...authenticators, ...authenticatorKinds.filter(({ key }) => key === 'webauthn')],
      issuer: 'https://node.test',
    });
    const snapshot = await thisNode.current();
    const notes = await snapshot?.app('notes');
    if (!snapshot || !notes) throw new Error('there is no app');
    expect(snapshot.settings.issuer).toBe('https://node.test');
    expect((await snapshot.policies(notes)).authenticators.map(({ key }) => key)).toEqual(['password']);
    expect((await revisions.current())?.settings.issuer).toBe('https://file.test');
    await store.close();
  });

  test('a lost or changed document is an error, and is asked for again the next time', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(), { by: 'ann' });
    const manifest = JSON.parse((await store.load([revisionKey(1)])).entries.get(revisionKey(1))?.value ?? '');
    const key = storedDocumentKey(manifest.documents['app/notes']);
    const value = (await store.load([key])).entries.get(key)?.value ?? '';
    const snapshot = await revisions.current();
    await store.commit([{ op: 'put', key, value: value.replace('notes.test', 'evil.test') }]);
    await expect(snapshot?.app('notes')).rejects.toMatchObject({
      code: 'not_configured',
      message: expect.stringContaining('damaged'),
    });
    await store.commit([{ op: 'delete', key }]);
    await expect(snapshot?.app('notes')).rejects.toMatchObject({
      code: 'not_configured',
      message: expect.stringContaining('not in the store'),
    });
    await store.commit([{ op: 'put', key, value }]);
    expect(await snapshot?.app('notes')).toMatchObject({ clientId: 'notes' });
    await store.close();
  });

  test('a store that does not answer is an error, and the known revision stays active', async () => {
    const { store, revisions } = await open();
    await revisions.apply(configuration(app('payroll')), { by: 'ann' });
    const pointer = await pointerOf(store);
    const snapshot = await revisions.at(pointer);
    await snapshot?.app('notes');
    store.down = true;
    await expect(snapshot?.app('payroll')).rejects.toThrow('down');
    await expect(revisions.current()).rejects.toThrow('down');
    expect(await (await revisions.at(pointer))?.app('notes')).toBeDefined();
    store.down = false;
    expect(await snapshot?.app('payroll')).toBeDefined();
    await store.close();
  });

  test('of two thousand apps only those that are asked for are read, and few are kept', async () => {
    const { store, revisions } = await open();
    const apps = Array.from({ length: 2_000 }, (__, index) => app(`app-${index}`));
    expect((await revisions.apply(configuration(...apps), { by: 'ann' })).changed).toHaveLength(2_004);
    const fresh = new Revisions(store, { authenticators, keptApps: 10 });
    store.loads = 0;
    const snapshot = await fresh.current();
    expect(store.loads).toBe(3);
    for (let index = 0; index < 30; index += 1) await snapshot?.app(`app-${index}`);
    expect(store.loads).toBe(33);
    await snapshot?.app('app-29');
    expect(store.loads).toBe(33);
    await snapshot?.app('app-0');
    expect(store.loads).toBe(34);
    await store.close();
  });

  test('two thousand apps are grouped by what decides about them: read in pages, once for each revision', async () => {
    const { store, revisions } = await open();
    const apps = Array.from({ length: 2_000 }, (__, index) =>
      app(`app-${index}`, index % 2 === 0 ? {} : { signOnPolicy: 'two' }),
    );
    const named = (...any: readonly string[]): Document => ({
      ...signOn('two', 'deny'),
      content: {
        name: 'two',
        rules: [
          { name: 'Some', when: { apps: { any } }, then: { allow: { factors: 2 } } },
          { name: 'All', then: { allow: { factors: 1 } } },
        ],
      },
    });
    await revisions.apply(configuration(...apps, named('app-1', 'app-3')), { by: 'ann' });
    const snapshot = await new Revisions(store, { authenticators }).current();
    store.down = true;
    await expect(snapshot?.equivalentApps()).rejects.toThrow('down');
    store.down = false;
    store.loads = 0;
    const groups = (await snapshot?.equivalentApps()) ?? [];
    const sizes = groups.map(({ app: { signOnPolicies }, count }) => `${signOnPolicies} ${count}`);
    expect(sizes.sort()).toEqual(['one 1001', 'two 2', 'two 998']);
    expect(groups.every(({ names }) => names.length <= 10)).toBe(true);
    expect(groups.every(({ openable }) => openable.length <= 200)).toBe(true);
    expect(groups.find(({ count }) => count === 2)?.names.toSorted()).toEqual(['app-1', 'app-3']);
    expect(store.loads).toBeLessThan(30);
    store.loads = 0;
    expect(await snapshot?.equivalentApps()).toBe(groups);
    expect(store.loads).toBe(0);
    await store.close();
  });
});
