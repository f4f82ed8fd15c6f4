/** `/readyz` answers strangers: codes only. What they stand for is in the log, once. */
import { expect, test } from '@jest/globals';
import type { Context } from 'koa';
import { type Health, healthHandlers, type Unready } from '../../../src/http/health.ts';

/** Asks as often as there are states. */
function ask(states: readonly (readonly [Unready | undefined, readonly string[]])[]) {
  const logged: string[] = [];
  let [unready, warnings]: (typeof states)[number] = [undefined, []];
  const health: Health = { unreadyBecause: () => unready, warnings: () => warnings };
  const { ready } = healthHandlers(health, (message) => void logged.push(message));
  const answers = states.map((state) => {
    [unready, warnings] = state;
    const ctx = { set: () => undefined } as unknown as Context;
    ready(ctx);
    return [ctx.status, ctx.body];
  });
  return { answers, logged };
}

const missing = { code: 'network_file_missing', detail: '/etc/geo.mmdb is not there' };
const away = { code: 'store_unavailable', detail: 'connect ECONNREFUSED 10.0.0.7:6379' };

test('the answer has codes, and the log what they stand for', () => {
  expect(ask([[missing, ['store_alone', 'files_refused']]])).toEqual({
    answers: [
      [503, { status: 'not_ready', reason: 'network_file_missing', warnings: ['store_alone', 'files_refused'] }],
    ],
    logged: ['not ready: network_file_missing: /etc/geo.mmdb is not there'],
  });
});

test('the log says when the reason changes, and when there is none any more', () => {
  const { logged, answers } = ask([
    [undefined, []],
    [missing, []],
    [missing, []],
    [away, []],
    [undefined, []],
    [undefined, []],
    [missing, []],
  ]);
  expect(answers.slice(0, 2)).toEqual([
    [200, { status: 'ready' }],
    [503, { status: 'not_ready', reason: 'network_file_missing' }],
  ]);
  expect(logged).toEqual([
    'not ready: network_file_missing: /etc/geo.mmdb is not there',
    'not ready: store_unavailable: connect ECONNREFUSED 10.0.0.7:6379',
    'ready again',
    'not ready: network_file_missing: /etc/geo.mmdb is not there',
  ]);
});
