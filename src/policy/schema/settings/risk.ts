/** `risk` in `stepgate.yaml`: what unusual sign-ins count. Comes out as `RiskScoring` of the core. */
import { z } from 'zod';
import type { riskSignals } from '../../../core/model/risk.ts';
import { closed, duration, whenSound } from '../fields/fields.ts';

const most = 1000;
const points = (usual: number, what: string) =>
  z.int().min(0).max(most).default(usual).describe(`${what} Default ${usual}.`);

const ofSignals = {
  newDevice: points(20, 'A browser that the user does not usually sign in with.'),
  newNetwork: points(10, 'A network (IPv4 /24, IPv6 /48) that the user does not usually sign in from.'),
  newCountry: points(30, 'A country that the user does not usually sign in from, by `networkData.country`.'),
  impossibleTravel: points(
    60,
    'Faster than a user can have travelled since the last sign-in, by `networkData.country` (City).',
  ),
  recentFailures: points(20, 'Many wrong attempts of browsers that the user has never signed in with.'),
  longAway: points(10, 'No sign-in for a long time.'),
} satisfies Record<(typeof riskSignals)[number], z.ZodType>;

const level = (usual: number) => z.int().min(1).max(most).default(usual);

export const riskScoring = closed({
  points: closed(ofSignals).prefault({}).describe('What each unusual thing counts; 0: nothing.'),
  levels: closed({
    medium: level(30).describe('The risk is medium from this number of points. Default 30.'),
    high: level(60).describe('The risk is high from this number of points. Default 60.'),
  })
    .refine(({ medium, high }) => medium < high, { error: '`medium` must be below `high`', when: whenSound })
    .prefault({})
    .describe('The points of each level. Below medium the risk is low.'),
  failures: z
    .int()
    .min(1)
    .max(10)
    .default(5)
    .describe('`recentFailures`: this many failures within an hour, at most 10. Default 5.'),
  speed: z.int().min(100).max(100_000).default(1000).describe('`impossibleTravel`: km/h. Default 1000.'),
  away: duration().prefault('P90D').describe('`longAway`: no sign-in for this long. Default P90D.'),
})
  .prefault({})
  .describe('What is unusual about a sign-in, in points: for the condition `risk`.');
