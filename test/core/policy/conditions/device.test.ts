/** What conditions say about a device: which statements of trusted sources meet them. */
import { describe, expect, test } from '@jest/globals';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ConditionOf } from '../../../../src/core/model/conditions.ts';
import { deviceCondition } from '../../../../src/core/policy/conditions/device.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { BelievedDevice } from '../../../../src/core/policy/theories/theory.ts';
import { universe } from '../../support/universe.ts';

type Device = ConditionOf<'device'>;

describe('of what trusted sources can say', () => {
  /** Only a managed device has assurances, and no source knows of `pin`. */
  const statements: readonly BelievedDevice[] = [
    {},
    { registered: true },
    { registered: true, managed: true, assurances: ['disk'] },
  ];

  function possible(devices: readonly BelievedDevice[] | undefined, ...conditions: readonly Device[]) {
    const asked: (readonly string[])[] = [];
    const within = universe({
      devices: (assurances) => {
        asked.push(assurances);
        return devices;
      },
    });
    const whens = conditions.map((device) => ({ device }));
    const space = ruleSpace(whens, within);
    const found = findModel(whens.map(space.applies), newBudget());
    if (typeof found === 'string') return { found, asked };
    const facts = space.factsOf(found.model);
    for (const when of whens) {
      const policy = compilePolicy({ name: 'policy', rules: [{ name: 'rule', when }] });
      expect(findRule(policy, facts).rule?.name).toBe('rule');
    }
    return { found: 'possible', asked };
  }

  test.each<[string, readonly Device[], 'possible' | 'impossible', 'possible' | 'impossible']>([
    ['no device is managed that is not registered', [{ registered: false, managed: true }], 'impossible', 'impossible'],
    ['one is registered and not managed', [{ registered: true, managed: false }], 'possible', 'possible'],
    ['one is neither', [{ registered: false, managed: false }], 'possible', 'possible'],
    ['one is managed and has an assurance', [{ managed: true, assurance: { all: ['disk'] } }], 'possible', 'possible'],
    [
      'one has an assurance and is not managed',
      [{ managed: false, assurance: { any: ['disk'] } }],
      'impossible',
      'possible',
    ],
    ['a managed one is without it', [{ managed: true, assurance: { none: ['disk'] } }], 'impossible', 'possible'],
    ['one has what no source knows', [{ assurance: { any: ['pin'] } }], 'impossible', 'possible'],
    ['a condition asks for more than another', [{ known: true }, { registered: true }], 'possible', 'possible'],
    ['two conditions exclude each other', [{ registered: true }, { registered: false }], 'impossible', 'impossible'],
  ])('%s', (_, conditions, believed, free) => {
    expect(possible(statements, ...conditions).found).toBe(believed);
    expect(possible(undefined, ...conditions).found).toBe(free);
  });

  test('the assurances are told apart that conditions name, each once', () => {
    const conditions: readonly Device[] = [
      { assurance: { any: ['disk'], none: ['pin'] } },
      { known: true, assurance: { all: ['pin', 'lock'] } },
    ];
    expect(possible(statements, ...conditions).asked.map((all) => all.toSorted())).toEqual([['disk', 'lock', 'pin']]);
  });

  test('nothing is asked where no condition asks what they say', () => {
    expect(possible(statements, { known: true, platform: ['mobile'], os: ['ios'] }).asked).toEqual([]);
    expect(possible(statements, { managed: true }, { known: true }).asked).toEqual([[]]);
  });

  test.each([[statements], [undefined]])('a part of a condition is found in the policy', (devices) => {
    const condition: Device = { known: false, managed: false, assurance: { any: ['disk'], none: ['lock'] } };
    const reading = deviceCondition.theory([condition], universe({ devices: () => devices }), {
      sets: [],
      formulaOf: () => ({ all: [] }),
    });
    expect(reading(condition).map(({ path, isNegative }) => [path.join('.'), isNegative ?? false])).toEqual([
      ...[
        ['known', true],
        ['managed', true],
      ],
      ...[
        ['assurance.any', false],
        ['assurance.none', false],
      ],
    ]);
  });
});
