-- Dissector for the Ferry protocol, version 1 (PROTOCOL.md), for Wireshark and tshark 4.
--
--     ferry dissector --install        puts it among your Wireshark plugins
--     tshark -X lua_script:ferry.lua   uses it once
--
-- Finds Ferry on any port, plain or inside TLS (with the keys: see docs/wireshark.md), by the
-- greeting; on port 7788 also in a capture that began later.
--
-- What it works out (links, latencies, breaches) is learnt when a packet is seen for the first time
-- and only looked up afterwards, so that any order of clicking shows the same.

-- Installed already, and started with another copy besides: the first one serves.
local is_first, ferry = pcall(Proto, "ferry", "Ferry")
if not is_first then return end

local PORT = 7788
local HEADER = 8

-- Types: name and limit of the payload in bytes.
local K, M = 1024, 1024 * 1024
local TYPES = {
  [1] = { "HELLO", 8 * K },
  [2] = { "WELCOME", 512 * K },
  [3] = { "OFFER", 512 * K },
  [4] = { "ACCEPT", 64 * K },
  [5] = { "REJECT", 64 * K },
  [6] = { "DATA", M + 16 },
  [7] = { "END", 64 * K },
  [8] = { "RECEIPT", 64 * K },
  [9] = { "CANCEL", 64 * K },
  [10] = { "PING", 64 * K },
  [11] = { "PONG", 64 * K },
  [12] = { "ERROR", 64 * K },
  [13] = { "BYE", 64 * K },
  [14] = { "REQUEST", 64 * K },
  [15] = { "RESPONSE", 64 * K },
  [128] = { "PRESENCE", 64 * K },
  [129] = { "PROGRESS", 64 * K },
}
local FIRST_OPTIONAL, OPTIONAL_LIMIT = 128, 64 * K
local DATA = 6

local type_names = {}
for number, row in pairs(TYPES) do type_names[number] = row[1] end

---------------------------------------------------------------------------------------------------
-- Fields

local F = {}
local function field(key, make, name, ...)
  F[key] = make("ferry." .. key, name, ...)
end

field("length", ProtoField.uint32, "Payload length", base.DEC)
field("type", ProtoField.uint8, "Type", base.DEC, type_names)
field("flags", ProtoField.uint8, "Flags", base.HEX)
field("reserved", ProtoField.uint16, "Reserved", base.HEX)
field("transfer", ProtoField.string, "Transfer")
field("offset", ProtoField.uint64, "Offset", base.DEC)
field("data", ProtoField.bytes, "Bytes")
field("json", ProtoField.string, "Payload")
field("record", ProtoField.string, "Record")
field("other", ProtoField.string, "Other")

local MOMENTS = { modified = true, ["bundled.modified"] = true }
for key in pairs(MOMENTS) do field(key, ProtoField.int64, "Modified at (Unix ms)", base.DEC) end

local STRINGS = {
  name = "Name", kind = "Kind", from = "From", to = "To", recipient = "Recipient",
  sha256 = "SHA-256", fingerprint = "Fingerprint", status = "Status", code = "Code",
  message = "Message", scope = "Scope", client = "Client", hub = "Hub", role = "Role",
  capability = "Capability", software = "Software", key = "Key", change = "Change",
  ["peer.name"] = "Peer", ["peer.address"] = "Address", tree = "Directory (transfer)", what = "What is asked", path = "Path",
  -- Of what a RESPONSE lists.
  ["delivery.id"] = "Transfer", ["delivery.name"] = "Name", ["delivery.kind"] = "Kind",
  ["delivery.from"] = "From", ["delivery.to"] = "To", ["delivery.status"] = "Status",
  ["delivery.sha256"] = "SHA-256", ["delivery.code"] = "Code", ["delivery.message"] = "Message",
  ["file.path"] = "Path", ["file.kind"] = "Kind",
  ["missing.path"] = "Path", ["missing.code"] = "Code", ["missing.message"] = "Message",
  -- Of the files in a bundle.
  ["bundled.name"] = "Name", ["bundled.id"] = "Logged as",
}
for key, name in pairs(STRINGS) do field(key, ProtoField.string, name) end
local COUNTS = {
  size = "Size", bytes = "Bytes received", ["version.min"] = "Lowest version",
  ["version.max"] = "Highest version", version = "Version", ["peer.since"] = "Joined at (Unix ms)",
  ["limits.transfers"] = "Open transfers at most", ["limits.inline"] = "Inline body at most",
  ["until"] = "Kept until (Unix ms)", request = "Request", since = "Since (Unix ms)",
  limit = "At most", captured = "Bytes of the body in this capture",
  ["delivery.size"] = "Size", ["delivery.at"] = "Offered at (Unix ms)",
  ["delivery.ended"] = "Ended at (Unix ms)",
  ["file.size"] = "Size", ["file.modified"] = "Modified at (Unix ms)",
  ["bundled.size"] = "Size", ["bundled.count"] = "Files in the bundle",
}
for key, name in pairs(COUNTS) do field(key, ProtoField.uint64, name, base.DEC) end
local MILLISECONDS = {
  ["delivery.total_ms"] = "Latency", ["delivery.queue_ms"] = "Queue", ["delivery.offer_ms"] = "Offer",
  ["delivery.transfer_ms"] = "Transfer", ["delivery.verify_ms"] = "Verify", ["delivery.ack_ms"] = "Ack",
  verify_ms = "Verify", rtt_ms = "Round trip hub – recipient", t1 = "t1", t2 = "t2", t3 = "t3", sent_ms = "Sent at, sayer's clock",
  ["deadlines.accept_ms"] = "Accept deadline", ["deadlines.idle_ms"] = "Idle deadline",
  ["deadlines.receipt_ms"] = "Receipt deadline", queue_ms = "Kept for the recipient",
  wait_ms = "Recipient waited for",
}
for key, name in pairs(MILLISECONDS) do field(key, ProtoField.double, name .. " (ms)") end
local BOOLEANS = {
  inline = "Body follows at once", retryable = "Trying again can help", adapt = "Name may be adapted",
  executable = "Executable", ["bundled.executable"] = "Executable", recursive = "With everything below", last = "Last part", unchanged = "Was there already", secret = "Secret present",
  token = "Token present", signature = "Signature present",
  ["delivery.retryable"] = "Trying again can help", ["missing.retryable"] = "Trying again can help",
}
for key, name in pairs(BOOLEANS) do field(key, ProtoField.bool, name) end

-- Worked out, not on the wire.
field("hop", ProtoField.uint8, "Hop", base.DEC, { "client to hub", "hub to client" })
field("offer_in", ProtoField.framenum, "Offered in", base.NONE, frametype.REQUEST)
field("answer_in", ProtoField.framenum, "Answered in", base.NONE, frametype.RESPONSE)
field("end_in", ProtoField.framenum, "Ended in", base.NONE)
field("receipt_in", ProtoField.framenum, "Receipt in", base.NONE, frametype.ACK)
field("ping_in", ProtoField.framenum, "Asked in", base.NONE, frametype.REQUEST)
field("pong_in", ProtoField.framenum, "Answered in", base.NONE, frametype.RESPONSE)
field("request_in", ProtoField.framenum, "Requested in", base.NONE, frametype.REQUEST)
field("response_in", ProtoField.framenum, "Response in", base.NONE, frametype.RESPONSE)
field("rtt", ProtoField.relative_time, "PING to PONG")
field("response_time", ProtoField.relative_time, "REQUEST to RESPONSE")
field("latency", ProtoField.relative_time, "Latency, OFFER to RECEIPT")
field("latency.offer", ProtoField.relative_time, "OFFER to ACCEPT")
field("latency.transfer", ProtoField.relative_time, "Body, first byte to END")
field("latency.receipt", ProtoField.relative_time, "END to RECEIPT")

local all = {}
for _, one in pairs(F) do all[#all + 1] = one end
ferry.fields = all

local X = {
  breach = ProtoExpert.new("ferry.breach", "Breach of the protocol",
    expert.group.PROTOCOL, expert.severity.ERROR),
  unsynced = ProtoExpert.new("ferry.unsynced", "Not the start of a frame",
    expert.group.UNDECODED, expert.severity.WARN),
  gap = ProtoExpert.new("ferry.gap", "Something before this is missing",
    expert.group.SEQUENCE, expert.severity.WARN),
  failed = ProtoExpert.new("ferry.failed", "The transfer failed",
    expert.group.RESPONSE_CODE, expert.severity.WARN),
  defect = ProtoExpert.new("ferry.defect", "Defect of this dissector",
    expert.group.UNDECODED, expert.severity.ERROR),
}
ferry.experts = { X.breach, X.unsynced, X.gap, X.failed, X.defect }

---------------------------------------------------------------------------------------------------
-- JSON with the place of every value, so that a click shows its bytes

local MAX_DEPTH = 64
local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function utf8_of(code)
  if code < 0x80 then return string.char(code) end
  local tail = string.char(0x80 + code % 64)
  code = math.floor(code / 64)
  if code < 32 then return string.char(0xC0 + code) .. tail end
  tail = string.char(0x80 + code % 64) .. tail
  code = math.floor(code / 64)
  if code < 16 then return string.char(0xE0 + code) .. tail end
  tail = string.char(0x80 + code % 64) .. tail
  return string.char(0xF0 + math.floor(code / 64)) .. tail
end

-- Whether `s` is UTF-8 (RFC 3629).
local function is_utf8(s)
  local at = 1
  while true do
    at = s:find("[\128-\255]", at)
    if at == nil then return true end
    local a, b, c, d = s:byte(at, at + 3)
    local function tail(x) return x ~= nil and x >= 0x80 and x < 0xC0 end
    if a >= 0xC2 and a < 0xE0 and tail(b) then
      at = at + 2
    elseif a >= 0xE0 and a < 0xF0 and tail(b) and tail(c) and not (a == 0xE0 and b < 0xA0)
      and not (a == 0xED and b >= 0xA0) then
      at = at + 3
    elseif a >= 0xF0 and a < 0xF5 and tail(b) and tail(c) and tail(d)
      and not (a == 0xF0 and b < 0x90) and not (a == 0xF4 and b >= 0x90) then
      at = at + 4
    else
      return false
    end
  end
end

-- Length in UTF-16 units.
local function units(s)
  local _, tails = s:gsub("[\128-\191]", "")
  local _, pairs_ = s:gsub("[\240-\247]", "")
  return #s - tails + pairs_
end

local function unescape(text)
  text = text:gsub("\\u([dD][89abAB]%x%x)\\u([dD][c-fC-F]%x%x)", function(high, low)
    return utf8_of(0x10000 + (tonumber(high, 16) - 0xD800) * 1024 + tonumber(low, 16) - 0xDC00)
  end)
  return (text:gsub("\\(u?)(%x?%x?%x?%x?)(.?)", function(u, hex, rest)
    if u == "u" then
      local code = tonumber(hex, 16)
      if code >= 0xD800 and code < 0xE000 then code = 0xFFFD end
      return utf8_of(code) .. rest
    end
    -- What was taken for digits belongs to the escaped character.
    local all_ = hex .. rest
    local char = all_:sub(1, 1)
    return (ESCAPES[char] or char) .. all_:sub(2)
  end))
end

-- Nodes: { t = type, v = value, from, to } in bytes of `s`, from 1. Throws a string for bad JSON.
local function parse_json(s)
  local value

  local function blank(at) return s:find("[^ \t\r\n]", at) or #s + 1 end

  local function string_end(at)
    while true do
      at = s:find('["\\%c]', at)
      if at == nil then error("no end", 0) end
      local c = s:sub(at, at)
      if c == '"' then return at end
      if c ~= "\\" then
        if c ~= "\127" then error("control character", 0) end
        at = at + 1
      elseif s:find('^["\\/bfnrt]', at + 1) then
        at = at + 2
      elseif s:find("^u%x%x%x%x", at + 1) then
        at = at + 6
      else
        error("escape", 0)
      end
    end
  end

  local function text(at)
    local to = string_end(at + 1)
    local raw = s:sub(at + 1, to - 1)
    if raw:find("\\", 1, true) then
      -- One escape at a time: a backslash escaped is none that escapes.
      local out, from = {}, 1
      while true do
        local begin = raw:find("\\", from, true)
        if begin == nil then break end
        out[#out + 1] = raw:sub(from, begin - 1)
        local pair = raw:match("^\\u[dD][89abAB]%x%x\\u[dD][c-fC-F]%x%x", begin)
        local one = pair or raw:match("^\\u%x%x%x%x", begin) or raw:sub(begin, begin + 1)
        out[#out + 1] = unescape(one)
        from = begin + #one
      end
      out[#out + 1] = raw:sub(from)
      raw = table.concat(out)
    end
    return { t = "string", v = raw, from = at, to = to }
  end

  -- Deeper than anybody reads: brackets are counted, without recursion.
  local function skip(at)
    local open, from = {}, at
    while true do
      at = s:find('["%[%]{}]', at)
      if at == nil then error("no end", 0) end
      local c = s:sub(at, at)
      if c == '"' then
        at = string_end(at + 1)
      elseif c == "[" or c == "{" then
        open[#open + 1] = c
      else
        if (c == "]") ~= (open[#open] == "[") then error("brackets", 0) end
        open[#open] = nil
        if #open == 0 then return { t = "deep", from = from, to = at } end
      end
      at = at + 1
    end
  end

  value = function(at, depth)
    local c = s:sub(at, at)
    if c == '"' then return text(at) end
    if c == "{" or c == "[" then
      if depth > MAX_DEPTH then return skip(at) end
      local close = c == "{" and "}" or "]"
      local node = { t = c == "{" and "object" or "array", v = {}, from = at, list = {} }
      at = blank(at + 1)
      if s:sub(at, at) == close then
        node.to = at
        return node
      end
      while true do
        local key
        if c == "{" then
          if s:sub(at, at) ~= '"' then error("name expected", 0) end
          local name = text(at)
          key = name.v
          at = blank(name.to + 1)
          if s:sub(at, at) ~= ":" then error("colon expected", 0) end
          at = blank(at + 1)
        end
        local child = value(at, depth + 1)
        child.key = key
        node.list[#node.list + 1] = child
        if key ~= nil then node.v[key] = child end
        at = blank(child.to + 1)
        local mark = s:sub(at, at)
        if mark == close then
          node.to = at
          return node
        end
        if mark ~= "," then error("comma expected", 0) end
        at = blank(at + 1)
      end
    end
    for word, v in pairs({ ["true"] = true, ["false"] = false }) do
      if s:sub(at, at + #word - 1) == word then
        return { t = "boolean", v = v, from = at, to = at + #word - 1 }
      end
    end
    if s:sub(at, at + 3) == "null" then return { t = "null", from = at, to = at + 3 } end
    local _, to = s:find("^-?%d+", at)
    if to == nil or s:find("^-?0%d", at) then error("value expected", 0) end
    if s:find("^%.%d", to + 1) then _, to = s:find("^%.%d+", to + 1) end
    if s:find("^[eE][+-]?%d", to + 1) then _, to = s:find("^[eE][+-]?%d+", to + 1) end
    return { t = "number", v = tonumber(s:sub(at, to)), from = at, to = to }
  end

  local at = 1
  if s:sub(1, 3) == "\239\187\191" then at = 4 end
  local root = value(blank(at), 1)
  if blank(root.to + 1) <= #s then error("more follows", 0) end
  if root.t ~= "object" then error("no object", 0) end
  return root
end

---------------------------------------------------------------------------------------------------
-- Messages: what each field must be, and where it is shown

local MAX_COUNT = 9007199254740991

local function is_string(max, min)
  return function(n) return n.t == "string" and units(n.v) <= max and units(n.v) >= (min or 0) end
end
local function matches(pattern, max)
  return function(n) return n.t == "string" and #n.v <= max and n.v:find(pattern) ~= nil end
end
local function one_of(...)
  local set = {}
  for _, word in ipairs({ ... }) do set[word] = true end
  return function(n) return n.t == "string" and set[n.v] == true end
end
local function count_to(max)
  return function(n)
    return n.t == "number" and n.v >= 0 and n.v <= max and n.v == math.floor(n.v)
  end
end
local count, boolean = count_to(MAX_COUNT), function(n) return n.t == "boolean" end
local function ms(n) return n.t == "number" and n.v >= 0 and n.v < math.huge end
-- As far as a JavaScript Date reaches either way.
local function moment(n)
  return n.t == "number" and math.abs(n.v) <= 8.64e15 and n.v == math.floor(n.v)
end
-- One that is not before the epoch.
local time = count_to(8.64e15)
local name, code = matches("^[%w._-]+$", 64), matches("^[a-z][a-z.-]*$", 64)
local sentence = is_string(2048)
local function digits(length)
  return function(n) return n.t == "string" and #n.v == length and not n.v:find("[^0-9a-f]") end
end
local id, sha256 = digits(16), digits(64)
local function base64url(length)
  return function(n) return n.t == "string" and #n.v == length and not n.v:find("[^%w_-]") end
end
local path = is_string(4096, 1)
local function size(n) return n.t == "null" or count(n) end
local function list_of(check, max, min)
  return function(n)
    if n.t ~= "array" or #n.list > max or #n.list < (min or 0) then return false end
    for at, one in ipairs(n.list) do if not check(one) then return false, at - 1 end end
    return true
  end
end

-- A row: field of the message, check, field shown in, "?" for one that may be absent. Instead of a
-- check the rows of an object, or { rows, max = …, min = … } for a list of objects.
local PEER = {
  { "name", name, "peer.name" },
  { "since", time, "peer.since" },
  { "address", is_string(128), "peer.address" },
}
local FAILURE = { { "code", code, "code" }, { "message", sentence, "message" } }
local ID = { "id", id, "transfer" }
local RECIPIENT = { "recipient", name, "recipient" }
local RETRYABLE = { "retryable", boolean, "retryable" }

local DELIVERY = {
  { "id", id, "delivery.id" },
  { "name", path, "delivery.name" },
  { "kind", is_string(32), "delivery.kind" },
  { "size", size, "delivery.size" },
  { "from", name, "delivery.from" },
  { "to", name, "delivery.to" },
  { "status", one_of("open", "stored", "delivered", "failed"), "delivery.status" },
  { "at", time, "delivery.at" },
  { "ended", time, "delivery.ended", "?" },
  { "sha256", sha256, "delivery.sha256", "?" },
  { "code", code, "delivery.code", "?" },
  { "message", sentence, "delivery.message", "?" },
  { "retryable", boolean, "delivery.retryable", "?" },
  { "latency_ms", {
    { "total", ms, "delivery.total_ms" },
    { "queue", ms, "delivery.queue_ms" },
    { "offer", ms, "delivery.offer_ms" },
    { "transfer", ms, "delivery.transfer_ms" },
    { "verify", ms, "delivery.verify_ms" },
    { "ack", ms, "delivery.ack_ms" },
  }, nil, "?" },
}
local FILE = {
  { "path", path, "file.path" },
  { "kind", one_of("file", "directory"), "file.kind" },
  { "size", count, "file.size" },
  { "modified_ms", time, "file.modified" },
}
local MISSING = {
  { "path", path, "missing.path" },
  { "code", code, "missing.code" },
  { "message", sentence, "missing.message" },
  { "retryable", boolean, "missing.retryable" },
}
local BUNDLED = {
  { "name", path, "bundled.name" },
  { "size", count, "bundled.size" },
  { "modified_ms", moment, "bundled.modified", "?" },
  { "executable", boolean, "bundled.executable", "?" },
}

local MESSAGES = {
  HELLO = {
    { "version", { { "min", count_to(65535), "version.min" }, { "max", count_to(65535), "version.max" } } },
    { "capabilities", list_of(is_string(64), 64), "capability" },
    { "role", one_of("peer", "oneshot"), "role" },
    { "name", name, "client" },
    { "adapt", boolean, "adapt", "?" },
    { "token", is_string(64), "token", "?" },
    { "secret", is_string(64), "secret", "?" },
    { "key", base64url(43), "key", "?" },
    { "signature", base64url(86), "signature", "?" },
    { "software", is_string(128), "software" },
  },
  WELCOME = {
    { "version", count_to(65535), "version" },
    { "capabilities", list_of(is_string(64), 64), "capability" },
    { "hub", name, "hub" },
    { "name", name, "client" },
    { "token", is_string(64), "token" },
    { "peers", { PEER, max = 1024 } },
    { "limits", { { "transfers", count, "limits.transfers" }, { "inline", count, "limits.inline" } } },
    { "software", is_string(128), "software" },
  },
  OFFER = {
    ID,
    { "name", path, "name" },
    { "kind", one_of("file", "text", "json", "directory", "bundle"), "kind" },
    { "size", size, "size" },
    { "from", name, "from" },
    { "to", list_of(name, 1024, 1), "to" },
    { "inline", boolean, "inline" },
    { "deadlines", {
      { "accept_ms", ms, "deadlines.accept_ms" },
      { "idle_ms", ms, "deadlines.idle_ms" },
      { "receipt_ms", ms, "deadlines.receipt_ms" },
    } },
    { "fingerprint", is_string(64), "fingerprint", "?" },
    { "queue_ms", ms, "queue_ms", "?" },
    { "wait_ms", ms, "wait_ms", "?" },
    { "tree", id, "tree", "?" },
    { "modified_ms", moment, "modified", "?" },
    { "executable", boolean, "executable", "?" },
    { "files", { BUNDLED, max = 128, min = 1 }, nil, "?" },
  },
  ACCEPT = { ID, { "offset", count, "offset" } },
  REJECT = { ID, FAILURE[1], FAILURE[2], RETRYABLE },
  END = { ID, { "size", count, "size" }, { "sha256", sha256, "sha256" }, { "sent_ms", ms, "sent_ms", "?" } },
  RECEIPT = {
    { "status", one_of("delivered", "stored", "failed"), "status" },
    ID,
    RECIPIENT,
  },
  CANCEL = { ID, FAILURE[1], FAILURE[2] },
  PROGRESS = { ID, RECIPIENT, { "bytes", count, "bytes" } },
  PING = { { "t1", ms, "t1" } },
  PONG = { { "t1", ms, "t1" }, { "t2", ms, "t2" }, { "t3", ms, "t3" } },
  ERROR = {
    FAILURE[1],
    { "scope", one_of("connection", "transfer"), "scope" },
    { "id", id, "transfer", "?" },
    RETRYABLE,
    FAILURE[2],
  },
  BYE = { { "code", code, "code", "?" }, { "message", sentence, "message", "?" } },
  REQUEST = {
    { "request", count, "request" },
    { "what", is_string(32), "what" },
    { "path", path, "path", "?" },
    { "recursive", boolean, "recursive", "?" },
    { "peer", name, "peer.name", "?" },
    { "since", count, "since", "?" },
    { "limit", count, "limit", "?" },
  },
  RESPONSE = {
    { "status", one_of("part", "failed"), "status" },
    { "request", count, "request" },
  },
  PRESENCE = { { "change", one_of("joined", "left"), "change" }, { "peer", PEER } },
}
-- What they hold beyond that depends on their status.
local BY_STATUS = {
  RECEIPT = {
    delivered = {
      { "verify_ms", ms, "verify_ms" },
      { "rtt_ms", ms, "rtt_ms", "?" },
      { "unchanged", boolean, "unchanged", "?" },
    },
    stored = { { "until", time, "until" } },
    failed = { FAILURE[1], FAILURE[2], RETRYABLE },
  },
  RESPONSE = {
    part = {
      { "last", boolean, "last" },
      { "transfers", { DELIVERY, max = math.huge }, nil, "?" },
      { "files", { FILE, max = math.huge }, nil, "?" },
      { "missing", { MISSING, max = math.huge }, nil, "?" },
    },
    failed = { FAILURE[1], FAILURE[2], RETRYABLE },
  },
}
-- What an OFFER whose fields are right by themselves has wrong: its `files`, or nil.
local function bundle_flaw(v)
  local is_bundle = v.kind.v == "bundle"
  if is_bundle ~= (v.files ~= nil) then return "files" end
  if not is_bundle then return nil end
  local start, bytes, names = v.name.v .. "/", 0, 0
  for _, file in ipairs(v.files.list) do
    local one = file.v.name.v
    if one:sub(1, #start) ~= start then return "files" end
    bytes, names = bytes + file.v.size.v, names + units(one)
  end
  local fits = bytes == v.size.v and bytes <= 64 * K and names <= 64 * K
  if not fits or v.tree == nil or v.queue_ms ~= nil then return "files" end
end

-- What is logged of the file `n` (from 0) of the bundle `id` bears this id.
local function id_within(id_, n)
  return id_:sub(1, 8) .. ("%08x"):format((tonumber(id_:sub(9), 16) + n) % 4294967296)
end

-- Never shown, whatever they hold.
local CONCEALED = { secret = true, token = true, signature = true }

local function u64(n)
  return UInt64.new(n % 4294967296, math.floor(n / 4294967296))
end

local function show(tree, key, range, node)
  if CONCEALED[key] then
    tree:add(F[key], range, true)
  elseif node.t == "array" then
    for _, one in ipairs(node.list) do tree:add(F[key], range, one.v) end
  elseif node.t == "null" then
    tree:add(range, STRINGS[key] or COUNTS[key] or key):append_text(": not known yet")
  elseif COUNTS[key] or key == "offset" then
    tree:add(F[key], range, u64(math.max(0, math.floor(node.v))))
  elseif MOMENTS[key] then
    tree:add(F[key], range, Int64.new(node.v % 4294967296, math.floor(node.v / 4294967296)))
  elseif MILLISECONDS[key] or BOOLEANS[key] or STRINGS[key] or key == "transfer" then
    tree:add(F[key], range, node.v)
  end
end

-- A field nobody here knows, and what is in it.
local function show_any(tree, range_of, node, label)
  if node.list == nil then
    local text = node.t == "null" and "null" or node.t == "deep" and "…" or tostring(node.v)
    local item = tree:add(F.other, range_of(node), label .. ": " .. text)
    item:set_text(label .. ": " .. text)
    return
  end
  local item = tree:add(range_of(node), label)
  for at, child in ipairs(node.list) do
    show_any(item, range_of, child, child.key or ("[" .. (at - 1) .. "]"))
  end
end

local show_fields

-- Shows one field of a message; the name of what is wrong with it, or nil.
local function show_field(tree, range_of, node, row, path)
  local check, key = row[2], row[3]
  if type(check) == "function" then
    local fits, at = check(node)
    if not fits then return at and path .. "." .. at or path end
    show(tree, key, range_of(node), node)
    return
  end
  local item = tree:add(range_of(node), row[1])
  if check.max == nil then
    if node.t ~= "object" then return path end
    return show_fields(item, range_of, node, check, path .. ".")
  end
  if node.t ~= "array" or #node.list > check.max or #node.list < (check.min or 0) then
    return path
  end
  for at, one in ipairs(node.list) do
    local wrong = one.t ~= "object" and path .. "." .. (at - 1)
      or show_fields(item, range_of, one, check[1], path .. "." .. (at - 1) .. ".")
    if wrong then return wrong end
  end
end

show_fields = function(tree, range_of, object, rows, prefix, also)
  local known, wrong = {}, nil
  for _, row in ipairs(rows) do
    known[row[1]] = true
    local node = object.v[row[1]]
    if node == nil then
      if row[4] ~= "?" then wrong = wrong or prefix .. row[1] end
    else
      local flaw = show_field(tree, range_of, node, row, prefix .. row[1])
      wrong = wrong or flaw
    end
  end
  for _, node in ipairs(object.list) do
    if not known[node.key] and not (also and also[node.key]) and object.v[node.key] == node then
      show_any(tree, range_of, node, node.key)
    end
  end
  return wrong
end

---------------------------------------------------------------------------------------------------
-- What is known of each connection

local tcp_stream = Field.new("tcp.stream")
local connections, marks

-- Ports of hubs found inside TLS, beside the usual one.
local tls_ports = {}

local function forget()
  connections, marks = {}, {}
  for port in pairs(tls_ports) do DissectorTable.get("tls.port"):remove(port, ferry) end
  tls_ports = {}
end
ferry.init = forget
forget()

local function connection_of(pinfo)
  local stream = tcp_stream()
  local key = stream and stream.value
  if key == nil then
    local a, b = tostring(pinfo.src) .. ":" .. pinfo.src_port, tostring(pinfo.dst) .. ":" .. pinfo.dst_port
    key = a < b and a .. " " .. b or b .. " " .. a
  end
  local conn = connections[key]
  if conn == nil then
    conn = { key = key, greeted = false, [0] = { offers = {}, asked = {} }, [1] = { offers = {}, asked = {} } }
    if pinfo.dst_port == PORT then conn.hub = pinfo.src_port < PORT and 1 or 0 end
    if pinfo.src_port == PORT then conn.hub = PORT < pinfo.dst_port and 0 or 1 end
    connections[key] = conn
  end
  return conn
end

-- Which way a packet goes: 0 or 1.
local function way_of(pinfo)
  if pinfo.src_port ~= pinfo.dst_port then return pinfo.src_port < pinfo.dst_port and 0 or 1 end
  return tostring(pinfo.src) < tostring(pinfo.dst) and 0 or 1
end

-- The transfer `id` offered by `side` that packet `number` belongs to.
local function transfer_of(side, id, number)
  local list = side.offers[id]
  if list == nil then return nil end
  for at = #list, 1, -1 do
    if list[at].offer <= number then return list[at] end
  end
end

-- Remembers what was found wrong with a frame when it was seen first, for every later look.
local function mark(pinfo, key, text, kind)
  marks[pinfo.number .. key] = { text, kind or "breach" }
end

-- Takes in a frame seen for the first time. The rules are those of PROTOCOL.md, "A transfer on a hop".
local LEARN = {
  HELLO = function(conn, way) conn.hub, conn.greeted = 1 - way, true end,
  WELCOME = function(conn, way) conn.hub = way end,
  OFFER = function(conn, way, m, pinfo)
    local side = conn[way]
    local list = side.offers[m.id] or {}
    side.offers[m.id] = list
    local before = list[#list]
    if before and not before.over() then
      mark(pinfo, "OFFER" .. m.id, "the transfer id is in use")
    end
    local t = {
      offer = pinfo.number, at = pinfo.abs_ts, name = m.name, count = m.count, from = m.from, size = m.size,
      inline = m.inline, next = m.inline and 0 or nil, open = m.inline, captured = 0,
      hop = conn.hub and (conn.hub == way and 2 or 1), receipts = {}, left = 0,
    }
    for _, one in ipairs(m.to) do
      local key = one:lower()
      if t.receipts[key] == nil then
        t.receipts[key] = false
        t.left = t.left + 1
      end
    end
    t.over = function() return t.left <= 0 and not t.open end
    list[#list + 1] = t
  end,
  ACCEPT = function(_, _, m, pinfo, t)
    if t.answer == nil then
      t.answer, t.answer_at = pinfo.number, pinfo.abs_ts
      if not t.inline then t.open, t.next, t.first = true, m.offset, m.offset end
    end
  end,
  REJECT = function(_, _, _, pinfo, t)
    if t.answer == nil then t.answer, t.answer_at = pinfo.number, pinfo.abs_ts end
    t.left = 0
  end,
  DATA = function(_, _, m, pinfo, t)
    local key = "DATA" .. m.id .. m.offset
    if not t.open then
      mark(pinfo, key, t.closed and "the body is closed" or "the body is not open")
    elseif t.next < m.offset then
      local gap = ("%.0f bytes before it are missing: not captured, or not sent"):format(m.offset - t.next)
      mark(pinfo, key, gap, "gap")
    elseif t.next > m.offset then
      mark(pinfo, key, ("offset %.0f where %.0f comes next"):format(m.offset, t.next))
    elseif t.size and m.offset + m.length > t.size then
      mark(pinfo, key, ("%.0f bytes go past the size of %.0f"):format(m.length, t.size))
    end
    t.next, t.captured = m.offset + m.length, t.captured + m.length
    if t.start_at == nil then t.start_at = pinfo.abs_ts end
  end,
  END = function(_, _, m, pinfo, t)
    if not t.open then
      mark(pinfo, "END" .. m.id, t.closed and "the body is closed" or "the body is not open")
    elseif t.next ~= m.size then
      mark(pinfo, "END" .. m.id, ("size %.0f where %.0f bytes were sent"):format(m.size, t.next))
    end
    t.open, t.closed, t.finish, t.finish_at = false, true, pinfo.number, pinfo.abs_ts
  end,
  CANCEL = function(_, _, _, pinfo, t)
    t.open, t.closed, t.cancel = false, true, pinfo.number
  end,
  RECEIPT = function(_, _, m, pinfo, t)
    local key, who = "RECEIPT" .. m.id .. m.recipient, m.recipient:lower()
    local was = t.receipts[who]
    if was == nil then
      mark(pinfo, key, "a receipt for someone it was not offered to")
    elseif was then
      mark(pinfo, key, "a second receipt for " .. m.recipient)
    elseif m.status ~= "failed" and not m.unchanged and t.finish == nil then
      mark(pinfo, key, m.status .. " before END: that was not captured, or not sent", "gap")
    end
    if not was then t.left = t.left - 1 end
    t.receipts[who] = { number = pinfo.number }
  end,
}
-- Said by the receiver of a transfer; its OFFER went the other way.
local ANSWERS = { ACCEPT = true, REJECT = true, RECEIPT = true, PROGRESS = true }
-- May come for a transfer that is forgotten.
local MAY_CROSS = { CANCEL = true, PROGRESS = true, ERROR = true }

---------------------------------------------------------------------------------------------------
-- Showing a frame

local function size_text(bytes)
  if bytes == nil then return "? B" end
  if bytes < 1000 then return ("%.0f B"):format(bytes) end
  for _, unit in ipairs({ "kB", "MB", "GB", "TB" }) do
    bytes = bytes / 1000
    if bytes < 999.5 or unit == "TB" then
      return (bytes < 99.95 and "%.1f %s" or "%.0f %s"):format(bytes, unit)
    end
  end
end

local function span(seconds)
  local micros = math.floor(seconds * 1000000 + 0.5)
  return NSTime.new(math.floor(micros / 1000000), (micros % 1000000) * 1000)
end

local function ms_text(seconds) return ("%.2f ms"):format(seconds * 1000) end

local function generated(tree, key, value)
  tree:add(F[key], value):set_generated()
end

local function breach(tree, text)
  tree:add_proto_expert_info(X.breach, text)
end

-- One line of JSON with what `ferry reconcile` and scripts need of a control frame: ASCII, no "~".
local function record_of(conn, title, hop, pinfo, payload, t)
  local text = payload:gsub("^\239\187\191", ""):gsub("%c", " "):gsub("~", "\\u007e")
  text = text:gsub("[\194-\244][\128-\191]+", function(char)
    local a, b, c, d = char:byte(1, 4)
    local point = d and ((a - 240) * 64 + b - 128) * 4096 + (c - 128) * 64 + d - 128
      or c and (a - 224) * 4096 + (b - 128) * 64 + c - 128
      or (a - 192) * 64 + b - 128
    if point < 0x10000 then return ("\\u%04x"):format(point) end
    point = point - 0x10000
    return ("\\u%04x\\u%04x"):format(0xD800 + math.floor(point / 1024), 0xDC00 + point % 1024)
  end)
  return ('{"type":"%s","frame":%d,"at":%.6f,"stream":"%s","hop":%d,"captured":%.0f,"message":%s}')
    :format(title, pinfo.number, pinfo.abs_ts, conn.key, hop or 0, t and t.captured or 0, text)
end
local RECORDED = { OFFER = true, ACCEPT = true, REJECT = true, END = true, RECEIPT = true, CANCEL = true }

-- The links and times of the transfer `t` a frame belongs to; what they add to the Info column.
local function show_transfer(tree, title, m, t, pinfo)
  if title ~= "OFFER" then
    if t.name then generated(tree, "name", t.name) end
    generated(tree, "offer_in", t.offer)
  end
  if t.hop then generated(tree, "hop", t.hop) end
  if t.answer and t.answer ~= pinfo.number and title ~= "DATA" then generated(tree, "answer_in", t.answer) end
  if t.finish and t.finish ~= pinfo.number and title ~= "DATA" then generated(tree, "end_in", t.finish) end
  if title == "OFFER" or title == "END" then
    for _, receipt in pairs(t.receipts) do
      if receipt then generated(tree, "receipt_in", receipt.number) end
    end
  end
  if title == "END" then generated(tree, "captured", u64(t.captured)) end
  if title ~= "RECEIPT" or m.status == "failed" then return "" end
  local total = math.max(0, pinfo.abs_ts - t.at)
  generated(tree, "latency", span(total))
  if t.answer_at and not t.inline then generated(tree, "latency.offer", span(t.answer_at - t.at)) end
  if t.finish_at and t.finish <= pinfo.number then
    generated(tree, "latency.transfer", span(t.finish_at - (t.start_at or t.at)))
    generated(tree, "latency.receipt", span(pinfo.abs_ts - t.finish_at))
  end
  return " after " .. ms_text(total)
end

-- What a transfer of this name is called; `count` is the number of files of a bundle.
local function title_of(name_, count_)
  if count_ == nil then return name_ end
  return ("%s (bundle of %d file%s)"):format(name_, count_, count_ == 1 and "" or "s")
end

local function about(t, m)
  return t and title_of(t.name, t.count) or m.id or ""
end

local function summary(title, m, t)
  if title == "HELLO" then return ("HELLO %s (%s)"):format(m.name or "?", m.role or "?") end
  if title == "WELCOME" then return ("WELCOME %s to %s"):format(m.name or "?", m.hub or "?") end
  if title == "OFFER" then
    return ("OFFER %s %s %s → %s"):format(title_of(m.name or "?", m.count), size_text(m.size), m.from or "?",
      table.concat(m.to or {}, ", "))
  end
  if title == "ACCEPT" then
    return ("ACCEPT %s%s"):format(about(t, m), (m.offset or 0) > 0 and (" from %.0f"):format(m.offset) or "")
  end
  if title == "END" then return ("END %s %s"):format(about(t, m), size_text(m.size)) end
  if title == "RECEIPT" then
    return ("RECEIPT %s %s %s%s"):format(about(t, m), m.recipient or "?", m.status or "?",
      m.code and ": " .. m.code or "")
  end
  if title == "REJECT" or title == "CANCEL" then
    return ("%s %s: %s"):format(title, about(t, m), m.code or "?")
  end
  if title == "PROGRESS" then
    return ("PROGRESS %s %s %s"):format(about(t, m), m.recipient or "?", size_text(m.bytes or 0))
  end
  if title == "PRESENCE" then return ("PRESENCE %s %s"):format(m.who or "?", m.change or "?") end
  if title == "ERROR" then return ("ERROR %s: %s"):format(m.code or "?", m.message or "") end
  if title == "BYE" and m.code then return "BYE " .. m.code end
  if title == "REQUEST" then return ("REQUEST %s %s"):format(m.what or "?", m.path or m.peer or "") end
  if title == "RESPONSE" then return "RESPONSE " .. (m.code or m.status or "?") end
  return title
end

local function plain(node)
  if node == nil or node.t == "null" or node.t == "object" or node.t == "deep" then return nil end
  if node.t ~= "array" then return node.v end
  local list = {}
  for _, one in ipairs(node.list) do
    if one.t == "string" then list[#list + 1] = one.v end
  end
  return list
end

-- What answers what by a number of its own: field of it, links back and forth, time between.
local PINGS = { "t1", "ping_in", "pong_in", "rtt" }
local REQUESTS = { "request", "request_in", "response_in", "response_time" }
local ASKS = { PING = PINGS, REQUEST = REQUESTS }
local TELLS = { PONG = PINGS, RESPONSE = REQUESTS }

-- Links a question and its answer; what they add to the Info column.
local function show_asked(tree, conn, way, title, m, pinfo)
  local kind = ASKS[title] or TELLS[title]
  local asked = conn[ASKS[title] and way or 1 - way].asked
  local key = kind[1] .. tostring(m[kind[1]])
  local list = asked[key] or {}
  asked[key] = list
  if ASKS[title] and not pinfo.visited then list[#list + 1] = { number = pinfo.number, at = pinfo.abs_ts } end
  local ask
  for at = #list, 1, -1 do
    if list[at].number <= pinfo.number then
      ask = list[at]
      break
    end
  end
  if ask == nil then return "" end
  if ASKS[title] then
    if ask.answer then generated(tree, kind[3], ask.answer) end
    return ""
  end
  if not pinfo.visited and ask.answer == nil then ask.answer, ask.answer_at = pinfo.number, pinfo.abs_ts end
  generated(tree, kind[2], ask.number)
  if ask.answer ~= pinfo.number then return "" end
  generated(tree, kind[4], span(ask.answer_at - ask.at))
  return " after " .. ms_text(ask.answer_at - ask.at)
end

-- The transfer a frame belongs to, after it was taken in. Adds what is wrong with it.
local function follow(tree, conn, way, title, m, pinfo)
  local side = conn[ANSWERS[title] and 1 - way or way]
  local learn = LEARN[title]
  if title == "OFFER" then
    if not pinfo.visited then learn(conn, way, m, pinfo) end
  end
  local t = transfer_of(side, m.id, pinfo.number)
  local key = title .. m.id .. (m.recipient or (title == "DATA" and m.offset) or "")
  if title ~= "OFFER" and not pinfo.visited then
    if t and learn then
      learn(conn, way, m, pinfo, t)
    elseif t == nil and conn.greeted and not MAY_CROSS[title] then
      mark(pinfo, key, "its OFFER is missing: not captured, or not sent", "gap")
    end
  end
  local wrong = marks[pinfo.number .. key]
  if wrong then tree:add_proto_expert_info(X[wrong[2]], title .. ": " .. wrong[1]) end
  return t
end

local function show_data(tree, tvb, conn, way, pinfo, length)
  if length <= 16 then
    breach(tree, ("DATA: %d bytes hold no data"):format(length))
    return "DATA"
  end
  local m = {
    id = tvb(8, 8):bytes():tohex(true), offset = tvb(16, 4):uint() * 4294967296 + tvb(20, 4):uint(),
    length = length - 16,
  }
  tree:add(F.transfer, tvb(8, 8), m.id)
  tree:add(F.offset, tvb(16, 8))
  tree:add(F.data, tvb(24, length - 16))
  if m.offset > MAX_COUNT then
    breach(tree, "DATA: the offset exceeds 2^53")
    return "DATA"
  end
  local t = follow(tree, conn, way, "DATA", m, pinfo)
  if t then show_transfer(tree, "DATA", m, t, pinfo) end
  return ("DATA %s %s at %.0f"):format(about(t, m), size_text(m.length), m.offset)
end

local function conceal(text)
  return (text:gsub('("%a+"%s*:%s*)"[^"]*"', function(head)
    if CONCEALED[head:match("%a+")] then return head .. '"…"' end
  end))
end

local function show_message(tree, tvb, conn, way, pinfo, title, length)
  local payload = length > 0 and tvb(HEADER, length):raw() or ""
  local ok, root
  if is_utf8(payload) then ok, root = pcall(parse_json, payload) end
  if not ok then
    breach(tree, title .. ": the payload is not a JSON object in UTF-8")
    return title
  end
  if length <= 4096 then tree:add(F.json, tvb(HEADER, length), conceal(payload)) end
  local function range_of(node) return tvb(HEADER + node.from - 1, node.to - node.from + 1) end
  local rows = MESSAGES[title]
  local status = BY_STATUS[title] and plain(root.v.status)
  local more = status and BY_STATUS[title][status] or {}
  local also = {}
  for _, row in ipairs(more) do also[row[1]] = true end
  local wrong = show_fields(tree, range_of, root, rows, "", also)
  if #more > 0 then
    local rest = { v = root.v, list = {} }
    wrong = wrong or show_fields(tree, range_of, rest, more, "")
  end
  local m = {}
  for _, row in ipairs(rows) do m[row[1]] = plain(root.v[row[1]]) end
  for _, row in ipairs(more) do m[row[1]] = plain(root.v[row[1]]) end
  if title == "OFFER" and not wrong then wrong = bundle_flaw(root.v) end
  if title == "PRESENCE" and root.v.peer and root.v.peer.t == "object" then m.who = plain(root.v.peer.v.name) end
  if wrong then
    breach(tree, title .. ": " .. wrong .. " is missing or wrong")
    return title
  end
  if m.kind == "bundle" then
    m.count = #root.v.files.list
    generated(tree, "bundled.count", u64(m.count))
    for n, file in ipairs(root.v.files.list) do
      tree:add(F["bundled.id"], range_of(file), id_within(m.id, n - 1)):set_generated()
    end
  end
  local t, extra = nil, ""
  if ASKS[title] or TELLS[title] then
    extra = show_asked(tree, conn, way, title, m, pinfo)
  elseif rows[1] == ID or rows[2] == ID then
    t = follow(tree, conn, way, title, m, pinfo)
    if t then extra = show_transfer(tree, title, m, t, pinfo) end
    if m.status == "failed" or title == "REJECT" or title == "CANCEL" then
      tree:add_proto_expert_info(X.failed, ("%s: %s"):format(m.code, m.message))
    end
  elseif LEARN[title] and not pinfo.visited then
    LEARN[title](conn, way)
  end
  if RECORDED[title] then
    local record = record_of(conn, title, t and t.hop, pinfo, payload, t)
    tree:add(F.record, record):set_hidden()
  end
  return summary(title, m, t) .. extra
end

-- What is wrong with a header, or nil.
local function header_flaw(length, number, flags, reserved)
  local row = TYPES[number]
  if row == nil and number < FIRST_OPTIONAL then return ("type %d is unknown"):format(number) end
  local limit = row and row[2] or OPTIONAL_LIMIT
  if length > limit then
    return ("length %.0f exceeds the limit of %d for type %d"):format(length, limit, number)
  end
  if flags ~= 0 or reserved ~= 0 then return "flags and reserved bits must be zero" end
end

local function flaw_at(tvb, at)
  return header_flaw(tvb(at, 4):uint(), tvb(at + 4, 1):uint(), tvb(at + 5, 1):uint(), tvb(at + 6, 2):uint())
end

local function show_frame(tvb, pinfo, tree)
  local conn = connection_of(pinfo)
  local flaw = flaw_at(tvb, 0)
  local length, number = tvb(0, 4):uint(), tvb(4, 1):uint()
  if flaw and not conn.greeted then
    local root = tree:add(ferry, tvb())
    root:append_text(", not the start of a frame")
    root:add_proto_expert_info(X.unsynced, "the capture begins inside a frame, or is not whole")
    return "(inside a frame)"
  end
  local title = type_names[number] or ("type " .. number)
  local root = tree:add(ferry, tvb(), "Ferry, " .. title)
  root:add(F.length, tvb(0, 4))
  root:add(F.type, tvb(4, 1))
  root:add(F.flags, tvb(5, 1))
  root:add(F.reserved, tvb(6, 2))
  if flaw then
    breach(root, flaw)
    return title
  end
  if tvb:len() < HEADER + length then
    root:append_text(", cut short in this capture")
    return title
  end
  local way = way_of(pinfo)
  local text = title
  if number == DATA then
    text = show_data(root, tvb, conn, way, pinfo, length)
  elseif MESSAGES[title] then
    text = show_message(root, tvb, conn, way, pinfo, title, length)
  end
  root:set_text("Ferry, " .. text)
  return text
end

---------------------------------------------------------------------------------------------------
-- Frames out of segments

local function frame(tvb, pinfo, tree)
  local ok, text = pcall(show_frame, tvb, pinfo, tree)
  if not ok then
    local item = tree:add(ferry, tvb(), "Ferry")
    item:add_proto_expert_info(X.defect, tostring(text))
    text = "(defect)"
  end
  pinfo.cols.protocol = "Ferry"
  if not pinfo.private.ferry_frames then pinfo.cols.info:clear() end
  pinfo.cols.info:append((pinfo.private.ferry_frames and " · " or "") .. text)
  pinfo.private.ferry_frames = "1"
  return tvb:len()
end

-- The length of the frame at `at`. What cannot be one is taken up to the end of what is there.
local function frame_length(tvb, _, at)
  if flaw_at(tvb, at) then return tvb:len() - at end
  return HEADER + tvb(at, 4):uint()
end

function ferry.dissector(tvb, pinfo, tree)
  local first, second = tvb(0, 1):uint(), tvb:len() > 1 and tvb(1, 1):uint() or 3
  -- A frame begins with 0: no payload has 2^24 bytes. A TLS record begins with 20 to 23 and 3.
  if first >= 20 and first <= 23 and second == 3 then
    return Dissector.get("tls"):call(tvb, pinfo, tree)
  end
  dissect_tcp_pdus(tvb, tree, HEADER, frame_length, frame)
  return tvb:len()
end

-- Whether this is Ferry: a greeting, or a header on a connection that had one.
local function is_ferry(tvb, pinfo)
  if tvb:len() < HEADER or tvb(0, 1):uint() ~= 0 then return false end
  if flaw_at(tvb, 0) then return false end
  if connection_of(pinfo).greeted then return true end
  local number = tvb(4, 1):uint()
  return (number == 1 or number == 2) and tvb:len() > HEADER and tvb(HEADER, 1):uint() == 0x7B
end

ferry:register_heuristic("tcp", function(tvb, pinfo, tree)
  if not is_ferry(tvb, pinfo) then return false end
  pinfo.conversation = ferry
  ferry.dissector(tvb, pinfo, tree)
  return true
end)

-- Ferry names itself in the handshake (ALPN), and TLS asks no heuristic then. This is for captures
-- that lack the handshake's names. What a heuristic takes is not put together over records, what is
-- asked for by port is: so a greeting makes the hub's port known, unless it is known already.
ferry:register_heuristic("tls", function(tvb, pinfo, tree)
  if not is_ferry(tvb, pinfo) then return false end
  local ports = DissectorTable.get("tls.port")
  local port = tvb(4, 1):uint() == 1 and pinfo.dst_port or pinfo.src_port
  if port == PORT or tls_ports[port] then return false end
  if ports:get_dissector(port) == nil then
    tls_ports[port] = true
    ports:add(port, ferry)
  end
  ferry.dissector(tvb, pinfo, tree)
  return true
end)

DissectorTable.get("tcp.port"):add(PORT, ferry)
DissectorTable.get("tls.port"):add(PORT, ferry)
DissectorTable.get("tls.alpn"):add("ferry/1", ferry)
