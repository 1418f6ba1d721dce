#pragma once

#include <string>
#include <utility>
#include <vector>

#include "json/json.h"
#include "vcache/core/secret.h"
#include "vcache/detection/detector.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// `GET url` with these headers, for a JSON answer.
net::HttpRequest GetRequest(std::string url, HttpHeaders headers);

/// `POST url` with a JSON body and these additional headers.
net::HttpRequest JsonRequest(std::string url, HttpHeaders headers, const Json& body);

/// `POST url` with a multipart form, its fields in this order.
net::HttpRequest FormRequest(std::string url, HttpHeaders headers,
                             std::vector<net::FormField> fields);

net::FormField TextField(std::string name, std::string value);

/// The task's file as a field, streamed from the spool. The task must have a file and a media type;
/// both must outlive the request. The vendor gets the type, but not the user's file name.
net::FormField FileField(std::string name, const DetectionTask& task);

/// The task's file as a whole body, on the same conditions.
net::StreamedBody FileBody(const DetectionTask& task);

/// `Authorization: Bearer ...`, as a header.
std::pair<std::string, std::string> Bearer(const Secret& key);

}  // namespace vcache::detection
