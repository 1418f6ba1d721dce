#pragma once

#include "http/parsing/request_head.h"
#include "vcache/core/result.h"

namespace vcache::http {

/// Decides from the fields of `head` how its body ends, and sets `framing` and `content_length`
/// (rule H3). kBadRequest whenever two readers could disagree; kNotImplemented for a transfer
/// coding that we do not speak. A chunked body may still turn out to be empty, so the head of a
/// method that takes none is accepted with it: the reader of the body decides.
Result<void> ReadFraming(RequestHead& head);

/// Whether the method takes no body but an empty one: GET, HEAD and OPTIONS.
bool TakesNoBody(std::string_view method) noexcept;
/// What a body of such a method is answered with.
Error BodyNotTaken();

/// Sets `keep_alive` and `expects_continue` from the fields and the framing. Cannot fail: unknown
/// connection options and expectations are ignored (417 is never answered, rule H7).
void ReadConnectionOptions(RequestHead& head);

/// kUnsupportedMediaType when the body is compressed or otherwise encoded (rule H16).
Result<void> CheckContentEncoding(const RequestHead& head);

}  // namespace vcache::http
