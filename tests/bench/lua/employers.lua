-- Registers employers, each request under an idempotency key of its own.
-- Arguments: a prefix of the keys that no other run has, and the body.
require("report")

local count, prefix, body = 0, "", ""

init = function(arguments)
  prefix, body = arguments[1], arguments[2]
end

request = function()
  count = count + 1
  wrk.headers["Idempotency-Key"] = prefix .. "-" .. count
  return wrk.format("POST", nil, nil, body)
end
