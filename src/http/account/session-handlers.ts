/** `/account/sessions`: ending one or all of the user's other sessions. */

import type { OpenAccount } from '../../flow/account/open-account.ts';
import { endAllOtherSessions, endOneSession } from '../../flow/account/recorded-changes.ts';
import { describe, sessionName, sessionsOf } from '../../flow/account/sessions.ts';
import type { SsoSession } from '../../flow/browser/sso-session.ts';
import type { AccountParts } from './account-request.ts';
import { endHandlers, type Listed } from './end-handlers.ts';

/** Stands for all sessions except this one, in place of a session's name. */
const others = 'others';

const sessions: Listed<SsoSession | typeof others> = {
  path: 'sessions',
  list: 'devices',
  verb: 'end',
  purpose: 'end',
  find: async (open, id) => (id === others ? others : otherSession(open, id)),
  shown: async (chosen, open) => ({
    kind: 'end-session',
    ...(chosen === others ? {} : { session: await describe(chosen, open) }),
  }),
  end: (open, chosen) => (chosen === others ? endAllOtherSessions(open) : endOneSession(open, chosen)),
  done: (chosen) => (chosen === others ? 'ended_others' : 'ended'),
};

export function sessionHandlers(parts: AccountParts) {
  const { ask, end } = endHandlers(sessions, parts);
  return { show: ask, end };
}

/** Another session of the same user. The session of this request is excluded, since it ends by signing out. */
async function otherSession(open: OpenAccount, id: string): Promise<SsoSession | undefined> {
  const all = await sessionsOf(open);
  return all.find(({ uid }) => uid !== open.session.uid && sessionName(open, uid) === id);
}
