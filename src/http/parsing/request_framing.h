#pragma once

#include "http/parsing/request_head.h"
#include "vcache/core/result.h"

namespace vcache::http {

/// Decides from the fields how the body ends; sets `framing` and `content_length` (rule H3). A
/// chunked body may be empty, so the body's reader decides whether the method takes it. Errors:
/// kBadRequest when two readers could disagree; kNotImplemented for an unsupported transfer coding.
Result<void> ReadFraming(RequestHead& head);

/// Whether the client announced a body: a length above 0, or chunks.
bool HasBody(const RequestHead& head) noexcept;

/// Whether the method accepts only an empty body: GET, HEAD and OPTIONS.
bool TakesNoBody(std::string_view method) noexcept;
Error BodyNotTaken();

/// Sets `keep_alive` and `expects_continue` from the fields and the framing. Cannot fail: it
/// ignores unknown connection options and expectations, and the server never answers 417 (rule H7).
void ReadConnectionOptions(RequestHead& head);

/// kUnsupportedMediaType when the body has a Content-Encoding, such as compression (rule H16).
Result<void> CheckContentEncoding(const RequestHead& head);

}  // namespace vcache::http
