#pragma once

#include <string_view>

#include "api/routes.h"
#include "vcache/metrics/exporter.h"

namespace vcache::api {

/// What a request counts as.
metrics::RouteClass RouteClassOf(std::string_view method, std::string_view path);

/// `GET /metrics`, for callers who may read them. No route without an exporter.
void AddMetricsRoute(http::Router& router, const SharedState& state);

}  // namespace vcache::api
