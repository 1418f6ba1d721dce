#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/analysis_answer.h"
#include "api/history_record.h"
#include "api/intake/digest_fields.h"
#include "api/intake/text_reader.h"
#include "api/intake/upload_reader.h"
#include "api/job_answer.h"
#include "api/lookup_scope.h"
#include "api/problem.h"
#include "api/request_controls.h"
#include "api/routes.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"
#include "vcache/http/parsing/multipart.h"
#include "vcache/http/parsing/trace_context.h"

namespace vcache::api {
namespace {

using cache::CacheKey;
using cache::ContentKind;

using SharedAllowance = std::shared_ptr<analysis::Allowance>;
using SharedResponder = std::shared_ptr<http::Responder>;

/// What the answer says of the sent content, kept until then.
struct Sent {
  std::string file_name{};
  std::string_view media_type{};  ///< A constant's.
  std::optional<std::uint64_t> bytes{};
};

http::Response UnknownResponse(const http::Request& request, const Error& error,
                               const analysis::CacheUse& use = {}) {
  http::Response response = ProblemResponse(request.info, error);
  MarkUncached(response, use);
  return response;
}

http::Response ResponseTo(const ApiState& state, const http::Request& request, const Sent& sent,
                          const Result<analysis::Analysis>& result,
                          const analysis::CacheUse& use = {}) {
  if (result) {
    return AnalysisResponse(*result, {sent.file_name, sent.media_type, sent.bytes},
                            state.parts.clock, ReaderOf(state, request.info));
  }
  return UnknownResponse(request, result.error(), use);
}

void Refuse(const SharedState& state, const http::Request& request, Error error,
            const SharedResponder& responder) {
  responder->Answer(
      [state, &request, error = std::move(error)] { return ProblemResponse(request.info, error); });
}

/// Answers what is known of the content. It counts as a look-up: nothing was spared.
void AnswerFromCache(const SharedState& state, const http::Request& request, const CacheKey& key,
                     Sent sent, const analysis::CacheUse& use, const SharedResponder& responder) {
  FindForReader(
      state, request, key,
      [state, &request, responder, use, sent = std::move(sent)](Result<analysis::Analysis> found) {
        found = OnlyIfCached(std::move(found), use, state->parts.clock.WallNow());
        responder->Answer([state, &request, sent, found = std::move(found)] {
          return ResponseTo(*state, request, sent, found);
        });
      });
}

/// Answers at once: with what is known, else with the place of the job.
void AnalyzeAsJob(const SharedState& state, const http::Request& request, analysis::Content content,
                  const Sent& sent, const SharedResponder& responder) {
  const CacheKey key = content.key;
  // The request is gone when the job ends.
  auto note = [state, sent,
               reader = ReaderOf(*state, request.info)](const Result<analysis::Analysis>& ended) {
    if (!ended) return;
    Json answer = Json::object();
    AddAnalysis(answer, *ended, {sent.file_name, sent.media_type, sent.bytes},
                state->parts.clock.WallNow(), reader);
  };
  state->parts.jobs->Begin(
      std::move(content),
      [state, &request, responder, sent, key](std::optional<Result<analysis::Analysis>> known) {
        responder->Answer([state, &request, sent, key, known = std::move(known)] {
          return known ? ResponseTo(*state, request, sent, *known) : AcceptedResponse(key);
        });
      },
      std::move(note));
}

/// Answers when the verdict is there. The request outlives its answer.
void Analyze(const SharedState& state, const http::Request& request, analysis::Content content,
             const SharedResponder& responder) {
  const RequestControls controls = ControlsOf(request.info, state->options.mode);
  Sent sent{.file_name = content.file_name, .bytes = content.bytes};
  if (content.media_type) sent.media_type = content::MediaTypeName(*content.media_type);
  if (controls.only_if_cached) {
    return AnswerFromCache(state, request, content.key, std::move(sent), controls.use, responder);
  }
  content.use = controls.use;
  content.trace_parent = http::TraceParentOf(request.info.headers);
  // A job answers with what is known, and its verdict is kept: other wishes are waited for.
  const bool may_be_job = state->parts.jobs != nullptr && content.use == analysis::CacheUse{};
  if (may_be_job && PrefersAsync(request.info.headers)) {
    return AnalyzeAsJob(state, request, std::move(content), sent, responder);
  }
  auto leave = state->parts.analysis.AnalyzeLater(
      std::move(content), request.deadline,
      [state, &request, responder, use = controls.use,
       sent = std::move(sent)](Result<analysis::Analysis> result) {
        responder->Answer([state, &request, use, sent, result = std::move(result)] {
          return ResponseTo(*state, request, sent, result, use);
        });
      });
  responder->OnClientGone(std::move(leave));
}

/// The content that a raw upload announces by its digest, if what is stored of it could be the
/// answer. A digest from a client may read, never write (rule S3).
std::optional<CacheKey> AnnouncedKey(const http::RequestInfo& request,
                                     const analysis::CacheUse& of_mode) {
  const auto header = request.headers.Get("Content-Type");
  const auto type = header ? http::ParseMediaTypeHeader(*header) : std::nullopt;
  if (!type || type->type == "multipart/form-data") return std::nullopt;
  const auto digest = StatedDigest(request.headers);
  if (!digest || !*digest || !ControlsOf(request, of_mode).may_use_stored()) return std::nullopt;
  return CacheKey{ContentKind::kAnalysis, **digest};
}

class FileIntake final : public http::Intake {
 public:
  FileIntake(SharedState state, const http::Request& request, std::unique_ptr<UploadReader> reader,
             SharedAllowance allowance)
      : state_(std::move(state)),
        request_(request),
        reader_(std::move(reader)),
        allowance_(std::move(allowance)) {}

  /// A known content need not be sent. It counts as a look-up.
  void Consider(SharedResponder responder) override {
    const auto key = AnnouncedKey(request_.info, state_->options.mode);
    if (!key || !LookUpReaderOf(*state_, request_.info).hears_of_others) return;
    state_->parts.analysis.FindLater(
        *key, request_.deadline,
        [state = state_, &request = request_, responder](Result<analysis::Analysis> found) {
          const analysis::CacheUse use = ControlsOf(request.info, state->options.mode).use;
          if (!found || !IsYoungEnough(*found, use, state->parts.clock.WallNow())) return;
          responder->Answer([state, &request, found = std::move(found)] {
            return ResponseTo(*state, request, {}, found);
          });
        });
  }

  Result<void> Take(ByteView piece) override { return reader_->Take(piece); }

  void Complete(SharedResponder responder) override {
    Result<Upload> upload = reader_->Finish();
    if (!upload) return Refuse(state_, request_, upload.error(), responder);
    reader_.reset();
    analysis::Content content = ContentOf(*std::move(upload));
    content.allowance = allowance_;
    Analyze(state_, request_, std::move(content), responder);
  }

 private:
  const SharedState state_;
  const http::Request& request_;
  std::unique_ptr<UploadReader> reader_;
  const SharedAllowance allowance_;
};

class TextIntake final : public http::Intake {
 public:
  TextIntake(SharedState state, const http::Request& request, TextReader reader,
             SharedAllowance allowance)
      : state_(std::move(state)),
        request_(request),
        reader_(std::move(reader)),
        allowance_(std::move(allowance)) {}

  Result<void> Take(ByteView piece) override { return reader_.Take(piece); }

  void Complete(SharedResponder responder) override {
    Result<content::CanonicalText> text = reader_.Finish();
    if (!text) return Refuse(state_, request_, text.error(), responder);
    analysis::Content content;
    content.key = {ContentKind::kText, content::DigestOf(AsBytes(text->text))};
    content.bytes = text->text.size();
    content.characters = text->characters;
    content.text = std::move(text->text);
    content.allowance = allowance_;
    Analyze(state_, request_, std::move(content), responder);
  }

 private:
  const SharedState state_;
  const http::Request& request_;
  TextReader reader_;
  const SharedAllowance allowance_;
};

http::RouteResult AnalyzeFile(const SharedState& state, http::Request& request,
                              const Caller& caller) {
  auto reader = UploadReader::Open(request, UploadLimitsFor(*state, request));
  if (!reader) return reader.error();
  return std::make_unique<FileIntake>(state, request, *std::move(reader),
                                      state->gate.rates().AllowanceFor(request.info, caller));
}

http::RouteResult AnalyzeText(const SharedState& state, http::Request& request,
                              const Caller& caller) {
  auto reader =
      TextReader::Open(request, {state->options.text_min_chars, state->options.text_max_chars});
  if (!reader) return reader.error();
  return std::make_unique<TextIntake>(state, request, *std::move(reader),
                                      state->gate.rates().AllowanceFor(request.info, caller));
}

Result<CacheKey> KeyOf(const http::Request& request) {
  const auto digest = content::ContentDigest::FromHex(request.tail);
  if (!digest) {
    return Error{ErrorCode::kBadRequest,
                 "The path must end in the SHA-256 of the content: 64 hexadecimal digits."};
  }
  const auto kind = http::FormValue(request.info.query, "kind");
  if (!kind) return kind.error();
  if (!*kind || **kind == "analysis") return CacheKey{ContentKind::kAnalysis, *digest};
  if (**kind == "text") return CacheKey{ContentKind::kText, *digest};
  return Error{ErrorCode::kBadRequest, "The parameter kind must be analysis or text."};
}

class LookUpIntake final : public http::Intake {
 public:
  LookUpIntake(SharedState state, const http::Request& request, CacheKey key)
      : state_(std::move(state)), request_(request), key_(std::move(key)) {}

  Result<void> Take(ByteView) override { return {}; }

  void Complete(SharedResponder responder) override {
    FindForReader(
        state_, request_, key_,
        [state = state_, &request = request_, responder](Result<analysis::Analysis> found) {
          responder->Answer([state, &request, found = std::move(found)] {
            if (!found) return UnknownResponse(request, found.error());
            return AnalysisResponse(*found, {}, state->parts.clock,
                                    LookUpReaderOf(*state, request.info));
          });
        });
  }

 private:
  const SharedState state_;
  const http::Request& request_;
  const CacheKey key_;
};

http::RouteResult LookUp(const SharedState& state, http::Request& request, const Caller&) {
  Result<CacheKey> key = KeyOf(request);
  if (!key) return key.error();
  return std::make_unique<LookUpIntake>(state, request, *std::move(key));
}

}  // namespace

void AddAnalysisRoutes(http::Router& router, const SharedState& state) {
  const auto guarded = [&](Need need, http::RouteResult (*route)(const SharedState&, http::Request&,
                                                                 const Caller&)) {
    return Guarded(state, need, [state, route](http::Request& request, const Caller& caller) {
      return route(state, request, caller);
    });
  };
  router.AddRoute("POST", "/api/analysis/file", guarded(Need::kAnalysis, AnalyzeFile));
  router.AddRoute("POST", "/api/analysis/text", guarded(Need::kAnalysis, AnalyzeText));
  router.AddRoute("POST", "/api/text-analysis/analyze", guarded(Need::kAnalysis, AnalyzeText));
  router.AddRoute("POST", "/api/analysis/lookup", guarded(Need::kLookUp, LookUpMany));
  for (const char* path : {"/api/analysis/batch", "/api/upload/advanced"}) {
    router.AddRoute("POST", path, guarded(Need::kAnalysis, AnalyzeBatch));
  }
  // By digest, or by the id that an answer gave its reader.
  router.AddPrefixRoute(
      "GET", "/api/analysis/",
      Guarded(state, Need::kLookUp,
              [state, by_id = FindInHistory(state)](http::Request& request, const Caller& caller) {
                if (IsAnalysisId(request.tail)) return by_id(request);
                return LookUp(state, request, caller);
              }));
}

}  // namespace vcache::api
