// Entries of an export, put in while they arrive.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "api/admin/audit.h"
#include "api/admin/entry_input.h"
#include "api/admin/import_job.h"
#include "api/intake/strict_input.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"

namespace vcache::api {
namespace {

constexpr std::size_t kMostImports = 2;

http::Response ReportResponse(const ImportReport& report) {
  Json errors = Json::array();
  for (const ImportReport::Refusal& refusal : report.refusals) {
    errors.push_back(Json::object({{"line", refusal.line}, {"reason", refusal.reason}}));
  }
  Json body = Json::object();
  body["success"] = true;
  body["imported"] = report.imported;
  body["kept"] = report.kept;
  body["refused"] = report.refused;
  body["complete"] = report.is_complete;
  body["errors"] = std::move(errors);
  return JsonResponse(200, body);
}

void NoteImport(const ApiState& state, const http::RequestInfo& info,
                const ImportJob::Outcome& outcome) {
  AdminChange change{.action = "cache.import",
                     .log_line = "Cache import",
                     .target_is = "rest",
                     .target = {},
                     .counted = "imported"};
  if (outcome) {
    change.target =
        std::to_string(outcome->kept) + " kept, " + std::to_string(outcome->refused) + " refused";
    change.count = static_cast<std::int64_t>(outcome->imported);
  } else {
    change.failure = &outcome.error();
  }
  NoteChange(state, info, change);
}

class ImportIntake final : public http::Intake {
 public:
  ImportIntake(SharedState state, const http::Request& request, std::shared_ptr<ImportJob> job)
      : state_(std::move(state)), request_(request), job_(std::move(job)) {}

  Result<void> Take(ByteView piece) override { return job_->Take(AsText(piece)); }
  bool IsFull() override { return job_->IsFull(); }
  void WhenRoom(std::function<void()> told) override { job_->WhenRoom(std::move(told)); }

  void Complete(std::shared_ptr<http::Responder> responder) override {
    // The intake is there until the answer.
    job_->Finish([this, responder](ImportJob::Outcome outcome) {
      NoteImport(*state_, request_.info, outcome);
      responder->Answer([this, outcome = std::move(outcome)] {
        return outcome ? ReportResponse(*outcome) : ProblemResponse(request_.info, outcome.error());
      });
    });
  }

 private:
  const SharedState state_;
  const http::Request& request_;
  const std::shared_ptr<ImportJob> job_;
};

http::RouteResult BeginImport(const SharedState& state, http::Request& request) {
  if (auto refusal = RefuseQuery(request.info)) return *std::move(refusal);
  const auto entries = EntriesOf(state->parts);
  if (!entries) return entries.error();
  if (!request.has_body) {
    return Error{ErrorCode::kLengthRequired,
                 "Send the lines of an export (/api/admin/cache/export) as the body."};
  }
  if (state->imports.fetch_add(1) >= kMostImports) {
    --state->imports;
    return Error{ErrorCode::kOverloaded, "Two imports are under way; wait for one to end.",
                 Charge::kNone, std::chrono::seconds(30)};
  }
  return std::make_unique<ImportIntake>(state, request,
                                        std::make_shared<ImportJob>(*state, **entries));
}

}  // namespace

void AddImportRoute(http::Router& router, const SharedState& state) {
  router.AddLongRoute("POST", "/api/admin/cache/import",
                      Guarded(state, Need::kAdmin, [state](http::Request& request) {
                        return BeginImport(state, request);
                      }));
}

}  // namespace vcache::api
