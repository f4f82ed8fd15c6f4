/** Which decisions of the step loop are audited, and how often. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Decision } from '../../../../src/core/model/decision.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import type { LayerTrace } from '../../../../src/core/model/trace.ts';
import { auditLeaving, recordDecision } from '../../../../src/flow/actions/record-decision.ts';
import type { ShadowSample } from '../../../../src/flow/services.ts';
import type { OpenTransaction } from '../../../../src/flow/transaction/open-transaction.ts';
import { createWorld, credential, opened, start, type World } from '../sign-in-fixture.ts';

const layerOf = (layer: LayerTrace['layer'], more: Partial<LayerTrace> = {}): LayerTrace => ({
  layer,
  policy: 'p',
  rules: [],
  outcome: 'allow',
  ...more,
});
const unmet = (layer: LayerTrace['layer']) => layerOf(layer, { satisfied: false, decidedBy: `rule of ${layer}` });
const met = (layer: LayerTrace['layer']) => layerOf(layer, { satisfied: true, decidedBy: `rule of ${layer}` });
const denying = (layer: LayerTrace['layer'], decidedBy = 'no') => layerOf(layer, { outcome: 'deny', decidedBy });

function challenge(...layers: readonly LayerTrace[]): Decision {
  return { kind: 'challenge', options: [{ authenticator: 'totp', enrollments: ['totp'] }], trace: { layers } };
}
const denial = (reason: 'rule' | 'unsatisfiable', ...layers: readonly LayerTrace[]): Decision => ({
  kind: 'deny',
  reason,
  trace: { layers },
});

let world: World;
let shadowed: ShadowSample[];
beforeEach(async () => {
  world = createWorld();
  shadowed = [];
  Object.assign(world.services, { shadow: { take: (taken: ShadowSample) => shadowed.push(taken) } });
  await world.addUser('ann', [credential('password', 'secret')]);
  await world.beginSignIn();
  world.events();
  world.lines.length = 0;
});

interface Known {
  /** Something was proved. */
  readonly isProved?: boolean;
  readonly subject?: 'none' | 'decoy';
  readonly recorded?: string;
}

/** Runs on the sign-in of ann. */
function inSignIn<T>(
  { isProved = true, subject, recorded }: Known,
  run: (context: OpenTransaction, facts: Facts) => T,
) {
  return opened(world, (context) => {
    const proof = { authenticator: 'password', enrollment: 'password', factors: ['knowledge'], characteristics: [] };
    const own = { subject: 'user-ann', at: start - 5, transaction: 'tx', origin: 'sign_in', amr: ['pwd'] };
    const facts = neutralFacts({
      now: start,
      request: neutralRequest('notes', ['openid']),
      evidence: isProved ? ([{ ...proof, ...own }] as unknown as Facts['evidence']) : [],
      ...(subject !== 'none' && {
        subject: { id: 'user-ann', status: 'active', identifiers: [], groups: [], attributes: {}, enrollments: [] },
      }),
    } as unknown as Facts);
    const transaction = {
      ...context.transaction,
      ...(subject !== 'none' && { subject: { id: 'user-ann', identifier: 'ann', decoy: subject === 'decoy' } }),
      ...(recorded !== undefined && { recorded }),
    };
    return run({ ...context, transaction }, facts);
  });
}

/** What is noted of the decision. */
function record(decision: Decision, known: Known = {}): Promise<string | undefined> {
  return inSignIn(known, (context, facts) => {
    const after = recordDecision(context, { facts, decision });
    expect(after).toEqual({ ...context, transaction: after.transaction });
    expect({ ...after.transaction, recorded: undefined }).toEqual({ ...context.transaction, recorded: undefined });
    return after.transaction.recorded;
  });
}

describe('a request for more', () => {
  test.each<[string, Known, boolean]>([
    ['is audited once something is proved', {}, true],
    ['is not before that', { isProved: false }, false],
    ['is not while nobody has identified', { subject: 'none' }, false],
  ])('%s', async (_, known, isAudited) => {
    const noted = await record(challenge(met('session'), unmet('app')), known);
    expect(noted).toBe(isAudited ? 'challenge app' : undefined);
    expect(world.events()).toEqual(isAudited ? ['sign_in.asked'] : []);
  });

  test('says which rules asked, and what was proved', async () => {
    await record(challenge(met('session'), unmet('app')));
    expect(world.lines).toMatchObject([
      {
        event: 'sign_in.asked',
        outcome: 'pending',
        subject: 'user-ann',
        rule: 'session: rule of session; app: rule of app',
        trace: { proved: [{ authenticator: 'password', age: 5 }] },
      },
    ]);
  });

  test.each<[string, Decision, string]>([
    [
      'the layers that are not met',
      challenge(unmet('session'), met('app'), unmet('request')),
      'challenge session request',
    ],
    ['a layer that denies', challenge(denying('account'), met('app')), 'challenge account'],
    ['no layer that asks for nothing', challenge(layerOf('session'), layerOf('app')), 'challenge'],
    ['its kind', { kind: 'enroll', choices: ['totp'], trace: { layers: [unmet('enrollment')] } }, 'enroll enrollment'],
  ])('is noted with %s', async (_, decision, expected) => {
    expect(await record(decision)).toBe(expected);
  });

  test('is audited again only where other layers ask', async () => {
    const recorded = await record(challenge(unmet('app')));
    if (recorded === undefined) throw new Error('nothing was noted');
    world.events();
    expect(await record(challenge(unmet('app'), met('session')), { recorded })).toBe(recorded);
    expect(world.events()).toEqual([]);
    await record(challenge(unmet('session')), { recorded });
    expect(world.events()).toEqual(['sign_in.asked']);
  });
});

test('what is allowed is audited elsewhere', async () => {
  const assurance = { amr: [], authTime: start, supportingEvidence: [] };
  await record({ kind: 'allow', assurance, trace: { layers: [met('app')] } } as unknown as Decision);
  expect(world.events()).toEqual([]);
});

describe('a denial', () => {
  test.each<[string, Known, string | undefined]>([
    ['of a user', {}, 'user-ann'],
    ['before anything is proved', { isProved: false }, 'user-ann'],
    ['of an unknown user', { isProved: false, subject: 'decoy' }, undefined],
    ['before the user identified', { isProved: false, subject: 'none' }, undefined],
  ])('%s is audited, and compared with a draft, as that of the user if there is an account', async (_, known, of) => {
    expect(await record(denial('rule', denying('app')), known)).toBe('deny rule app: no');
    expect(world.lines).toMatchObject([{ event: 'sign_in.denied', outcome: 'deny', reason: 'rule', rule: 'app: no' }]);
    expect(world.lines[0]).toHaveProperty('trace.layers.0.outcome', 'deny');
    expect(world.lines[0]?.transaction).toBe('tx');
    expect(shadowed).toMatchObject([{ kind: 'sign_in', isDenied: true, at: start, transaction: 'tx' }]);
    expect(shadowed.map(({ facts }) => facts.subject?.id)).toEqual([of]);
  });

  test.each<[string, Decision, boolean]>([
    ['the same one', denial('rule', denying('app')), false],
    ['another reason', denial('unsatisfiable', denying('app')), true],
    ['another rule', denial('rule', denying('app', 'other')), true],
  ])('is audited again for %s: %s', async (_, decision, isAudited) => {
    const recorded = await record(denial('rule', denying('app')));
    if (recorded === undefined) throw new Error('nothing was noted');
    world.events();
    await record(decision, { recorded });
    expect(world.events()).toHaveLength(isAudited ? 1 : 0);
  });
});

describe('a user who leaves', () => {
  const leave = (decision: Decision) => inSignIn({}, (context, facts) => auditLeaving(context, { facts, decision }));

  test('is audited with the rule that asked', async () => {
    await leave(challenge(unmet('app')));
    expect(world.lines).toMatchObject([
      {
        event: 'sign_in.cancelled',
        outcome: 'failure',
        subject: 'user-ann',
        rule: 'app: rule of app',
        trace: { layers: [{ layer: 'app' }] },
      },
    ]);
  });

  test('and grants the app nothing is audited as that', async () => {
    await leave({ kind: 'consent', scopes: [], trace: { layers: [met('app')] } });
    expect(world.lines).toMatchObject([{ event: 'consent.refused', outcome: 'failure', subject: 'user-ann' }]);
    expect(world.lines[0]).not.toHaveProperty('rule');
  });
});
