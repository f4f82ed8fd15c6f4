/**
 * The adapter that most deployments of oidc-provider have: every call is one round trip, what belongs together goes in
 * one MULTI, as in the example of its documentation. That one asks for the TTL of the grant's list first; here EXPIRE
 * GT saves this, in favour of the baseline.
 */
import type { Redis } from 'ioredis';
import type { Adapter, AdapterPayload } from 'oidc-provider';

const ofGrants = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);
const consumable = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode']);

export function usualRedisAdapter(redis: Redis, onRoundTrip: () => void): (model: string) => Adapter {
  const counted = <T>(command: Promise<T>): Promise<T> => {
    onRoundTrip();
    return command;
  };
  return (model) => {
    const keyOf = (id: string): string => `${model}:${id}`;
    const grantKey = (grantId: string): string => `grant:${grantId}`;
    const uidKey = (uid: string): string => `uid:${uid}`;

    async function find(id: string): Promise<AdapterPayload | undefined> {
      if (!consumable.has(model)) {
        const text = await counted(redis.get(keyOf(id)));
        return text === null ? undefined : (JSON.parse(text) as AdapterPayload);
      }
      const { payload, ...rest } = await counted(redis.hgetall(keyOf(id)));
      return payload === undefined ? undefined : { ...rest, ...(JSON.parse(payload) as AdapterPayload) };
    }

    return {
      find,
      async findByUid(uid) {
        const id = await counted(redis.get(uidKey(uid)));
        return id === null ? undefined : find(id);
      },
      async findByUserCode() {
        throw new TypeError('the benchmark has no devices');
      },
      async upsert(id, payload, expiresIn = 0) {
        const key = keyOf(id);
        const multi = redis.multi();
        if (consumable.has(model)) multi.hset(key, { payload: JSON.stringify(payload) });
        else multi.set(key, JSON.stringify(payload));
        if (expiresIn) multi.expire(key, expiresIn);
        if (ofGrants.has(model) && payload.grantId) {
          multi.rpush(grantKey(payload.grantId), key);
          multi.expire(grantKey(payload.grantId), expiresIn, 'NX');
          multi.expire(grantKey(payload.grantId), expiresIn, 'GT');
        }
        if (payload.uid) multi.set(uidKey(payload.uid), id, 'EX', expiresIn);
        await counted(multi.exec());
      },
      async consume(id) {
        await counted(redis.hset(keyOf(id), 'consumed', Math.floor(Date.now() / 1000)));
      },
      async destroy(id) {
        await counted(redis.del(keyOf(id)));
      },
      async revokeByGrantId(grantId) {
        const tokens = await counted(redis.lrange(grantKey(grantId), 0, -1));
        await counted(redis.del(grantKey(grantId), ...tokens));
      },
    };
  };
}
