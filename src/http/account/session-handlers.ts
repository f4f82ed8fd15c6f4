/** `/account/sessions`: the user's other sessions, which can be ended, one or all of them. */
import { endAllOtherSessions, endOneSession } from '../../flow/account/change.ts';
import type { OpenAccount } from '../../flow/account/open-account.ts';
import { describe, sessionName, sessionsOf } from '../../flow/account/sessions.ts';
import type { SsoSession } from '../../flow/browser/sso-session.ts';
import type { AccountParts } from './account-request.ts';
import { endHandlers, type Listed } from './end-handlers.ts';

/** In the place of a session's name: all of them but this one. */
const others = 'others';

const sessions: Listed<SsoSession | typeof others> = {
  path: 'sessions',
  list: 'devices',
  verb: 'end',
  purpose: 'end',
  find: async (open, id) => (id === others ? others : otherSession(open, id)),
  shown: async (one, open) => ({
    kind: 'end-session',
    ...(one === others ? {} : { session: await describe(one, open) }),
  }),
  end: (open, one) => (one === others ? endAllOtherSessions(open) : endOneSession(open, one)),
  done: (one) => (one === others ? 'ended_others' : 'ended'),
};

export function sessionHandlers(parts: AccountParts) {
  const { ask, end } = endHandlers(sessions, parts);
  return { show: ask, end };
}

/** A session of the same user. Never the session of this request, which ends by signing out. */
async function otherSession(open: OpenAccount, id: string): Promise<SsoSession | undefined> {
  const all = await sessionsOf(open);
  return all.find(({ uid }) => uid !== open.session.uid && sessionName(open, uid) === id);
}
