// The chunked coding in pieces of every size, against a second decoder that is written to be
// obvious: rule H4.

#include <optional>
#include <string>

#include "fuzz/fuzz_target.h"
#include "http/parsing/chunk_decoder.h"

using namespace vcache;
using namespace vcache::http;
using vcache::fuzz::Require;

namespace {

struct Outcome {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  bool failed = false;

  bool operator==(const Outcome&) const = default;
};

Outcome Decode(std::string_view raw, std::size_t piece) {
  ChunkDecoder decoder;
  Outcome outcome;
  while (outcome.consumed < raw.size() && !outcome.done && !outcome.failed) {
    const std::string_view given = raw.substr(outcome.consumed, piece);
    const auto step = decoder.Next(AsBytes(given));
    outcome.failed = !step;
    if (!step) {
      outcome.consumed = 0;  // where an error is noticed may depend on the pieces
      break;
    }
    Require(step->consumed > 0 && step->consumed <= given.size(), "each step moves on");
    outcome.data += AsText(step->data);
    outcome.consumed += step->consumed;
    outcome.done = step->done;
  }
  return outcome;
}

/// Takes what stands before the next CRLF off the front of `rest`.
std::optional<std::string_view> TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

/// Decodes a complete body in the plainest way. It is lenient: a body that the decoder accepts must
/// come out of it the same, not the other way round.
std::optional<Outcome> DecodePlainly(std::string_view raw) {
  Outcome outcome;
  std::string_view rest = raw;
  for (;;) {
    const auto line = TakeLine(rest);
    if (!line) return std::nullopt;
    const std::string digits(line->substr(0, line->find(';')));
    const std::uint64_t size = std::strtoull(digits.c_str(), nullptr, 16);
    if (size == 0) break;
    if (rest.size() < size || rest.substr(size, 2) != "\r\n") return std::nullopt;
    outcome.data += rest.substr(0, size);
    rest.remove_prefix(size + 2);
  }
  for (auto line = TakeLine(rest); !line || !line->empty(); line = TakeLine(rest)) {
    if (!line) return std::nullopt;
  }
  outcome.consumed = raw.size() - rest.size();
  outcome.done = true;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view raw = vcache::fuzz::Text(data, size);
  const Outcome whole = Decode(raw, raw.size());
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U}) {
    Require(Decode(raw, piece) == whole, "pieces do not matter");
  }
  if (whole.done) Require(DecodePlainly(raw) == whole, "the plain decoder agrees");
  return 0;
}
