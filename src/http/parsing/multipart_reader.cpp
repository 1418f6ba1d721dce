#include <algorithm>
#include <optional>
#include <utility>

#include "http/parsing/field_syntax.h"
#include "http/parsing/part_head_parser.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::http {
namespace {

constexpr std::size_t kMaxBoundaryBytes = 70;
constexpr std::size_t kMaxPreambleBytes = 64 * 1024;
constexpr std::size_t kMaxPaddingBytes = 64;
constexpr std::string_view kPartLineEnd = "\r\n";

bool IsBoundaryChar(char c) noexcept {
  return IsAlpha(c) || IsDigit(c) ||
         std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

}  // namespace

/// A state machine over the body. A delimiter is CRLF, `--`, the boundary. The reader does not
/// buffer a possible delimiter: it counts the matching bytes (`matched`), and emits them from
/// `delimiter` if they prove to be content.
struct MultipartReader::State {
  enum class Phase {
    kPreamble,    // before the first delimiter; dropped
    kContent,     // of a part
    kBoundary,    // after a delimiter: its line ends, or it closes the form
    kDash,        // a delimiter and one dash
    kPadding,     // blanks between a delimiter and its line end
    kBoundaryLf,  // the LF of a delimiter's line
    kHead,        // the header lines of a part
    kClosed,      // after the closing delimiter: blanks and a line end, if any
    kClosedLf,    // the LF of the closing line
    kEpilogue,    // dropped
  };

  State(std::string_view boundary, MultipartSink& receiver, MultipartLimits bounds)
      : delimiter(std::string(kPartLineEnd) + "--" + std::string(boundary)),
        sink(receiver),
        limits(bounds) {}

  Result<void> Advance(std::string_view& data);
  Result<void> Search(std::string_view& data);
  std::size_t FindDelimiter(std::string_view data) const noexcept;
  Result<void> JudgeBoundary(std::string_view& data);
  Result<void> JudgeDash(std::string_view& data);
  Result<void> ReadPadding(std::string_view& data);
  Result<void> EndBoundaryLine(std::string_view& data);
  Result<void> ReadHead(std::string_view& data);
  Result<void> EndHead();
  Result<void> EndClosingLine(std::string_view& data);

  /// The bytes held back were no delimiter: emits them as content.
  Result<void> GiveBack(std::size_t held, std::string_view more = {});
  Result<void> Emit(std::string_view content);
  Result<void> EndPart();
  Error Malformed(std::string_view what) const;

  const std::string delimiter;
  MultipartSink& sink;
  const MultipartLimits limits;

  Phase phase = Phase::kPreamble;
  Phase searched = Phase::kPreamble;  // where the delimiter was found: kPreamble or kContent
  // How much of `delimiter` the last bytes match. `assumed` of these are no content: the body may
  // begin with a boundary, and the CRLF that ends an empty part's head also begins its delimiter.
  std::size_t matched = kPartLineEnd.size();
  std::size_t assumed = kPartLineEnd.size();
  std::size_t preamble = 0;
  std::size_t padding = 0;
  std::size_t parts = 0;
  std::string line;
  PartHeadParser head;
  std::optional<Error> failed;
};

MultipartReader::MultipartReader(std::string boundary, MultipartSink& sink, MultipartLimits limits)
    : state_(std::make_unique<State>(boundary, sink, limits)) {
  if (!IsBoundary(boundary)) {
    state_->failed = Error{ErrorCode::kBadRequest, "The boundary of the form is not valid."};
  }
}

MultipartReader::~MultipartReader() = default;

bool MultipartReader::IsBoundary(std::string_view boundary) noexcept {
  return !boundary.empty() && boundary.size() <= kMaxBoundaryBytes && boundary.back() != ' ' &&
         std::all_of(boundary.begin(), boundary.end(), IsBoundaryChar);
}

Result<void> MultipartReader::Feed(ByteView data) {
  State& state = *state_;
  for (std::string_view rest = AsText(data); !state.failed && !rest.empty();) {
    if (auto advanced = state.Advance(rest); !advanced) state.failed = advanced.error();
  }
  if (state.failed) return *state.failed;
  return {};
}

Result<void> MultipartReader::Finish() {
  using Phase = State::Phase;
  State& state = *state_;
  const Phase phase = state.phase;
  const bool closed =
      phase == Phase::kClosed || phase == Phase::kClosedLf || phase == Phase::kEpilogue;
  if (!state.failed && !closed) {
    state.failed = Error{ErrorCode::kBadRequest, "The form ends before its closing boundary."};
  }
  if (state.failed) return *state.failed;
  return {};
}

Result<void> MultipartReader::State::Advance(std::string_view& data) {
  switch (phase) {
    case Phase::kPreamble:
    case Phase::kContent:
      return Search(data);
    case Phase::kBoundary:
      return JudgeBoundary(data);
    case Phase::kDash:
      return JudgeDash(data);
    case Phase::kPadding:
      return ReadPadding(data);
    case Phase::kBoundaryLf:
      return EndBoundaryLine(data);
    case Phase::kHead:
      return ReadHead(data);
    case Phase::kClosed:
    case Phase::kClosedLf:
      return EndClosingLine(data);
    case Phase::kEpilogue:
      break;
  }
  data = {};
  return {};
}

/// The offset of a delimiter in `data`, or of its possible start at the end; otherwise the size. A
/// CR only begins a delimiter, so each byte is compared at most twice, even in hostile runs of CRs.
std::size_t MultipartReader::State::FindDelimiter(std::string_view data) const noexcept {
  for (std::size_t at = 0; at < data.size(); ++at) {
    if (data[at] != '\r') {
      at = data.find('\r', at);
      if (at == std::string_view::npos) break;
    }
    const std::string_view found = data.substr(at, delimiter.size());
    if (found.size() > 2 && (found[1] != '\n' || found[2] != '-')) continue;
    if (delimiter.starts_with(found)) return at;
  }
  return data.size();
}

Result<void> MultipartReader::State::Search(std::string_view& data) {
  if (matched > 0) {
    const std::string_view wanted = std::string_view(delimiter).substr(matched, data.size());
    const auto differs = std::mismatch(wanted.begin(), wanted.end(), data.begin()).first;
    const auto same = static_cast<std::size_t>(differs - wanted.begin());
    data.remove_prefix(same);
    matched += same;
    if (differs != wanted.end()) return GiveBack(matched);
  } else {
    const std::size_t at = FindDelimiter(data);
    if (auto emitted = Emit(data.substr(0, at)); !emitted) return emitted;
    matched = std::min(delimiter.size(), data.size() - at);
    data.remove_prefix(at + matched);
  }
  if (matched == delimiter.size()) {
    searched = phase;
    phase = Phase::kBoundary;
  }
  return {};
}

/// A longer line that begins like the delimiter is content: a nested form's boundary may do so.
Result<void> MultipartReader::State::JudgeBoundary(std::string_view& data) {
  const char c = data.front();
  if (c == '-') {
    phase = Phase::kDash;
    data.remove_prefix(1);
    return {};
  }
  if (c != '\r' && !IsBlank(c)) return GiveBack(delimiter.size());
  phase = Phase::kPadding;
  padding = 0;
  return {};
}

Result<void> MultipartReader::State::JudgeDash(std::string_view& data) {
  if (data.front() != '-') return GiveBack(delimiter.size(), "-");
  data.remove_prefix(1);
  phase = Phase::kClosed;
  padding = 0;
  return EndPart();
}

Result<void> MultipartReader::State::ReadPadding(std::string_view& data) {
  const char c = data.front();
  data.remove_prefix(1);
  if (c == '\r') {
    phase = Phase::kBoundaryLf;
  } else if (!IsBlank(c) || ++padding > kMaxPaddingBytes) {
    return Malformed("Its boundary is followed by something else than a line end.");
  }
  return {};
}

Result<void> MultipartReader::State::EndBoundaryLine(std::string_view& data) {
  if (data.front() != '\n') return Malformed("The line of its boundary does not end with CRLF.");
  data.remove_prefix(1);
  if (auto ended = EndPart(); !ended) return ended;
  if (++parts > limits.max_parts) return Malformed("No further part is allowed.");
  phase = Phase::kHead;
  head = PartHeadParser();
  line.clear();
  return {};
}

Result<void> MultipartReader::State::ReadHead(std::string_view& data) {
  const std::size_t feed = data.find('\n');
  const std::string_view piece = data.substr(0, feed);
  if (line.size() + piece.size() > limits.max_header_line_bytes + 1) {  // 1 for the CR
    return Malformed("A header line is too long.");
  }
  line += piece;
  if (feed == std::string_view::npos) {
    data = {};
    return {};
  }
  data.remove_prefix(feed + 1);
  if (!line.ends_with('\r')) return Malformed("A header line ends without CR.");
  line.pop_back();
  if (line.empty()) return EndHead();
  const auto added = head.AddLine(line, limits.max_header_lines);
  if (!added) return Malformed(added.error().message);
  line.clear();
  return {};
}

Result<void> MultipartReader::State::EndHead() {
  const auto taken = head.Take();
  if (!taken) return Malformed(taken.error().message);
  phase = Phase::kContent;
  matched = assumed = kPartLineEnd.size();
  return sink.OnPart(*taken);
}

Result<void> MultipartReader::State::EndClosingLine(std::string_view& data) {
  const char c = data.front();
  data.remove_prefix(1);
  if (phase == Phase::kClosedLf) {
    if (c != '\n') return Malformed("The line of its closing boundary does not end with CRLF.");
    phase = Phase::kEpilogue;
  } else if (c == '\r') {
    phase = Phase::kClosedLf;
  } else if (!IsBlank(c) || ++padding > kMaxPaddingBytes) {
    return Malformed("Its closing boundary is followed by something else than a line end.");
  }
  return {};
}

Result<void> MultipartReader::State::GiveBack(std::size_t held, std::string_view more) {
  if (phase != Phase::kPreamble && phase != Phase::kContent) phase = searched;
  const std::size_t received_from = std::exchange(assumed, 0);
  matched = 0;
  const std::string_view bytes(delimiter);
  if (auto emitted = Emit(bytes.substr(received_from, held - received_from)); !emitted) {
    return emitted;
  }
  return Emit(more);
}

Result<void> MultipartReader::State::Emit(std::string_view content) {
  if (content.empty()) return {};
  if (phase == Phase::kContent) return sink.OnData(AsBytes(content));
  preamble += content.size();
  if (preamble > kMaxPreambleBytes) return Malformed("No boundary comes.");
  return {};
}

Result<void> MultipartReader::State::EndPart() {
  if (searched != Phase::kContent) return {};
  return sink.OnPartEnd();
}

Error MultipartReader::State::Malformed(std::string_view what) const {
  const std::string where = parts == 0 ? "The form, before its first part: "
                                       : "Part " + std::to_string(parts) + " of the form: ";
  return Error{ErrorCode::kBadRequest, where + std::string(what)};
}

}  // namespace vcache::http
