/** The search for sufficient sets, step by step: the classes of actions, the sets, and what each world costs. */

import { describe, expect, test } from '@jest/globals';
import type { AssessedEvidence } from '../../../src/core/evidence/requirement.ts';
import type { LayerRequirement } from '../../../src/core/model/decision.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { searchSpace } from '../../../src/core/remediation/search-space.ts';
import { sufficientSets } from '../../../src/core/remediation/sufficient-sets.ts';
import { action, factors, type Key } from '../support/fixtures.ts';

const layer = (...anyOf: readonly Requirement[]): LayerRequirement => ({ layer: 'app', anyOf });
const step = (...authenticators: readonly Key[]) => ({ authenticators });
const only = (...keys: readonly Key[]): Requirement => factors(1, { demands: keys.map((key) => step(key)) });

function classesOf(required: LayerRequirement, actions: readonly AssessedEvidence[]) {
  return searchSpace([required], [], actions)?.classes.map(({ members }) =>
    members.map(({ enrollment }) => enrollment),
  );
}

describe('actions are distinguished', () => {
  const shows = [
    'possession',
    'inherence',
    'userPresence',
    'userVerification',
    'deviceBound',
    'hardwareProtected',
    'phishingResistant',
  ] as const;
  const isFactor = (name: string): name is 'possession' | 'inherence' => name === 'possession' || name === 'inherence';
  const assessed = (name: (typeof shows)[number], knowledge: boolean, more: Partial<AssessedEvidence> = {}) =>
    action('webauthn', {
      enrollment: `${name}${knowledge ? ' and knowledge' : ''}`,
      factors: [...(knowledge ? (['knowledge'] as const) : []), ...(isFactor(name) ? [name] : [])],
      characteristics: isFactor(name) ? [] : [name],
      ...more,
    });
  const asksKnowledge = layer(factors(1, { demands: [{ factor: 'knowledge' }] }));

  test.each(shows)('that show %s, by whether they show knowledge', (name) => {
    const found = classesOf(asksKnowledge, [assessed(name, false), assessed(name, true)]);
    expect(found).toContainEqual([`${name} and knowledge`]);
  });

  test.each(shows)('by whether they show %s', (name) => {
    const asked = layer(factors(1, { demands: [isFactor(name) ? { factor: name } : { characteristics: [name] }] }));
    const plain = action('webauthn', { enrollment: 'plain', factors: ['knowledge'], characteristics: [] });
    expect(classesOf(asked, [plain, assessed(name, true)])).toContainEqual([`${name} and knowledge`]);
  });

  test('that show knowledge or possession alone', () => {
    const actions = (['possession', 'knowledge'] as const).map((factor) =>
      action('webauthn', { enrollment: factor, factors: [factor], characteristics: [] }),
    );
    expect(classesOf(asksKnowledge, actions)).toContainEqual(['knowledge']);
  });

  test.each<[string, Partial<AssessedEvidence>]>([
    ['to enroll', { toEnroll: true }],
    ['that count for the account-management requirement alone', { accountManagementOnly: true }],
  ])('%s, by whether they show knowledge', (_, more) => {
    const isAccountManagement = more.accountManagementOnly === true;
    const required = { ...asksKnowledge, ...(isAccountManagement && { isAccountManagement }) };
    const actions = [assessed('possession', false, more), assessed('possession', true, more)];
    expect(classesOf(required, actions)).toContainEqual(['possession and knowledge']);
  });

  test('by whether they are to be enrolled, also where both do the same', () => {
    const required = layer({ chains: [[step('totp'), step('totp')]] });
    const actions = [action('totp'), action('totp', { enrollment: 'new', toEnroll: true })];
    expect(classesOf(required, actions)).toEqual([['totp'], ['new']]);
  });

  test('by whether they count for the account-management requirement alone', () => {
    const actions = [action('totp', { enrollment: 'marked', accountManagementOnly: true }), action('totp')];
    expect(classesOf(layer(only('totp')), actions)).toEqual([['totp']]);
  });

  test('from those that help with nothing', () => {
    expect(classesOf(layer(only('totp')), [action('totp'), action('security_question')])).toEqual([['totp']]);
  });
});

/** A world, and the sets that the search finds: the keys of their actions, in order, and how many it tried. */
interface Searched {
  readonly requirements: readonly LayerRequirement[];
  readonly evidence?: readonly Key[];
  readonly has: readonly Key[];
  readonly limit?: number;
  readonly sets: readonly (readonly Key[])[];
  readonly steps: number;
}

const singles = ['password', 'email', 'phone', 'totp', 'recovery_code'] as const;
const eitherPair = layer(factors(1, { demands: [step('password'), step('totp')] }), only('phone', 'email'));

describe('a search', () => {
  test.each<[string, Searched]>([
    ['of one action', { requirements: [layer(only('totp'))], has: ['totp'], sets: [['totp']], steps: 1 }],
    ['in vain costs nothing', { requirements: [layer(only('totp'))], has: ['email'], sets: [], steps: 0 }],
    [
      'of two actions tries each with the other',
      {
        requirements: [layer(only('totp', 'email'))],
        has: ['totp', 'email'],
        sets: [['totp', 'email']],
        steps: 6,
      },
    ],
    [
      'takes no action that the evidence has made useless',
      {
        requirements: [layer({ chains: [[step('password', 'phone', 'totp'), step('email')]] })],
        evidence: ['password', 'phone'],
        has: ['totp', 'email'],
        sets: [['email']],
        steps: 2,
      },
    ],
    [
      'at its limit puts each class into a set that suffices',
      {
        requirements: [layer(only('totp'), only('phone'), only('email'))],
        has: ['totp', 'phone', 'email'],
        limit: 0,
        sets: [['email'], ['totp'], ['phone']],
        steps: 5,
      },
    ],
    [
      'at its limit lists no set twice, and lets what does not fit into one be',
      {
        requirements: [eitherPair],
        has: ['password', 'totp', 'phone', 'email'],
        limit: 0,
        sets: [['phone', 'email']],
        steps: 19,
      },
    ],
    [
      'beyond its limit goes on from a set that was found, and lists the actions of a set in their order',
      {
        requirements: [layer(only('password', 'email'), only('totp', 'email'))],
        has: ['password', 'totp', 'email'],
        limit: 5,
        sets: [
          ['password', 'email'],
          ['totp', 'email'],
        ],
        steps: 11,
      },
    ],
    [
      'beyond its limit without any set makes one of everything, and lists the actions of a set in their order',
      {
        requirements: [layer(only('password', 'email'), only('totp', 'email'))],
        has: ['password', 'totp', 'email'],
        limit: 0,
        sets: [
          ['totp', 'email'],
          ['password', 'email'],
        ],
        steps: 8,
      },
    ],
    [
      'beyond its limit tries each class with four sets that were found',
      {
        requirements: [layer(...singles.map((key) => only(key)), only('webauthn', 'security_question'))],
        has: [...singles, 'webauthn', 'security_question'],
        limit: 5,
        sets: singles.map((key) => [key]),
        steps: 21,
      },
    ],
  ])('%s', (_, { requirements, evidence = [], has, limit, sets, steps }) => {
    const given = { evidence: evidence.map((key) => action(key)), actions: has.map((key) => action(key)) };
    const found = sufficientSets(requirements, given, limit);
    const keysIn = found.sets.map(({ actions }) => actions.map(({ members }) => members[0]?.authenticator));
    expect({ sets: keysIn, steps: found.steps }).toEqual({ sets, steps });
  });
});
