/** Whether a service may have a token. */
import { describe, expect, test } from '@jest/globals';
import { evaluateService } from '../../../src/core/decision/service-issuance.ts';
import type { Facts } from '../../../src/core/model/facts.ts';
import type { ServiceRule } from '../../../src/core/model/service-policy.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import { silentFacts } from '../support/fixtures.ts';

/** Monday, 2026-11-23, 12:00 UTC. */
const noon = Date.UTC(2026, 10, 23, 12) / 1000;

function facts(
  zones: readonly string[],
  more: { readonly now?: number; readonly scopes?: readonly string[] } = {},
): Facts {
  const { now = noon, scopes = [] } = more;
  const silent = silentFacts({});
  return { ...silent, now, network: { ip: '192.0.2.1', zones }, request: { ...silent.request, scopes }, evidence: [] };
}

const rule = (name: string, when: ServiceRule['when'], kind: 'allow' | 'deny'): ServiceRule => ({
  name,
  when,
  then: { kind },
});
const policyOf = (...rules: readonly ServiceRule[]) => compilePolicy({ name: 'jobs', rules });
const rest = rule('Rest', {}, 'allow');

describe('a service gets a token', () => {
  test.each<[string, readonly ServiceRule[], Facts, string | undefined]>([
    [
      'as the first rule that holds says',
      [rule('Outside', { network: { none: ['office'] } }, 'deny'), rest],
      facts([]),
      'Outside',
    ],
    [
      'past a rule that does not hold',
      [rule('Outside', { network: { none: ['office'] } }, 'deny'), rest],
      facts(['office']),
      'Rest',
    ],
    ['by time', [rule('Noon', { time: { from: 660, to: 780, zone: 'UTC' } }, 'deny'), rest], facts([]), 'Noon'],
    [
      'by scope',
      [rule('Write', { scopes: { any: ['write'] } }, 'deny'), rest],
      facts([], { scopes: ['write'] }),
      'Write',
    ],
    ['by no rule: denied', [rule('Office', { network: { any: ['office'] } }, 'allow')], facts([]), undefined],
    ['by no rule of a policy without any: denied', [], facts([]), undefined],
  ])('%s', (_what, rules, given, decidedBy) => {
    const { trace, ...decision } = evaluateService(policyOf(...rules), given);
    const allow = decidedBy === 'Rest';
    expect(decision).toEqual(allow ? { allow } : { allow, reason: decidedBy === undefined ? 'no_rule' : 'rule' });
    expect(trace.layers).toHaveLength(1);
    expect(trace.layers[0]).toMatchObject({ layer: 'service', policy: 'jobs', outcome: allow ? 'allow' : 'deny' });
    expect(trace.layers[0]?.decidedBy).toBe(decidedBy);
  });

  test('without a policy, as its app is configured', () => {
    expect(evaluateService(undefined, facts([]))).toEqual({ allow: true, trace: { layers: [] } });
  });
});
