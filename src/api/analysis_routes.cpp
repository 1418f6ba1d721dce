#include <string>
#include <utility>

#include "api/analysis_answer.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/text_reader.h"
#include "api/upload_reader.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::api {
namespace {

using cache::CacheKey;
using cache::ContentKind;

http::Response Answer(const ApiState& state, http::Request& request, analysis::Content content) {
  const std::string file_name = content.file_name;
  SentContent sent{.file_name = file_name, .bytes = content.bytes};
  if (content.media_type) sent.media_type = content::MediaTypeName(*content.media_type);
  const Result<analysis::Analysis> result =
      state.parts.analysis.Analyze(std::move(content), request.deadline, request.client_gone);
  if (result) return AnalysisResponse(*result, sent, state.parts.clock);
  http::Response response =
      ProblemResponse(request.info, result.error(), state.options.admin_token);
  MarkMiss(response);
  return response;
}

http::Response AnalyzeFile(const ApiState& state, http::Request& request) {
  Result<Upload> upload =
      ReadUpload(request, {state.options.max_upload_bytes, state.options.spool});
  if (!upload) return ProblemResponse(request.info, upload.error(), state.options.admin_token);
  analysis::Content content;
  content.key = {ContentKind::kAnalysis, upload->digest};
  content.media_type = upload->media.type;
  content.pictures = upload->media.pictures;
  content.bytes = upload->spool->size();
  content.file = std::move(upload->spool);
  content.file_name = std::move(upload->file_name);
  return Answer(state, request, std::move(content));
}

http::Response AnalyzeText(const ApiState& state, http::Request& request) {
  Result<content::CanonicalText> text =
      ReadText(request, {state.options.text_min_chars, state.options.text_max_chars});
  if (!text) return ProblemResponse(request.info, text.error(), state.options.admin_token);
  analysis::Content content;
  content.key = {ContentKind::kText, content::DigestOf(AsBytes(text->text))};
  content.bytes = text->text.size();
  content.characters = text->characters;
  content.text = std::move(text->text);
  return Answer(state, request, std::move(content));
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

http::Response LookUp(const ApiState& state, http::Request& request) {
  const Result<CacheKey> key = KeyOf(request);
  if (!key) return ProblemResponse(request.info, key.error(), state.options.admin_token);
  const Result<analysis::Analysis> found = state.parts.analysis.Find(*key, request.deadline);
  if (found) return AnalysisResponse(*found, {}, state.parts.clock);
  http::Response response = ProblemResponse(request.info, found.error(), state.options.admin_token);
  MarkMiss(response);
  return response;
}

}  // namespace

void AddAnalysisRoutes(http::Router& router, const SharedState& state) {
  const auto file = [state](http::Request& request) { return AnalyzeFile(*state, request); };
  const auto text = [state](http::Request& request) { return AnalyzeText(*state, request); };
  router.Add("POST", "/api/analysis/file", file);
  router.Add("POST", "/api/analysis/text", text);
  router.Add("POST", "/api/text-analysis/analyze", text);
  router.AddPrefix("GET", "/api/analysis/",
                   [state](http::Request& request) { return LookUp(*state, request); });
}

}  // namespace vcache::api
