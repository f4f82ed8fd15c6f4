/** The check of changed files beside the server: what it answers, and that a thread that ends harms nothing. */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { BackgroundCheck } from '../../src/background-check.ts';
import { documentHashes } from '../../src/policy/revision/document-store.ts';
import { validFiles, withConfiguration } from './policy/support/configuration-dir.ts';

const how = { variables: {}, inbox: false };
const rules = Array.from(
  { length: 1000 },
  (_, index) => `  - { name: r${index}, when: { groups: { any: [g${index}] } }, then: { allow: { factors: 1 } } }\n`,
);
const manyRules = {
  ...validFiles,
  'policies/sign-on/notes.yaml': `name: notes\nrules:\n${rules.join('')}  - { name: All, then: deny }\n`,
};

/** How many requests, one after the other, a server in this thread answers before the promise settles. */
async function answersDuring(work: Promise<unknown>): Promise<number> {
  const server = createServer((_req, res) => void res.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/livez`;
  let isDone = false;
  let answers = 0;
  const settled = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await (await fetch(url)).text();
    if (!isDone) answers += 1;
  }
  server.close();
  server.closeAllConnections();
  await settled;
  return answers;
}

test('the thread of the server answers while a thousand rules are checked', async () => {
  await withConfiguration(manyRules, async (configDir) => {
    const check = new BackgroundCheck().run({ configDir, ...how });
    expect(await answersDuring(check)).toBeGreaterThan(50);
    expect(await check).toMatchObject({ kind: 'checked', documents: expect.any(Map) });
  });
});

test('what was applied last needs no check, and what is no configuration is refused', async () => {
  await withConfiguration(validFiles, async (configDir) => {
    const background = new BackgroundCheck();
    const answer = await background.run({ configDir, ...how });
    if (answer === 'stopped' || answer.kind !== 'checked') throw new Error('it was not checked');
    const lastApplied = documentHashes(answer.documents);
    expect(await background.run({ configDir, ...how, lastApplied })).toEqual({ kind: 'same' });
    await rm(`${configDir}/policies/session.yaml`);
    expect(await background.run({ configDir, ...how, lastApplied })).toMatchObject({
      kind: 'refused',
      findings: [{ file: 'policies/session.yaml', code: 'file_missing' }],
    });
  });
});

test.each([
  ['fails', "throw new Error('broken')", 'broken'],
  ['ends', 'process.exit(3)', 'the thread ended with code 3'],
])('a thread that %s without an answer is an error with a code', async (_, program, message) => {
  const background = new BackgroundCheck(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  for (const configDir of ['config', 'next']) {
    await expect(background.run({ configDir, ...how })).rejects.toMatchObject({
      code: 'internal',
      message: `the check of ${configDir} broke off; what is active stays`,
      cause: expect.objectContaining({ message }),
    });
  }
});

test('a check that is stopped answers at once, and no other one starts', async () => {
  await withConfiguration(manyRules, async (configDir) => {
    const background = new BackgroundCheck();
    const check = background.run({ configDir, ...how });
    await background.stop();
    expect(await check).toBe('stopped');
    expect(await background.run({ configDir, ...how })).toBe('stopped');
  });
});
