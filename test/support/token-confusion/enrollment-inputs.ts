/** The inputs of enrollments. */

import { answerStep, currentStep, formOf } from '../clients/sign-in-flow.ts';
import type { Page } from '../pages/user-agent.ts';
import { attestation, optionsOf, type SoftKey, whereOf } from '../pages/webauthn.ts';
import { fieldsOf, softKeyOf } from '../users/enrolled-users.ts';
import { type Fields, seen, tryAt } from './browser-at-page.ts';
import type { FlowsInProgress } from './flows-in-progress.ts';
import type { TestedInput } from './tested-input.ts';

const added = 'account.done.added';
const wrong = ['credentials.malformed', 'credentials.invalid'];

async function answeredOffer(
  { offers, home, refused }: FlowsInProgress,
  offer: string,
  fields: Fields,
): Promise<string> {
  const at = { agent: home, url: offers[offer]?.page.url ?? '', refused };
  const answer = async (page: Page) =>
    currentStep(page).startsWith('enroll') ? answerStep(home, page, fields) : undefined;
  return seen(await tryAt(at, answer));
}

interface Outcomes {
  /** The value that belongs there. */
  readonly takes: string;
  readonly taken?: string;
  readonly refused?: readonly string[];
}

function input(offer: string, field: string, { takes, taken = added, refused = wrong }: Outcomes): TestedInput {
  const [authenticator = ''] = offer.split(',');
  return {
    name: `enroll:${offer}, ${field}`,
    takes: [takes],
    taken,
    counts: 'once',
    refusals: refused.map((code) => `enroll:${authenticator} ${code}`),
    submit: (flows, value) => answeredOffer(flows, offer, { 'credentials.label': 'Another', [field]: value }),
  };
}

/** A new passkey of this user, made for the challenge. */
function made({ node }: FlowsInProgress, key: SoftKey, challenge: string): Fields {
  return fieldsOf(attestation(key, whereOf({ public: { challenge } }, node.issuer)));
}

export const enrollmentInputs: readonly TestedInput[] = [
  input('totp', 'credentials.passcode', { takes: 'TOTP code of the offered key' }),
  input('email', 'credentials.email', {
    takes: 'a new address',
    taken: 'enroll:email',
    refused: ['email.invalid', 'email.enrolled'],
  }),
  input('email, code', 'credentials.passcode', { takes: 'code for a new address' }),
  input('phone, code', 'credentials.passcode', { takes: 'code for a new number' }),
  {
    name: 'enroll:webauthn, challenge that a new passkey signed',
    takes: ['challenge of enroll:webauthn'],
    taken: added,
    counts: 'once',
    refusals: ['enroll:webauthn credentials.invalid'],
    submit: (flows, value) => answeredOffer(flows, 'webauthn', made(flows, softKeyOf(flows.who.id), value)),
  },
  {
    name: 'enroll:webauthn, stateHandle',
    takes: ['handle of enroll:webauthn'],
    taken: added,
    counts: 'once',
    refusals: ['enroll:webauthn form.stale'],
    submit(flows, stateHandle) {
      const challenge = String(optionsOf(flows.offers['webauthn, handle']?.page ?? { html: '' }).challenge);
      const fields = { ...made(flows, softKeyOf(flows.who.id), challenge), stateHandle };
      return answeredOffer(flows, 'webauthn, handle', fields);
    },
  },
  {
    name: '/signin/<uid>/codes, stateHandle',
    takes: ['handle of enroll:recovery_code'],
    taken: 'a file',
    counts: 'always',
    refusals: ['enroll:recovery_code enroll.replaces'],
    async submit({ offers, home }, stateHandle) {
      const { page } = offers.recovery_code ?? { page: await home.open('') };
      const answer = await home.submit(page, formOf(page, 'download'), { stateHandle });
      return answer.headers.has('content-disposition') ? 'a file' : seen(answer);
    },
  },
];
