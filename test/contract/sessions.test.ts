/** The end of an SSO session, and of what its cookie leads to, when two tabs write the session at once. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseSsoSession } from '../../src/flow/browser/sso-session.ts';
import { createStorageScope } from '../../src/oidc/request-scope.ts';
import { sessionAdapter } from '../../src/oidc/storage/session-adapter.ts';
import { ssoSessionKey } from '../../src/stores/keys.ts';
import { UnitOfWork } from '../../src/stores/unit-of-work.ts';
import { recordingStore } from '../support/stores/recording-store.ts';
import { type OpenedStore, storesUnderTest } from '../support/stores/stores.ts';

const start = 1_800_000_000;
const idle = 600;
const id = 'cookie';
const uid = 'session-uid';

describe.each(storesUnderTest)('two tabs of one session on the $name store', ({ open }) => {
  let opened: OpenedStore;
  let later = 0;
  const now = () => start + later;

  /** One request up to its end: it has read the session, and `save` writes it with so many seconds to live. */
  async function begin() {
    const unit = new UnitOfWork(recordingStore(await opened.again()));
    const adapter = sessionAdapter(createStorageScope(unit), now);
    const found = await adapter.find(id);
    const save = async (seconds: number) => {
      await adapter.upsert(id, found ?? { uid, authorizations: {} }, seconds);
      await unit.commit();
    };
    return { found, save };
  }
  const endOf = async () => {
    const entry = (await opened.store.load([ssoSessionKey(uid)])).entries.get(ssoSessionKey(uid));
    return entry && parseSsoSession(entry.value).expiresAt;
  };
  const pass = async (seconds: number) => {
    await opened.pass(seconds);
    later += seconds;
  };

  beforeEach(async () => {
    opened = await open();
    later = 0;
    await (await begin()).save(idle);
    await pass(400);
  });
  afterEach(() => opened.stop());

  test.each([
    ['the page first', ['page', 'silent']],
    ['the silent request first', ['silent', 'page']],
  ] as const)('end when the page prolonged it to, %s', async (_which, order) => {
    // The silent request leaves the end where it found it, and the page prolongs it.
    const left = { silent: idle - 400, page: idle };
    const requests = { silent: await begin(), page: await begin() };
    for (const one of order) await requests[one].save(left[one]);
    expect(await endOf()).toBe(start + 400 + idle);

    await pass(idle - 10);
    expect((await begin()).found).toMatchObject({ uid });
    await pass(20);
    expect((await begin()).found).toBeUndefined();
  });

  test('end earlier where a rule now allows less, whatever another tab wrote', async () => {
    const [less, page] = [await begin(), await begin()];
    await page.save(idle);
    await less.save(60);
    expect(await endOf()).toBe(start + 400 + 60);
    await pass(70);
    expect((await begin()).found).toBeUndefined();
  });
});
