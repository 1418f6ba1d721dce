// A copy of what is kept, as lines of JSON that are made while they are sent.
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/admin/entry_input.h"
#include "api/intake/strict_input.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"
#include "json/json.h"
#include "vcache/core/mutex.h"
#include "vcache/http/parsing/body_stream.h"

namespace vcache::api {
namespace {

constexpr std::size_t kEntriesAtOnce = 100;
/// After so much text a piece takes no more entries, so that large ones do not add up.
constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::chrono::milliseconds kReadTimeout{10'000};
constexpr std::size_t kMostExports = 4;

void AppendLine(std::string& piece, const cache::KeptEntry& kept, bool keyed) {
  piece += R"({"key":")" + kept.key.ToString() + R"(","kind":")";
  piece += cache::KindName(kept.key.kind);
  piece += R"(","ttlMs":)";
  piece += kept.life_known ? std::to_string(kept.ttl.count()) : "null";
  if (keyed) piece += R"(,"keyed":true)";
  piece += R"(,"value":)" + kept.json + "}\n";
}

/// The walk of one export. A thread of the waiting pool reads the next piece while the client has
/// taken the one before; the stream picks it up. Thread-safe.
class ExportWalk : public std::enable_shared_from_this<ExportWalk> {
 public:
  /// `state` outlives its pool's tasks, and therefore this is no owner of it.
  ExportWalk(const ApiState& state, cache::EntryStore& entries, cache::KeyPattern pattern)
      : state_(state),
        entries_(entries),
        query_{.cursor = {}, .pattern = std::move(pattern), .limit = kEntriesAtOnce} {}

  /// Reads the next piece here. Error: the store's; nothing is to be read after one.
  Result<void> Read() {
    std::string piece;
    const auto next = entries_.Page(
        query_,
        [&](cache::KeptEntry&& kept) {
          if (kept.entry == nullptr || kept.json.empty()) {
            ++unreadable_;
          } else {
            ++count_;
            AppendLine(piece, kept, state_.options.keys.keyed());
          }
          return piece.size() < kPieceBytes;
        },
        Deadline::After(state_.parts.clock, kReadTimeout));
    if (!next) return next.error();
    query_.cursor = *next;
    if (next->empty()) piece += LastLine();
    Hand(std::move(piece), next->empty());
    return {};
  }

  void SetWake(std::function<void()> wake) VCACHE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    wake_ = std::move(wake);
  }

  struct Piece {
    std::string text;
    bool is_last = false;
  };
  /// The piece that was read, once. Empty while it is not there.
  std::optional<Piece> Take() VCACHE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::exchange(piece_, std::nullopt);
  }

  /// Reads the next piece in another thread. False without a thread.
  bool ReadOn() {
    return state_.waiting->Continue([self = shared_from_this()] { self->ReadOrFail(); });
  }

 private:
  /// The last line says why there is no more: without `end` nobody takes it for all.
  void ReadOrFail() {
    Result<void> read = Error{ErrorCode::kInternal, "The export failed; the log says why."};
    try {
      read = Read();
    } catch (const std::exception&) {
      state_.parts.logger.Error("An export threw");
    }
    if (read) return;
    state_.parts.logger.Warn("An export ended early", {{"reason", read.error().message}});
    Json line = Json::object();
    line["end"] = false;
    line["entries"] = count_;
    line["code"] = CodeName(read.error().code);
    line["error"] = read.error().message;
    Hand(DumpJson(line) + "\n", true);
  }

  std::string LastLine() const {
    Json line = Json::object({{"end", true}, {"entries", count_}});
    if (unreadable_ > 0) line["unreadable"] = unreadable_;
    return DumpJson(line) + "\n";
  }

  void Hand(std::string text, bool is_last) VCACHE_EXCLUDES(mutex_) {
    std::function<void()> wake;
    {
      const MutexLock lock(mutex_);
      piece_ = Piece{std::move(text), is_last};
      wake = wake_;
    }
    if (wake) wake();
  }

  const ApiState& state_;
  cache::EntryStore& entries_;
  // One read at a time: the next begins after the piece of the last one was taken.
  cache::EntryQuery query_;
  std::uint64_t count_ = 0;
  std::uint64_t unreadable_ = 0;

  Mutex mutex_;
  std::optional<Piece> piece_ VCACHE_GUARDED_BY(mutex_);
  std::function<void()> wake_ VCACHE_GUARDED_BY(mutex_);
};

class ExportStream final : public http::BodyStream {
 public:
  ExportStream(SharedState state, std::shared_ptr<ExportWalk> walk)
      : state_(std::move(state)), walk_(std::move(walk)) {}
  ~ExportStream() override { --state_->exports; }

  void Open(std::function<void()> wake) override { walk_->SetWake(std::move(wake)); }

  Step Produce(std::string& piece, bool) override {
    auto next = walk_->Take();
    if (!next) return {.kind = Step::Kind::kWait};
    piece += next->text;
    if (next->is_last) return {.kind = Step::Kind::kEnd};
    return {.kind = walk_->ReadOn() ? Step::Kind::kWait : Step::Kind::kBroken};
  }

 private:
  const SharedState state_;
  const std::shared_ptr<ExportWalk> walk_;
};

Error TooManyExports() {
  return {ErrorCode::kOverloaded,
          "There are " + std::to_string(kMostExports) + " exports already; wait for one to end.",
          Charge::kNone, std::chrono::seconds(30)};
}

/// The first piece is read before the answer, so that a store that is away is a proper error.
Result<http::Response> BeginExport(const SharedState& state, const http::Request& request) {
  if (auto refusal = RefuseUnknownParameters(request.info, {"match"})) return *std::move(refusal);
  auto pattern = MatchParameter(request.info, state->options.keys);
  if (!pattern) return std::move(pattern).error();
  const auto entries = EntriesOf(state->parts);
  if (!entries) return entries.error();
  if (state->exports.fetch_add(1) >= kMostExports) {
    --state->exports;
    return TooManyExports();
  }
  auto walk = std::make_shared<ExportWalk>(*state, **entries, *std::move(pattern));
  auto stream = std::make_shared<ExportStream>(state, walk);
  if (auto read = walk->Read(); !read) return std::move(read).error();
  http::Response response;
  response.headers.Add("Content-Type", "application/x-ndjson");
  response.headers.Add("Content-Disposition", "attachment; filename=\"verdicts.ndjson\"");
  response.headers.Add("X-Accel-Buffering", "no");  // nginx would collect it
  response.stream = std::move(stream);
  return response;
}

}  // namespace

void AddExportRoute(http::Router& router, const SharedState& state) {
  http::Route route =
      WaitingRoute(state, 0, [state](const http::Request& request, const std::string&) {
        Result<http::Response> response = BeginExport(state, request);
        return response ? *std::move(response) : ProblemResponse(request.info, response.error());
      });
  router.AddRoute("GET", "/api/admin/cache/export",
                  Guarded(state, Need::kAdminRead, std::move(route)));
}

}  // namespace vcache::api
