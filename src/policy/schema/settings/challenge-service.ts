/** `challengeService` of `stepgate.yaml`: the service that tells users from programs, in place of the proof of work. */
import { z } from 'zod';
import { isOrigin } from '../../model/content-source.ts';
import type { ChallengeServiceSettings } from '../../model/settings.ts';
import { closed, duration, environmentVariable, secureUrl, secureUrlFault } from '../fields/fields.ts';

/** The field in which the script of a known service puts its response, by the end of its host. */
const responseFields: readonly (readonly [host: string, field: string])[] = [
  ['cloudflare.com', 'cf-turnstile-response'],
  ['hcaptcha.com', 'h-captcha-response'],
];
/** That of reCAPTCHA, which others fill in as well. */
const usualResponseField = 'g-recaptcha-response';

/** Why it cannot be a source in a content security policy; `undefined`: it can. */
function sourceFault(value: string): string | undefined {
  const fault = secureUrlFault(value.replace('://*.', '://any.'));
  if (fault !== undefined) return fault;
  return isOrigin(value) ? undefined : 'must be an origin such as https://example.org or https://*.example.org';
}

const source = z.string().refine((value) => sourceFault(value) === undefined, {
  error: (issue) => sourceFault(String(issue.input)) ?? 'is not an origin',
});

export const challengeService = closed({
  script: secureUrl
    .refine((value) => !URL.canParse(value) || isOrigin(new URL(value).origin), {
      error: 'must have a host of letters, digits, "-" and "."',
    })
    .describe('Script of the service that draws its challenge.'),
  verify: secureUrl.describe(
    'Takes `secret` and `response` as a form, and answers with `success` in JSON (siteverify).',
  ),
  siteKey: z
    .string()
    .regex(/^[\w.:-]{1,200}$/, { error: 'must be made of letters, digits, ".", ":", "-" and "_"' })
    .describe('Public key of this site at the service.'),
  secretEnv: environmentVariable.describe(
    'Name of the environment variable that holds the secret for `verify`. The secret itself belongs in no file.',
  ),
  origins: z
    .array(source)
    .default([])
    .describe(
      'Other origins that the script loads from, such as https://*.example.org. Pages that show the challenge allow them.',
    ),
  responseField: z
    .string()
    .regex(/^[\w-]{1,64}$/, { error: 'must be made of letters, digits, "-" and "_"' })
    .optional()
    .describe(
      'Input that the script fills in. Default cf-turnstile-response or h-captcha-response by the host of `script`, g-recaptcha-response for others.',
    ),
  remoteip: z.boolean().default(false).describe("Sends the user's address to the service. Default false."),
  timeout: duration({ max: 10 })
    .prefault('PT3S')
    .describe('Time to answer in; then the proof of work takes its place. At most PT10S. Default PT3S.'),
})
  .transform(
    (input): ChallengeServiceSettings => ({
      ...input,
      origins: [...new Set([new URL(input.script).origin, ...input.origins])],
      responseField: input.responseField ?? usualFieldOf(input.script),
    }),
  )
  .describe('A challenge in place of the proof of work (Turnstile, hCaptcha, reCAPTCHA, or what is compatible).');

function usualFieldOf(script: string): string {
  const { hostname } = new URL(script);
  const known = responseFields.find(([host]) => hostname === host || hostname.endsWith(`.${host}`));
  return known?.[1] ?? usualResponseField;
}
