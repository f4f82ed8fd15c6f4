/** A device without a browser (RFC 8628), and a user who enters its code in theirs. */

import { type Page, UserAgent } from '../pages/user-agent.ts';
import { post } from './authorize.ts';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export interface WaitingDevice {
  readonly clientId: string;
  readonly deviceCode: string;
  readonly userCode: string;
}

export async function waitingDevice(
  { issuer }: { readonly issuer: string },
  clientId: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<WaitingDevice> {
  const asked = { client_id: clientId, scope: 'openid', ...fields };
  const { status, body } = await post(`${issuer}/oauth2/v1/device`, asked);
  if (status !== 200) throw new Error(`no device code: ${JSON.stringify(body)}`);
  return { clientId, deviceCode: String(body.device_code), userCode: String(body.user_code) };
}

const codeForm = (page: Page) => page.forms.find(({ fields }) => 'user_code' in fields);

/** Types the code and says yes, this is my device. What comes next. */
export async function confirmDevice(
  { issuer }: { readonly issuer: string },
  { userCode }: WaitingDevice,
  agent = new UserAgent(),
): Promise<Page> {
  const page = await agent.open(`${issuer}/device`);
  const asked = await agent.submit(page, codeForm(page), { user_code: userCode });
  const form = codeForm(asked);
  if (!form || !('confirm' in form.fields)) throw new Error(`the code was not taken: ${asked.messages}`);
  const { abort: _, ...fields } = form.fields;
  return agent.submit(asked, { ...form, fields });
}

/** What the device receives when it asks for its tokens. */
export async function pollTokens(
  { origin }: { readonly origin: string },
  { clientId, deviceCode }: WaitingDevice,
): Promise<Readonly<Record<string, unknown>>> {
  const fields = { grant_type: deviceGrant, client_id: clientId, device_code: deviceCode };
  return (await post(`${origin}/oauth2/v1/token`, fields)).body;
}
