#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/analysis_answer.h"
#include "api/intake/small_body.h"
#include "api/intake/strict_input.h"
#include "api/lookup_scope.h"
#include "api/problem.h"
#include "api/routes.h"
#include "json/json.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::api {
namespace {

using cache::CacheKey;
using cache::ContentKind;

constexpr std::size_t kMostHashes = 100;
/// 100 hashes with generous white space.
constexpr std::size_t kMostLookupBytes = 16 * 1024;

Error WrongHashes() {
  return {ErrorCode::kBadRequest, "The JSON needs a member \"hashes\": a list of 1 to " +
                                      std::to_string(kMostHashes) +
                                      " SHA-256 digests of 64 hexadecimal digits each."};
}

Result<ContentKind> KindAsked(const Json& body) {
  const Json* kind = Find(body, "kind");
  if (kind == nullptr) return ContentKind::kAnalysis;
  const auto name = AsString(kind);
  if (name == "analysis") return ContentKind::kAnalysis;
  if (name == "text") return ContentKind::kText;
  return Error{ErrorCode::kBadRequest, "The member \"kind\" must be \"analysis\" or \"text\"."};
}

Result<std::vector<CacheKey>> KeysIn(const std::string& body) {
  JsonLimits limits;
  limits.max_depth = 4;
  limits.max_values = kMostHashes + 8;
  limits.refuse_duplicate_keys = true;
  const Result<Json> parsed = ParseJson(body, limits);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return WrongHashes();
  if (auto refusal = RefuseUnknownMembers(*parsed, {"hashes", "kind"})) return *std::move(refusal);
  const Result<ContentKind> kind = KindAsked(*parsed);
  if (!kind) return kind.error();
  const Json* hashes = Find(*parsed, "hashes");
  if (hashes == nullptr || !hashes->is_array() || hashes->empty() || hashes->size() > kMostHashes) {
    return WrongHashes();
  }
  std::vector<CacheKey> keys;
  for (const Json& hash : *hashes) {
    const auto text = AsString(&hash);
    const auto digest = text ? content::ContentDigest::FromHex(*text) : std::nullopt;
    if (!digest) return WrongHashes();
    keys.push_back({*kind, *digest});
  }
  return keys;
}

http::Response FoundResponse(const ApiState& state, const http::Request& request,
                             const std::vector<CacheKey>& keys,
                             const std::vector<Result<analysis::Analysis>>& found) {
  Json results = Json::array();
  std::size_t known = 0;
  std::size_t open = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Json result = Json::object();
    result["hash"] = keys[i].digest.ToHex();
    if (found[i]) {
      ++known;
      result["known"] = true;
      AddAnalysis(result, *found[i], {}, state.parts.clock.WallNow(),
                  LookUpReaderOf(state, request.info));
    } else if (found[i].error().code == ErrorCode::kNotCached) {
      result["known"] = false;
    } else {
      ++open;
      result["known"] = nullptr;
      result["code"] = CodeName(found[i].error().code);
    }
    results.push_back(std::move(result));
  }
  if (open == keys.size()) return ProblemResponse(request.info, found.front().error());
  Json body = Json::object();
  body["success"] = true;
  body["known"] = known;
  body["results"] = std::move(results);
  http::Response response;
  response.headers.Add("Content-Type", "application/json");
  response.body = DumpJson(body);
  return response;
}

class LookUpManyIntake final : public http::Intake {
 public:
  LookUpManyIntake(SharedState state, const http::Request& request, SmallBody body)
      : state_(std::move(state)), request_(request), body_(std::move(body)) {}

  Result<void> Take(ByteView piece) override { return body_.Take(piece); }

  void Complete(std::shared_ptr<http::Responder> responder) override {
    Result<std::vector<CacheKey>> keys = KeysIn(body_.text());
    if (!keys) {
      responder->Answer([&request = request_, error = keys.error()] {
        return ProblemResponse(request.info, error);
      });
      return;
    }
    FindManyForReader(state_, request_, *keys,
                      [state = state_, &request = request_, responder,
                       keys = *keys](std::vector<Result<analysis::Analysis>> found) {
                        responder->Answer([state, &request, keys, found = std::move(found)] {
                          return FoundResponse(*state, request, keys, found);
                        });
                      });
  }

 private:
  const SharedState state_;
  const http::Request& request_;
  SmallBody body_;
};

}  // namespace

http::RouteResult LookUpMany(const SharedState& state, http::Request& request, const Caller&) {
  if (auto refusal = RefuseQuery(request.info)) return *std::move(refusal);
  if (!request.has_body) {
    return Error{ErrorCode::kLengthRequired, "The request has no body; send the hashes in it."};
  }
  const auto header = request.info.headers.Get("Content-Type");
  const auto type = header ? http::ParseMediaTypeHeader(*header) : std::nullopt;
  if (!type || type->type != "application/json") {
    return Error{ErrorCode::kUnsupportedMediaType, "The Content-Type must be application/json."};
  }
  SmallBody body(kMostLookupBytes);
  if (auto fits = body.CheckLength(request.content_length); !fits) return fits.error();
  return std::make_unique<LookUpManyIntake>(state, request, std::move(body));
}

}  // namespace vcache::api
