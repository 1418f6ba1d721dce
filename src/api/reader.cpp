#include "api/reader.h"

#include <cstddef>
#include <utility>

#include "api/routes.h"
#include "vcache/core/hex.h"
#include "vcache/core/random_id.h"

namespace vcache::api {
namespace {

/// What a history tells of an analysis; the rest is told as long as the verdict is kept.
constexpr const char* kNoted[] = {"id",        "type",      "fileName", "sha256",     "bytes",
                                  "mediaType", "aiScore",   "isAi",     "confidence", "verdict",
                                  "provider",  "consensus", "fromCache"};

}  // namespace

std::string OwnerOf(const http::RequestInfo& request) {
  const std::string& caller = request.caller;
  for (const std::string_view kind : {"user:", "key:"}) {
    if (caller.starts_with(kind) && caller.size() > kind.size()) return caller;
  }
  return {};
}

Reader LookUpReaderOf(const ApiState& state, const http::RequestInfo& request) {
  return {.hears_of_others = !state.options.lookups_are_own || request.caller_is_admin};
}

Reader ReaderOf(const ApiState& state, const http::RequestInfo& request) {
  Reader reader = LookUpReaderOf(state, request);
  reader.owner = OwnerOf(request);
  if (!reader.owner.empty()) reader.history = state.parts.history;
  return reader;
}

void NoteInHistory(const Reader& reader, const Json& answer, WallTime now) {
  const Json& analysis = answer.at("analysis");
  Json noted = Json::object();
  for (const char* name : kNoted) noted[name] = analysis.at(name);
  if (!reader.history->keeps_file_names()) noted["fileName"] = nullptr;
  const Json& cache = answer.at("cache");
  noted["savedUsd"] = cache.is_null() ? Json(nullptr) : cache.at("savedUsd");
  if (!reader.transaction.empty()) noted["transactionId"] = reader.transaction;
  reader.history->Note(reader.owner, {noted.at("id").get<std::string>(), now, DumpJson(noted)});
}

std::string MakeUuid() {
  std::string id = RandomId();
  id[12] = '4';
  id[16] = "89ab"[HexValue(id[16]) & 3];
  for (const std::size_t dash : {8, 13, 18, 23}) id.insert(dash, 1, '-');
  return id;
}

}  // namespace vcache::api
