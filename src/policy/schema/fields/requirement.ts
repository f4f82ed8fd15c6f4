/** What an `allow` or an `acr` value demands. Comes out as `Requirement` of the core. */

import { z } from 'zod';
import type { Characteristic, Factor, Seconds } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import {
  type Alternative,
  type ChainStep,
  type Demand,
  longestChain,
  type Requirement,
} from '../../../core/model/policy.ts';
import { closed, closedNotEmpty, duration, listOf, proofName, whenSound } from './fields.ts';

const required = (what: string) =>
  z.literal(true, { error: 'can only be true: leave it out when it is not demanded' }).optional().describe(what);

const characteristicFields = {
  userPresence: required('The user was there, e.g. touched the key.'),
  userVerification: required('The authenticator verified its user, by PIN or biometrics.'),
  deviceBound: required('The key cannot leave the device.'),
  hardwareProtected: required('The key is kept in hardware.'),
  phishingResistant: required('It cannot be used on a look-alike site.'),
} satisfies Record<Characteristic, z.ZodType>;

const maxAge = duration({ min: 0 })
  .optional()
  .describe('Oldest proof that still counts. PT0S: only a proof of this sign-in counts.');

const maxIdle = duration()
  .optional()
  .describe('A proof counts until the session has been without activity for longer than this.');

const demand = closedNotEmpty({
  authenticators: listOf(proofName)
    .optional()
    .describe('Only these authenticators, or methods of them, such as phone.voice.'),
  exclude: listOf(proofName).optional().describe('Any authenticator but these, or methods of them, such as phone.sms.'),
  ...characteristicFields,
  maxAge,
  maxIdle,
});

const factorDemand = (factor: Factor, example: string) =>
  closed(demand.shape).optional().describe(`One proof must be ${factor} (${example}). \`{}\`: of any kind.`);

const reauthenticate = z
  .union([z.enum(['always', 'session']), duration()], {
    error: 'must be `always`, `session`, or an ISO 8601 duration such as PT12H',
  })
  .optional()
  .describe(
    'How old the proofs may be: `always` (new proofs in each sign-in), `session` (as long as the session lives; default), or a duration.',
  );

const alternativeFields = {
  factors: z
    .union([z.literal(1), z.literal(2), z.literal(3)], { error: 'must be 1, 2 or 3' })
    .optional()
    .describe('Number of distinct factor types (default 1). Two authenticators of one type never make two.'),
  knowledge: factorDemand('knowledge', 'something the user knows'),
  possession: factorDemand('possession', 'something the user has'),
  inherence: factorDemand('inherence', 'something the user is'),
  any: demand.optional().describe('One proof of any factor type must meet this.'),
  reauthenticate,
};

type DemandInput = z.output<typeof demand>;
type AlternativeInput = z.output<z.ZodObject<typeof alternativeFields>>;

const characteristics = Object.keys(characteristicFields) as readonly (keyof typeof characteristicFields &
  Characteristic)[];

/** `undefined` for a member that is not demanded: one that is left out does not compile. */
type EachMember<Members> = { readonly [Name in keyof Members]-?: Members[Name] | undefined };

function toDemand(factor: Factor | undefined, input: DemandInput): Demand {
  const { authenticators, exclude, maxAge: oldest, maxIdle: longestPause } = input;
  const members: EachMember<Demand> = {
    factor,
    authenticators,
    exclude,
    characteristics: characteristicsIn(input),
    maxAge: oldest,
    maxIdle: longestPause,
  };
  return omitUndefined(members);
}

function characteristicsIn(
  input: { readonly [Name in Characteristic]?: true | undefined },
): readonly Characteristic[] | undefined {
  const demanded = characteristics.filter((name) => input[name]);
  return demanded.length > 0 ? demanded : undefined;
}

function toAlternative(input: AlternativeInput): Alternative {
  const { factors = 1, knowledge, possession, inherence, any, reauthenticate: again } = input;
  const demands = [
    ...(knowledge ? [toDemand('knowledge', knowledge)] : []),
    ...(possession ? [toDemand('possession', possession)] : []),
    ...(inherence ? [toDemand('inherence', inherence)] : []),
    ...(any ? [toDemand(undefined, any)] : []),
  ];
  const members: EachMember<Alternative> = { factors, demands, maxAge: toMaxAge(again) };
  return { ...omitUndefined(members), factors, demands };
}

function toMaxAge(again: AlternativeInput['reauthenticate']): Seconds | undefined {
  if (again === 'always') return 0;
  return again === 'session' ? undefined : again;
}

const demandsSomething = ({ factors, knowledge, possession, inherence, any }: AlternativeInput) =>
  factors !== undefined || [knowledge, possession, inherence, any].some((given) => given !== undefined);

const chainsStandAlone =
  'cannot stand in `anyOf`: write `chains` in its place, with a list for each way, of which one is enough';

const alternative = closed({
  ...alternativeFields,
  chains: z.never({ error: chainsStandAlone }).optional().describe('In the place of `anyOf` only.'),
})
  .refine(demandsSomething, {
    error: 'demands nothing: give `factors`, `knowledge`, `possession`, `inherence` or `any`',
    when: whenSound,
  })
  .describe('One way to satisfy the requirement: all of it must hold.');

const chainStep = closed({
  authenticators: listOf(proofName).describe('Any one of these authenticators, or methods of them.'),
  ...characteristicFields,
  maxAge,
  maxIdle,
}).describe('One link of a chain.');

function toChainStep(input: z.output<typeof chainStep>): ChainStep {
  const { authenticators, maxAge: oldest, maxIdle: longestPause } = input;
  const members: EachMember<ChainStep> = {
    authenticators,
    characteristics: characteristicsIn(input),
    maxAge: oldest,
    maxIdle: longestPause,
  };
  return { ...omitUndefined(members), authenticators };
}

/** One alternative inline, or `anyOf`, or `chains`. */
export const requirementSchema = closed({
  ...alternativeFields,
  anyOf: z
    .array(alternative)
    .min(1, { error: 'must not be empty: no user could ever get in' })
    .max(16)
    .optional()
    .describe('Several ways, of which one is enough. Cannot be combined with other keys.'),
  chains: z
    .array(
      z
        .array(chainStep)
        .min(1, { error: 'must not be empty' })
        .max(longestChain, { error: `must have at most ${longestChain} steps` }),
    )
    .min(1, { error: 'must not be empty: no user could ever get in' })
    .max(5, { error: 'must have at most 5 chains' })
    .optional()
    .describe(
      'Ordered authenticators; one of the chains is enough. A chain may use two of one factor type on purpose. Cannot be combined with other keys.',
    ),
})
  .refine(
    ({ anyOf, chains, ...inline }) => !(anyOf || chains) || (Object.keys(inline).length === 0 && !(anyOf && chains)),
    {
      error: '`anyOf` and `chains` each stand alone: move the other keys into the alternatives',
      when: whenSound,
    },
  )
  .refine(({ anyOf, chains, ...inline }) => anyOf !== undefined || chains !== undefined || demandsSomething(inline), {
    error: 'demands nothing: give `factors`, `knowledge`, `possession`, `inherence`, `any`, `anyOf` or `chains`',
    when: whenSound,
  })
  .transform(({ anyOf, chains, ...inline }): Requirement => {
    if (chains) return { chains: chains.map((chain) => chain.map(toChainStep)) };
    return { anyOf: (anyOf ?? [inline]).map(toAlternative) };
  });
