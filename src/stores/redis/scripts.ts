/**
 * The Lua scripts. They start with `#!lua`, so Redis itself refuses a script that touches two hash slots of a Cluster.
 * An entry is a hash: v value, n version, r references (JSON array or empty), c consumed (epoch seconds). A counter is
 * a hash: n<window> number of attempts, x<window> end of the window (epoch ms).
 */

/**
 * ARGV: 1 prefix, 2 the tag that references must share to be followed (empty: follow all). Fills `found` and `order`.
 */
const follow = `
local prefix, tag = ARGV[1], ARGV[2]
local found, order, waiting = {}, {}, {}
for i = 1, #KEYS do waiting[i] = string.sub(KEYS[i], #prefix + 1) end
local next = 1
while waiting[next] do
  local key = waiting[next]
  if not found[key] then
    local entry = redis.call('HMGET', prefix .. key, 'v', 'n', 'r', 'c')
    found[key] = entry
    order[#order + 1] = key
    if entry[3] and entry[3] ~= '' then
      for _, ref in ipairs(cjson.decode(entry[3])) do
        if tag == '' or string.match(ref, '{([^}]*)}') == tag then waiting[#waiting + 1] = ref end
      end
    end
  end
  next = next + 1
end
local entries = {}
for i, key in ipairs(order) do
  local entry = found[key]
  entries[i] = { key, entry[1], entry[2], entry[3], entry[4] }
end`;

/**
 * `attempt(key, first, orphan)`: ARGV from `first` on contains limit, window and wait for each limit. `orphan`: the
 * lifetime (ms) without a closing window, or nil. Returns { granted, remaining, retryAfter }.
 */
const attempt = `
local function attempt(key, first, orphan)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local remaining, wait, refused = math.huge, 0, false
  local counts, ends = {}, {}
  for a = first, #ARGV, 3 do
    local limit, window, hold = tonumber(ARGV[a]), ARGV[a + 1], tonumber(ARGV[a + 2])
    local seen = redis.call('HMGET', key, 'n' .. window, 'x' .. window)
    local count, closes = tonumber(seen[1] or '0'), tonumber(seen[2] or '0')
    if window ~= '0' and closes <= now then count, closes = 0, now + window * 1000 end
    if count >= limit then
      refused = true
      if window == '0' then wait = -1 elseif wait >= 0 then wait = math.max(wait, math.ceil((closes - now) / 1000)) end
    end
    if hold > 0 and window ~= '0' and count == limit - 1 then closes = now + hold * 1000 end
    remaining = math.min(remaining, limit - count - 1)
    counts[a], ends[a] = count + 1, closes
  end
  if refused then return { 0, 0, wait } end
  local last = 0
  for a = first, #ARGV, 3 do
    local window = ARGV[a + 1]
    redis.call('HSET', key, 'n' .. window, counts[a], 'x' .. window, ends[a])
    last = math.max(last, ends[a])
  end
  if redis.call('HEXISTS', key, 'n0') == 1 then
    if orphan then redis.call('PEXPIRE', key, orphan) else redis.call('PERSIST', key) end
  elseif redis.call('PEXPIREAT', key, last, 'NX') == 0 then
    redis.call('PEXPIREAT', key, last, 'GT')
  end
  return { 1, remaining, 0 }
end`;

/**
 * KEYS: entries. Returns a list of { key, v, n, r, c }, with nil for a missing entry. Thanks to `no-writes` it also
 * answers when the disk is full.
 */
const load = `#!lua flags=no-writes
${follow}
return entries`;

/**
 * KEYS: entries. ARGV 3 of, 4 counter prefix, 5 name, 6 key of `when` (or empty), 7 version of `when`, 8 lifetime of an
 * orphan in ms, 9... limits. Returns { entries, counter, attempt }.
 */
const loadAndReserve = `#!lua
${follow}
${attempt}
if ARGV[6] ~= '' and found[ARGV[6]][2] ~= ARGV[7] then return { entries } end
local owner, of = ARGV[3], found[ARGV[3]]
if of[3] and of[3] ~= '' then owner = cjson.decode(of[3])[1] end
local counter = owner .. ':' .. ARGV[5]
local exists = found[owner] and found[owner][1]
return { entries, counter, attempt(ARGV[4] .. counter, 9, not exists and ARGV[8] or nil) }`;

/** KEYS: the counter. ARGV 1 lifetime of an orphan in ms (empty if it is not an orphan), 2... limits. */
const reserve = `#!lua
${attempt}
return attempt(KEYS[1], 2, ARGV[1] ~= '' and ARGV[1] or nil)`;

/**
 * KEYS: the key of each operation. ARGV: five per operation: name, value or member, ttl in ms or empty, references,
 * version or keep. Returns 0, or the number of the operation that failed. The first pass also fails on keys of the
 * wrong type, before anything is written.
 */
const commit = `#!lua
for i, key in ipairs(KEYS) do
  local at = i * 5 - 4
  local op, version = ARGV[at], ARGV[at + 4]
  local holds = true
  if op == 'create' then holds = redis.call('HEXISTS', key, 'v') == 0
  elseif op == 'update' or op == 'take' then holds = redis.call('HEXISTS', key, 'v') == 1
  elseif op == 'replace' then holds = redis.call('HGET', key, 'n') == version
  elseif op == 'consume' then
    local entry = redis.call('HMGET', key, 'n', 'c')
    holds = entry[1] and not entry[2]
  elseif op == 'check' then
    local current = redis.call('HGET', key, 'n')
    holds = current and (version == '' or current == version)
  elseif op == 'put' or op == 'reset' then redis.call('HLEN', key)
  elseif op == 'join' or op == 'leave' then redis.call('SCARD', key)
  elseif op == 'append' then redis.call('XLEN', key)
  elseif op ~= 'delete' then error('unknown operation ' .. op) end
  if not holds then return i end
end
for i, key in ipairs(KEYS) do
  local at = i * 5 - 4
  local op, value, ttl = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if op == 'create' or op == 'replace' or op == 'put' or op == 'update' then
    if op == 'create' then redis.call('UNLINK', key) end
    redis.call('HSET', key, 'v', value, 'r', ARGV[at + 3])
    redis.call('HINCRBY', key, 'n', 1)
    if ttl ~= '' then redis.call('PEXPIRE', key, ttl) else redis.call('PERSIST', key) end
  elseif op == 'take' or op == 'delete' or op == 'reset' then redis.call('UNLINK', key)
  elseif op == 'consume' then
    if redis.call('HEXISTS', key, 'v') == 1 then
      redis.call('HSET', key, 'c', redis.call('TIME')[1])
      redis.call('HINCRBY', key, 'n', 1)
    end
  elseif op == 'join' then
    local known = redis.call('EXISTS', key) == 1
    redis.call('SADD', key, value)
    if ttl == '' then redis.call('PERSIST', key)
    elseif known then redis.call('PEXPIRE', key, ttl, 'GT')
    else redis.call('PEXPIRE', key, ttl) end
  elseif op == 'leave' then redis.call('SREM', key, value)
  elseif op == 'append' then redis.call('XADD', key, 'MAXLEN', '~', ARGV[at + 4], '*', 'v', value) end
end
return 0`;

/** By the name of the ioredis command that runs each script. */
export const redisScripts = {
  stepgateLoad: load,
  stepgateLoadAndReserve: loadAndReserve,
  stepgateReserve: reserve,
  stepgateCommit: commit,
} as const;

/** The commands that `defineCommand` adds, called with the number of keys, the keys, and the arguments. */
export type RedisScripts = {
  readonly [name in keyof typeof redisScripts]: (
    keys: number,
    ...rest: readonly (string | number)[]
  ) => Promise<unknown>;
};
