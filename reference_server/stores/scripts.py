"""What Redis runs as a whole: nobody sees it half done, and no key that it leaves is without an end.

Under one prefix there are
    session:ID   a hash: the record, when it expires, and the key that it is resumed by; lives as long as the session
    user:USER    a sorted set: the ids of the user's sessions, in the order of their birth
    client:KEY   the id of the session that this key resumes
    lock:USER    the token of whoever holds the user
Lists and clients end a second after the last session that they are of; a session's own end is the only one that
counts. The names of keys are made in here, so all of them have to be on one server: no cluster.
"""

_NAMES = """
local prefix = ARGV[1]
local function name(kind, what) return prefix .. kind .. ':' .. what end
"""

# The first that finds a session over ends it, unless it was renewed meanwhile: nobody can find it alive later.
BURY = f"""{_NAMES}
local session = name('session', ARGV[2])
if redis.call('HGET', session, 'expires') == ARGV[3] then redis.call('DEL', session) end
"""

# The records in a user's list; ids whose session is gone leave it.
LISTED = f"""{_NAMES}
local list, found = name('user', ARGV[2]), {{}}
for _, id in ipairs(redis.call('ZRANGE', list, 0, -1)) do
    local record = redis.call('HGET', name('session', id), 'record')
    if record then table.insert(found, record) else redis.call('ZREM', list, id) end
end
return found
"""

# Prefix, user, token ('' for none), 'release' or 'hold', how many sessions must still be there, their ids, writes.
COMMIT = f"""{_NAMES}
local at = 5
local function take() at = at + 1; return ARGV[at] end
local function outlive(key, life)
    if redis.call('PTTL', key) < life + 1000 then redis.call('PEXPIRE', key, life + 1000) end
end

local write = {{}}

function write.save()
    local id, user, expires, life, record = take(), take(), take(), tonumber(take()), take()
    local session = name('session', id)
    -- An end that hasn't moved is left alone: whoever shortened the life of the key meant it.
    local moved = redis.call('HGET', session, 'expires') ~= expires
    redis.call('HSET', session, 'record', record, 'expires', expires)
    if moved then redis.call('PEXPIRE', session, life) end
    outlive(name('user', user), life)
    local client = redis.call('HGET', session, 'client')
    if client then outlive(name('client', client), life) end
end

function write.drop() redis.call('DEL', name('session', take())) end

function write.enlist()
    local list, id = name('user', take()), take()
    local last = redis.call('ZRANGE', list, -1, -1, 'WITHSCORES')[2] or 0
    redis.call('ZADD', list, 'NX', last + 1, id)
    outlive(list, redis.call('PTTL', name('session', id)))
    -- Lists that nobody reads don't fill up: ten looks a birth keep the ids of ended sessions below a tenth or so.
    for _, other in ipairs(redis.call('ZRANDMEMBER', list, 10)) do
        if redis.call('EXISTS', name('session', other)) == 0 then redis.call('ZREM', list, other) end
    end
end

function write.delist() redis.call('ZREM', name('user', take()), take()) end

function write.bind()
    local key, id = take(), take()
    local client, session = name('client', key), name('session', id)
    if redis.call('EXISTS', session) == 1 then
        redis.call('SET', client, id, 'PX', redis.call('PTTL', session) + 1000)
        redis.call('HSET', session, 'client', key)
    end
end

function write.unbind()
    local client, id = name('client', take()), take()
    if redis.call('GET', client) == id then redis.call('DEL', client) end
end

local lock, token = name('lock', ARGV[2]), ARGV[3]
local writes = #ARGV > 5 + ARGV[5]
if token ~= '' then
    local held = redis.call('GET', lock) == token
    if held and ARGV[4] == 'release' then redis.call('DEL', lock) end
    if writes and not held then return 'lost' end
end
for _ = 1, ARGV[5] do
    if redis.call('EXISTS', name('session', take())) == 0 then return 'gone' end
end
while at < #ARGV do write[take()]() end
return 'done'
"""

# The clock of all processes: microseconds ahead of the system's. Kept for a month after the last jump.
JUMP = f"""{_NAMES}
local clock = prefix .. 'clock'
local ahead = tonumber(redis.call('GET', clock) or '0') + ARGV[2]
if ahead > tonumber(ARGV[3]) then return false end
return redis.call('SET', clock, string.format('%.0f', ahead), 'PX', 2592000000)
"""
