#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/analysis_answer.h"
#include "api/intake/batch_reader.h"
#include "api/lookup_scope.h"
#include "api/problem.h"
#include "api/request_controls.h"
#include "api/routes.h"
#include "json/json.h"
#include "vcache/core/mutex.h"
#include "vcache/http/parsing/trace_context.h"

namespace vcache::api {
namespace {

using analysis::Analysis;
using cache::CacheKey;

/// What the answer says of one file, kept until all are done.
struct BatchItem {
  std::string file_name;
  std::string_view media_type{};  ///< A constant's.
  std::optional<std::uint64_t> bytes{};
  std::optional<Result<Analysis>> result{};
};

Json ItemJson(const BatchItem& item, std::size_t index, bool for_admin, WallTime now,
              const Reader& reader) {
  Json json = Json::object();
  json["index"] = index;
  json["fileName"] = item.file_name.empty() ? Json(nullptr) : Json(item.file_name);
  json["success"] = item.result->has_value();
  if (*item.result) {
    AddAnalysis(json, **item.result, {item.file_name, item.media_type, item.bytes}, now, reader);
    return json;
  }
  const Error& error = item.result->error();
  json["error"] = for_admin ? error.message : PublicMessage(error);
  json["code"] = CodeName(error.code);
  if (error.retry_after) json["retryAfterSeconds"] = error.retry_after->count();
  return json;
}

/// A batch under way: its files are analysed side by side, and whichever is done last answers.
class Batch {
 public:
  Batch(SharedState state, const http::Request& request, std::vector<BatchItem> items,
        std::shared_ptr<http::Responder> responder)
      : state_(std::move(state)),
        request_(request),
        responder_(std::move(responder)),
        items_(std::move(items)),
        open_(items_.size()) {}

  void Note(std::size_t index, Result<Analysis> result) {
    {
      const MutexLock lock(mutex_);
      items_[index].result.emplace(std::move(result));
      if (--open_ > 0) return;
    }
    // Nobody writes any more. The responder goes with the last one who knows this batch.
    responder_->Answer([state = state_, &request = request_, items = std::move(items_)] {
      return Answered(*state, request, items);
    });
  }

 private:
  static http::Response Answered(const ApiState& state, const http::Request& request,
                                 const std::vector<BatchItem>& items) {
    Json results = Json::array();
    std::size_t failed = 0;
    const WallTime now = state.parts.clock.WallNow();
    Reader reader = ReaderOf(state, request.info);
    reader.transaction = MakeUuid();
    for (const BatchItem& item : items) {
      if (!*item.result) ++failed;
      results.push_back(ItemJson(item, results.size(), request.info.caller_is_admin, now, reader));
    }
    Json body = Json::object();
    body["success"] = true;
    body["transactionId"] = reader.transaction;
    body["total"] = items.size();
    body["succeeded"] = items.size() - failed;
    body["failed"] = failed;
    body["results"] = std::move(results);
    http::Response response;
    response.headers.Add("Content-Type", "application/json");
    response.body = DumpJson(body);
    return response;
  }

  const SharedState state_;
  const http::Request& request_;  ///< It outlives its answer.
  const std::shared_ptr<http::Responder> responder_;
  Mutex mutex_;
  std::vector<BatchItem> items_;
  std::size_t open_ VCACHE_GUARDED_BY(mutex_);
};

class BatchIntake final : public http::Intake {
 public:
  BatchIntake(SharedState state, const http::Request& request, std::unique_ptr<BatchReader> reader,
              std::shared_ptr<analysis::Allowance> allowance)
      : state_(std::move(state)),
        request_(request),
        reader_(std::move(reader)),
        allowance_(std::move(allowance)) {}

  Result<void> Take(ByteView piece) override { return reader_->Take(piece); }

  void Complete(std::shared_ptr<http::Responder> responder) override {
    Result<std::vector<BatchFile>> files = reader_->Finish();
    if (!files) {
      responder->Answer([&request = request_, error = files.error()] {
        return ProblemResponse(request.info, error);
      });
      return;
    }
    reader_.reset();
    std::vector<BatchItem> items;
    for (BatchFile& file : *files) {
      BatchItem item{.file_name = file.file_name};
      if (file.upload) {
        item.media_type = content::MediaTypeName(file.upload->media.type);
        item.bytes = file.upload->spool->size();
      }
      items.push_back(std::move(item));
    }
    const auto batch = std::make_shared<Batch>(state_, request_, std::move(items), responder);
    const RequestControls controls = ControlsOf(request_.info, state_->options.mode);
    if (controls.only_if_cached) return FindAll(batch, *files, controls.use);
    responder->OnClientGone(AnalyzeAll(batch, *files, controls.use));
  }

 private:
  /// Identical files share a call, as identical uploads do. Returns how all of them leave.
  std::function<void()> AnalyzeAll(const std::shared_ptr<Batch>& batch,
                                   std::vector<BatchFile>& files,
                                   const analysis::CacheUse& use) const {
    std::vector<std::function<void()>> leaves;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!files[i].upload) {
        batch->Note(i, files[i].upload.error());
        continue;
      }
      analysis::Content content = ContentOf(*std::move(files[i].upload));
      content.file_name = files[i].file_name;
      content.use = use;
      content.trace_parent = http::TraceParentOf(request_.info.headers);
      content.allowance = allowance_;
      leaves.push_back(state_->parts.analysis.AnalyzeLater(
          std::move(content), request_.deadline,
          [batch, i](Result<Analysis> result) { batch->Note(i, std::move(result)); }));
    }
    return [leaves = std::move(leaves)] {
      for (const auto& leave : leaves) leave();
    };
  }

  void FindAll(const std::shared_ptr<Batch>& batch, const std::vector<BatchFile>& files,
               const analysis::CacheUse& use) const {
    std::vector<CacheKey> keys;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!files[i].upload) continue;
      keys.push_back({cache::ContentKind::kAnalysis, files[i].upload->digest});
      places.push_back(i);
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!files[i].upload) batch->Note(i, files[i].upload.error());
    }
    if (keys.empty()) return;
    FindManyForReader(state_, request_, std::move(keys),
                      [state = state_, batch, use, places](std::vector<Result<Analysis>> found) {
                        for (std::size_t i = 0; i < places.size(); ++i) {
                          batch->Note(places[i], OnlyIfCached(std::move(found[i]), use,
                                                              state->parts.clock.WallNow()));
                        }
                      });
  }

  const SharedState state_;
  const http::Request& request_;
  std::unique_ptr<BatchReader> reader_;
  const std::shared_ptr<analysis::Allowance> allowance_;
};

}  // namespace

http::RouteResult AnalyzeBatch(const SharedState& state, http::Request& request,
                               const Caller& caller) {
  auto reader = BatchReader::Open(request, UploadLimitsFor(*state, request));
  if (!reader) return reader.error();
  return std::make_unique<BatchIntake>(state, request, *std::move(reader),
                                       state->gate.rates().AllowanceFor(request.info, caller));
}

}  // namespace vcache::api
