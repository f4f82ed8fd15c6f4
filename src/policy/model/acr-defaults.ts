/** The `acr` values that apply when `stepgate.yaml` lists none. Strongest first. */
import type { AcrLevel } from '../../core/model/policy.ts';

/**
 * `phr` and `phrh` are the values of OpenID Connect Extended Authentication Profile ACR Values 1.0; the others are
 * Okta's.
 */
export const defaultAcrLevels: readonly AcrLevel[] = [
  {
    value: 'phrh',
    requirement: {
      anyOf: [
        {
          factors: 1,
          demands: [{ factor: 'possession', characteristics: ['hardwareProtected', 'phishingResistant'] }],
        },
      ],
    },
  },
  {
    value: 'phr',
    requirement: {
      anyOf: [{ factors: 1, demands: [{ factor: 'possession', characteristics: ['phishingResistant'] }] }],
    },
  },
  { value: 'urn:okta:loa:2fa:any', requirement: { anyOf: [{ factors: 2, demands: [] }] } },
  {
    value: 'urn:okta:loa:1fa:pwd',
    requirement: { anyOf: [{ factors: 1, demands: [{ factor: 'knowledge', authenticators: ['password'] }] }] },
  },
  { value: 'urn:okta:loa:1fa:any', requirement: { anyOf: [{ factors: 1, demands: [] }] } },
];
