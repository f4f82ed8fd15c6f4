/** A message that cannot be sent any more is in the audit log of the node that gave it up. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { messageOps } from '../../../src/delivery/outbox.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { until } from '../../support/values/until.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
  node.app.outbox.start();
});
afterAll(() => node.stop());

test('a message that came too late says which user it was for, and not where it would have gone', async () => {
  const now = Math.floor(Date.now() / 1000);
  const delivery = { channel: 'email', to: 'ann@example.org', template: 'code', params: {}, expires: now - 1 } as const;
  const languages = { uiLocales: 'de', acceptLanguage: 'de' };
  await node.store.commit(
    messageOps(delivery, {
      now: now - 60,
      about: { subject: 'ann', client: 'notes', transaction: 'tx', languages },
    }),
  );
  const failed = () => node.audit.filter(({ event }) => event === 'message.failed');
  await until('the message is given up', () => failed().length > 0);
  expect(failed()).toEqual([
    {
      time: expect.any(String),
      kind: 'audit',
      event: 'message.failed',
      outcome: 'failure',
      subject: 'ann',
      client: 'notes',
      transaction: 'tx',
      reason: 'expired',
    },
  ]);
});
