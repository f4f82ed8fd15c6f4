/**
 * `mail`, `sms` and `voice` of `stepgate.yaml`: how messages go out. Secrets are named by environment variable, and are
 * in no file.
 */
import { z } from 'zod';
import { mailAddress } from '../../../core/model/mail-address.ts';
import { phoneNumberForm } from '../../../core/model/phone-number.ts';
import { closed, environmentVariable, secureUrl, whenSound } from '../fields/fields.ts';

export const mail = closed({
  from: z
    .string()
    .refine((value) => mailAddress(value) === value, { error: 'must be a mail address such as no-reply@example.org' })
    .describe('Address of the sender. It is shown with the name of the brand.'),
  smtp: closed({
    host: z
      .string()
      .regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: 'must be a host name or an address' })
      .describe('Mail server.'),
    port: z.int().min(1).max(65_535).default(587).describe('Its port. Default 587.'),
    secure: z.boolean().default(false).describe('TLS from the start (port 465). Without it, STARTTLS.'),
    requireTls: z
      .boolean()
      .default(true)
      .describe(
        'Send nothing over a connection that is not encrypted. Switch it off only for a server on this machine.',
      ),
    user: z.string().min(1).optional().describe('Name to sign in with at the mail server.'),
    passwordEnv: environmentVariable
      .optional()
      .describe('Name of the environment variable that holds the password. The password itself belongs in no file.'),
  }).describe('The mail server that takes our mail (SMTP).'),
}).describe('How mail goes out. Without it, none does (the demo shows it in its inbox).');

const webhook = closed({
  url: secureUrl.describe('Takes each message as JSON in a POST, signed as Standard Webhooks say.'),
  secretEnv: environmentVariable.describe(
    'Name of the environment variable that holds the secret: `whsec_` and the key in Base64. Several, separated by spaces, all sign: so a secret can be replaced.',
  ),
}).describe('Any gateway, by a webhook of your own.');

const id = z.string().regex(/^[\w-]{1,64}$/, { error: 'must be made of letters, digits, "-" and "_"' });
const number = z.string().regex(phoneNumberForm, { error: 'must be a number such as +4930123456 (E.164)' });
const sender = z.string().regex(/^(\+?\d{3,15}|[A-Za-z0-9 ]{1,11})$/, {
  error: 'must be a number such as +4930123456, a short code, or a name of at most 11 letters and digits',
});

const account = {
  accountSid: id.describe('The account.'),
  authTokenEnv: environmentVariable.describe('Name of the environment variable that holds its token.'),
  baseUrl: secureUrl
    .optional()
    .describe('Where the API is, without `/2010-04-01`. Default: that of Twilio. For services that are compatible.'),
};

export const sms = closed({
  webhook: webhook.optional(),
  twilio: closed({
    ...account,
    from: sender.optional().describe('Sender: a number, a short code or a name.'),
    messagingServiceSid: id.optional().describe('Messaging service that picks the sender, instead of `from`.'),
  })
    .refine(({ from, messagingServiceSid }) => (from === undefined) !== (messagingServiceSid === undefined), {
      error: 'needs either `from` or `messagingServiceSid`',
      when: whenSound,
    })
    .optional()
    .describe('Twilio, or what is compatible with its REST API.'),
})
  .refine(isOne, { error: 'needs either `webhook` or `twilio`', when: whenSound })
  .describe('How text messages go out. Without it, none do (the demo shows them in its inbox).');

export const voice = closed({
  webhook: webhook.optional(),
  twilio: closed({ ...account, from: number.describe('Number that calls.') })
    .optional()
    .describe('Twilio, or what is compatible with its REST API.'),
})
  .refine(isOne, { error: 'needs either `webhook` or `twilio`', when: whenSound })
  .describe('How calls go out. Without it, none do (the demo shows them in its inbox).');

function isOne({ webhook: one, twilio: other }: { readonly webhook?: unknown; readonly twilio?: unknown }): boolean {
  return (one === undefined) !== (other === undefined);
}
