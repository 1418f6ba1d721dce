#pragma once

#include "vcache/core/result.h"
#include "vcache/http/request_head.h"

namespace vcache::http {

/// Decides from the fields of `head` how its body ends, and sets `framing` and `content_length`
/// (rule H3). kBadRequest whenever two readers could disagree; kNotImplemented for a transfer
/// coding that we do not speak.
Result<void> ReadFraming(RequestHead& head);

/// Sets `keep_alive` and `expects_continue` from the fields and the framing. Cannot fail: unknown
/// connection options and expectations are ignored (417 is never answered, rule H7).
void ReadConnectionOptions(RequestHead& head);

/// kUnsupportedMediaType when the body is compressed or otherwise encoded (rule H16).
Result<void> CheckContentEncoding(const RequestHead& head);

}  // namespace vcache::http
