-- Sends the requests of a file at random and counts how they are answered.
-- Arguments: the file (method, path, token, purpose, body; parted by tabs), the pause of a
-- connection between two requests in ms, and a prefix of keys that no other run has.
-- Ends with one line of JSON; tests/overload/flood.py reads it.
local requests, pause, prefix, count, running = {}, 0, "", 0, nil
statuses, waits = {}, {}

function setup(thread)
  running = thread
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, token, purpose, body = line:match("(.-)\t(.-)\t(.-)\t(.-)\t(.*)")
    local headers = {["Host"] = wrk.headers["Host"], ["Authorization"] = "Bearer " .. token}
    headers["Purpose-Of-Use"] = purpose
    if body ~= "" then headers["Content-Type"] = "application/json" end
    table.insert(requests, {method = method, path = path, headers = headers, body = body})
  end
  pause, prefix = tonumber(arguments[2]), arguments[3]
  math.randomseed(os.time())
end

function request()
  local one = requests[math.random(#requests)]
  if one.method == "POST" then
    count = count + 1
    one.headers["Idempotency-Key"] = prefix .. "-" .. count
    return wrk.format(one.method, one.path, one.headers, one.body)
  end
  one.text = one.text or wrk.format(one.method, one.path, one.headers)
  return one.text
end

function delay()
  return pause > 0 and math.random(0, 2 * pause) or 0
end

function response(status, headers, body)
  statuses[status] = (statuses[status] or 0) + 1
  local wait = headers["retry-after"]
  if wait then waits[wait] = (waits[wait] or 0) + 1 end
end

local function json(counted)
  local parts = {}
  for key, times in pairs(counted) do
    table.insert(parts, string.format('"%s":%d', key, times))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"p50_ms":%f,"p95_ms":%f,"p99_ms":%f,'
      .. '"unanswered":%d,"statuses":%s,"waits":%s}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.timeout,
    json(running:get("statuses")), json(running:get("waits"))))
end
