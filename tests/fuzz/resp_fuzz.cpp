// Replies of a Redis, in pieces of every size, and what is read out of them: rules R4, R6.

#include <optional>
#include <string>
#include <vector>

#include "fuzz/cheap.h"
#include "redis/cluster/slot_map.h"
#include "redis/resp_codec.h"

using namespace vcache;
using namespace vcache::redis;
using vcache::fuzz::Require;

namespace {

struct Decoded {
  std::vector<RespReply> replies;
  bool failed = false;
};

void CheckLimits(const RespReply& reply, const ReplyLimits& limits) {
  Require(reply.text.size() <= limits.max_bytes, "a text is within the limit");
  Require(reply.elements.size() <= limits.max_elements, "an array is within the limit");
  for (const RespReply& element : reply.elements) CheckLimits(element, limits);
}

std::string Shown(const RespReply& reply) {
  std::string text = std::to_string(static_cast<int>(reply.type)) + "," +
                     std::to_string(reply.integer) + "," + reply.text;
  for (const RespReply& element : reply.elements) text += "[" + Shown(element) + "]";
  return text;
}

Decoded Decode(std::string_view input, std::size_t piece, const ReplyLimits& limits) {
  RespDecoder decoder;
  Decoded decoded;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    decoded.failed = !decoder.Feed(input.substr(at, piece));
    while (!decoded.failed) {
      auto next = decoder.Next(limits);
      decoded.failed = !next;
      if (!next || !*next) break;
      decoded.replies.push_back(**std::move(next));
    }
    if (decoded.failed) break;
  }
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  ReplyLimits limits;
  limits.max_bytes = 64 * 1024;
  limits.max_elements = 256;
  Decoded whole;
  // An empty reply is a few bytes on the wire and a structure here.
  // The pieces are as large as a read of the socket: hiredis moves what is left of a piece.
  vcache::fuzz::RequireCheap(size, 128, [&] { whole = Decode(input, 64 * 1024, limits); });
  for (const RespReply& reply : whole.replies) {
    CheckLimits(reply, limits);
    (void)SlotMap::Parse(reply, "127.0.0.1");
    if (reply.is_error()) (void)ParseRedirect(reply.text, "127.0.0.1");
  }
  if (size > 4096) return 0;
  for (const std::size_t piece : {1U, 7U}) {
    const Decoded pieces = Decode(input, piece, limits);
    Require(pieces.failed == whole.failed, "pieces change nothing about an error");
    Require(whole.failed || pieces.replies.size() == whole.replies.size(), "nor about the count");
    for (std::size_t i = 0; i < std::min(pieces.replies.size(), whole.replies.size()); ++i) {
      Require(Shown(pieces.replies[i]) == Shown(whole.replies[i]), "nor about a reply");
    }
  }
  return 0;
}
