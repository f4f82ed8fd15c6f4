/**
 * What is measured. An operation prepares what it needs, unmeasured, and then runs any number of times on its
 * connection.
 */
import type { Answer, Cookie } from './connection.ts';
import {
  authorize,
  type Client,
  discovery,
  redemption,
  refreshment,
  resumption,
  type ShownPage,
  signInPage,
  submission,
  userinfo,
} from './requests.ts';

/** One connection, and who sits at it. */
export interface Seat extends Client {
  /** Number of the user. */
  readonly user: number;
}

export interface Operation {
  readonly name: string;
  /** Times per connection and round, by the number of connections; chosen so that a round takes less than a second. */
  readonly times: { readonly alone: number; readonly together: number };
  /** `times`: how often it will run. Returns the run itself. */
  prepare(seat: Seat, times: number): Promise<() => Promise<unknown>>;
}

async function firstLogin(seat: Seat) {
  seat.connection.forgetCookies();
  return redemption(seat, await resumption(seat.connection, await untilSubmitted(seat)));
}

/**
 * One request of a first login: the requests before it are prepared for each time that it runs, each in a browser of
 * its own.
 */
function requestOf<Before>(
  name: string,
  before: (seat: Seat) => Promise<Before>,
  run: (seat: Seat, before: Before) => Promise<unknown>,
): Operation {
  return {
    name,
    times: { alone: 40, together: 15 },
    async prepare(seat, times) {
      const prepared: { readonly before: Before; readonly cookies: ReadonlyMap<string, Cookie> }[] = [];
      for (let time = 0; time < times; time += 1) {
        seat.connection.forgetCookies();
        prepared.push({ before: await before(seat), cookies: seat.connection.cookies() });
      }
      return async () => {
        const next = prepared.pop();
        if (!next) throw new Error(`${name} ran more often than it was prepared for`);
        seat.connection.useCookies(next.cookies);
        return run(seat, next.before);
      };
    },
  };
}

async function untilPage(seat: Seat): Promise<ShownPage> {
  const start = await authorize(seat);
  return { start, page: await signInPage(seat.connection, start) };
}

async function untilSubmitted(seat: Seat): Promise<Answer> {
  return submission(seat.connection, await untilPage(seat), seat.user);
}

export const login: Operation = {
  name: 'first login',
  times: { alone: 40, together: 15 },
  prepare: async (seat) => () => firstLogin(seat),
};

/** The five requests of a first login. */
export const loginRequests: readonly Operation[] = [
  requestOf(
    'authorize, no session',
    async () => {},
    (seat) => authorize(seat),
  ),
  requestOf(
    'page',
    (seat) => authorize(seat),
    ({ connection }, start) => signInPage(connection, start),
  ),
  requestOf('submission', untilPage, ({ connection, user }, shown) => submission(connection, shown, user)),
  requestOf('resume', untilSubmitted, ({ connection }, submitted) => resumption(connection, submitted)),
  requestOf(
    'token',
    async (seat) => resumption(seat.connection, await untilSubmitted(seat)),
    (seat, code) => redemption(seat, code),
  ),
];

/** The users who have signed in. */
export const sessionOperations: readonly Operation[] = [
  {
    name: 'SSO authorize',
    times: { alone: 80, together: 30 },
    async prepare(seat) {
      await firstLogin(seat);
      return () => authorize(seat);
    },
  },
  {
    name: 'SSO authorize + token',
    times: { alone: 60, together: 25 },
    async prepare(seat) {
      await firstLogin(seat);
      return async () => redemption(seat, await authorize(seat));
    },
  },
  {
    name: 'refresh',
    times: { alone: 100, together: 40 },
    async prepare(seat) {
      let tokens = await firstLogin(seat);
      return async () => {
        tokens = await refreshment(seat, tokens);
      };
    },
  },
  {
    name: 'userinfo',
    times: { alone: 200, together: 80 },
    async prepare(seat) {
      const tokens = await firstLogin(seat);
      return () => userinfo(seat.connection, seat.at, tokens);
    },
  },
  {
    name: 'discovery',
    times: { alone: 400, together: 150 },
    prepare: async (seat) => () => discovery(seat.connection, seat.at),
  },
];
