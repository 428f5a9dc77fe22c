-- SPDX-License-Identifier: Apache-2.0
-- Sends prepared requests, each once, from a file of length-prefixed messages. Run by wrk with one
-- thread, since every thread of wrk is a Lua state of its own and would send the same ones again.
-- Arguments: the file; "cycle" to begin again at its end (for servers that keep nothing).

local requests, last, position, cycle = {}, 0, 0, false

function init(args)
    local file = assert(io.open(args[1], "rb"))
    cycle = args[2] == "cycle"
    while true do
        local length = file:read(8)
        if not length then break end
        last = last + 1
        requests[last] = file:read(tonumber(length))
    end
    file:close()
end

-- Nothing but an index, so that wrk is never the slower end.
function request()
    position = position + 1
    if position > last then
        -- The driver sees that all were used, and does not believe such a round.
        if not cycle then wrk.thread:stop() end
        position = 1
    end
    return requests[position]
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests":%d,"microseconds":%d,"p50":%.1f,"p99":%.1f,"failures":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
