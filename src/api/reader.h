#pragma once

#include <string>

#include "json/json.h"
#include "vcache/api/history.h"
#include "vcache/core/clock.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

struct ApiState;

/// Who gets an answer with an analysis.
struct Reader {
  History* history = nullptr;  ///< Null: nothing is noted.
  std::string owner{};         ///< Of the history.
  std::string transaction{};   ///< The batch that the analysis is part of; empty: none.
  /// Whether the answer may tell what others had analysed (`LOOKUP_SCOPE`).
  bool hears_of_others = true;
};

/// The sender of a request, who has sent the content.
Reader ReaderOf(const ApiState& state, const http::RequestInfo& request);
/// The same for a look-up, which is in no history.
Reader LookUpReaderOf(const ApiState& state, const http::RequestInfo& request);

/// Whose history the request is about: `user:42`, `key:site`; empty: it has none.
std::string OwnerOf(const http::RequestInfo& request);

/// Notes an answer's members `analysis` and `cache`.
void NoteInHistory(const Reader& reader, const Json& answer, WallTime now);

/// A random UUID (RFC 9562, version 4).
std::string MakeUuid();

}  // namespace vcache::api
