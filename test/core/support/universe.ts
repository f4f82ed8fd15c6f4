/** What can be at all, for the tests of analysis. */
import type { Attribute } from '../../../src/core/model/attribute.ts';
import type { Universe } from '../../../src/core/policy/theories/theory.ts';
import { readAttribute } from '../../../src/core/profile/attribute-value.ts';
import { riskScoring } from './fixtures.ts';

const admin = { read: 'user', write: 'admin' } as const;

const attributes: Readonly<Record<string, Attribute>> = {
  level: { type: 'number', min: 0, max: 10, ...admin },
  plan: { type: 'text', options: [{ value: 'gold' }, { value: 'silver' }], ...admin },
  unit: { type: 'text', matches: 'u*', ...admin },
  name: { type: 'text', ...admin },
  roles: { type: 'list', ...admin },
  ends: { type: 'date', ...admin },
  member: { type: 'boolean', ...admin },
};

export function universe(more: Partial<Universe> = {}): Universe {
  return {
    clientIds: ['notes'],
    places: [{ ip: '203.0.113.7', zones: [] }],
    risk: riskScoring,
    scopesOf: () => [],
    devices: () => undefined,
    knowsCountries: true,
    attribute: (name) => attributes[name],
    isKept: (name, value) => {
      const attribute = attributes[name];
      if (attribute === undefined) return true;
      const read = readAttribute(attribute, attribute.type === 'list' ? [value] : value);
      return read.ok && [read.value].flat()[0] === value;
    },
    isLasting: () => true,
    ...more,
  };
}

const names = ['a', 'b', 'c'];
const subsets = [[], ['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], names];

/** As the arbitraries draw facts: every set of zones is somewhere. */
export const anyZones = universe({
  clientIds: names,
  places: subsets.map((zones, at) => ({ ip: `192.0.2.${at}`, zones })),
});
