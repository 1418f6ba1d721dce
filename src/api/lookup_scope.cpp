#include "api/lookup_scope.h"

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "api/history_record.h"

namespace vcache::api {
namespace {

using analysis::Analysis;
using cache::CacheKey;

using ManyFound = std::function<void(std::vector<Result<Analysis>>)>;

Error NotHadByReader() {
  return ForEverybody(
      {ErrorCode::kNotCached, "You have not had this content analysed; upload it."});
}

/// Blocks on the store.
Result<std::set<std::string>> NamesHad(const ApiState& state, const http::Request& request) {
  std::set<std::string> names;
  const std::string owner = OwnerOf(request.info);
  if (owner.empty()) return names;
  const auto records = state.parts.history->Read(owner);
  if (!records) return records.error();
  for (const cache::HistoryRecord& record : *records) {
    if (const auto key = KeyOfRecord(record)) names.insert(key->ToString());
  }
  return names;
}

void FindHad(const SharedState& state, const http::Request& request, std::vector<CacheKey> keys,
             const ManyFound& found) {
  const auto names = NamesHad(*state, request);
  if (!names) return found(std::vector<Result<Analysis>>(keys.size(), names.error()));
  std::vector<Result<Analysis>> results(keys.size(), NotHadByReader());
  std::vector<CacheKey> had;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!names->contains(keys[i].ToString())) continue;
    had.push_back(keys[i]);
    places.push_back(i);
  }
  if (had.empty()) return found(std::move(results));
  state->parts.analysis.FindManyLater(
      std::move(had), request.deadline,
      [results = std::move(results), places, found](std::vector<Result<Analysis>> had_now) mutable {
        for (std::size_t i = 0; i < places.size(); ++i) {
          results[places[i]] = std::move(had_now[i]);
        }
        found(std::move(results));
      });
}

Error NotAnsweredFromCache() {
  return ForEverybody({ErrorCode::kNotCached,
                       "Nothing is answered from the cache while CACHE_MODE is off or shadow; "
                       "upload the content."});
}

Error TooManyWait() {
  return ForEverybody({.code = ErrorCode::kOverloaded,
                       .message = "Too many requests wait for the cache; ask again in a moment.",
                       .retry_after = std::chrono::seconds(1)});
}

}  // namespace

void FindManyForReader(const SharedState& state, const http::Request& request,
                       std::vector<CacheKey> keys, ManyFound found) {
  if (state->options.mode.ignores_stored()) {
    return found(std::vector<Result<Analysis>>(keys.size(), NotAnsweredFromCache()));
  }
  if (LookUpReaderOf(*state, request.info).hears_of_others) {
    return state->parts.analysis.FindManyLater(std::move(keys), request.deadline, std::move(found));
  }
  const std::size_t count = keys.size();
  const auto shared = std::make_shared<ManyFound>(std::move(found));
  const bool taken = state->waiting->Submit([state, &request, keys = std::move(keys), shared] {
    FindHad(state, request, keys, *shared);
  });
  if (!taken) (*shared)(std::vector<Result<Analysis>>(count, TooManyWait()));
}

void FindForReader(const SharedState& state, const http::Request& request, const CacheKey& key,
                   std::function<void(Result<Analysis>)> found) {
  if (state->options.mode.ignores_stored()) return found(NotAnsweredFromCache());
  if (LookUpReaderOf(*state, request.info).hears_of_others) {
    return state->parts.analysis.FindLater(key, request.deadline, std::move(found));
  }
  FindManyForReader(state, request, {key},
                    [found = std::move(found)](std::vector<Result<Analysis>> results) {
                      found(std::move(results.front()));
                    });
}

}  // namespace vcache::api
