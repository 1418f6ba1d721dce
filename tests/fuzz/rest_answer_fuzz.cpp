// Answers of a Redis over REST: rules J1, R4.

#include <array>

#include "fuzz/cheap.h"
#include "redis/rest/codec.h"
#include "vcache/core/base64.h"

using namespace vcache;
using namespace vcache::redis;
using vcache::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  const std::array<ReplyLimits, 2> limits{ReplyLimits{64 * 1024, 256}, ReplyLimits{64 * 1024, 256}};
  net::HttpResponse response;
  response.status = 200;
  response.body = input;
  for (const bool pipeline : {false, true}) {
    const std::span<const ReplyLimits> asked(limits.data(), pipeline ? 2 : 1);
    vcache::fuzz::RequireCheap(size, 256, [&] {
      const RestAnswer answer = ReadRestAnswer(response, asked, pipeline);
      Require(answer.trouble || answer.replies.size() == asked.size(), "a reply to each command");
      for (const RespReply& reply : answer.replies) {
        Require(reply.text.size() <= limits[0].max_bytes, "a text is within the limit");
        Require(reply.elements.size() <= limits[0].max_elements, "an array is within the limit");
      }
    });
    (void)TroubleWithPong(response);
  }
  const auto decoded = DecodeBase64(input);
  Require(!decoded || decoded->size() * 4 <= input.size() * 3, "decoding never adds");
  return 0;
}
