#include "tools/journalnode/http_server.h"

#include <fmt/format.h>

#include "tools/kj_text.h"

namespace varve {

namespace {

constexpr unsigned kConnectionsMax = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};

kj::HttpServerSettings settings(kj::HttpServerErrorHandler& errors) {
  kj::HttpServerSettings settings;
  settings.errorHandler = errors;
  settings.headerTimeout = 5 * kj::SECONDS;
  settings.pipelineTimeout = 30 * kj::SECONDS;  // a page asks each second, Prometheus each 15
  settings.canceledUploadGracePeriod = 0 * kj::SECONDS;
  settings.canceledUploadGraceBytes = 0;
  return settings;
}

}  // namespace

kj::Promise<kj::Own<HttpServer>> HttpServer::open(Network& network, Clock& clock, std::string address, HttpPages& pages,
                                                  const LogSink& log) {
  return network.listen(std::move(address)).then([&clock, &pages, &log](kj::Own<Listener> listener) {
    return kj::heap<HttpServer>(kj::mv(listener), clock, pages, log);
  });
}

HttpServer::HttpServer(kj::Own<Listener> listener, Clock& clock, HttpPages& pages, const LogSink& log)
    : listener_(kj::mv(listener)),
      clock_(clock),
      pages_(pages),
      log_(log),
      timer_(clock),
      server_(timer_, pages.headers(), pages, settings(*this)) {
  tasks_.add(accept_all());
}

Task<void> HttpServer::accept_all() {
  for (;;) {
    bool accepted = false;
    try {
      Accepted connection = co_await listener_->accept();
      accepted = true;
      if (connections_ < kConnectionsMax) serve(kj::mv(connection.stream));
    } catch (const kj::Exception& error) {
      log_(LogLevel::kWarning, fmt::format("accepting a connection for the status page: {}", one_line(error)));
    }
    if (!accepted) co_await clock_.after(kAcceptPause);
  }
}

// KJ's own would show the exception's stack to the client and to standard error.
kj::Promise<void> HttpServer::handleApplicationError(kj::Exception error, kj::Maybe<kj::HttpService::Response&> response) {
  if (error.getType() == kj::Exception::Type::DISCONNECTED) return kj::READY_NOW;
  KJ_IF_MAYBE (reply, response) {
    log_(LogLevel::kWarning, fmt::format("serving a status page: {}", one_line(error)));
    return reply->sendError(500, "Internal Server Error", pages_.headers());
  }
  return kj::READY_NOW;
}

void HttpServer::serve(kj::Own<kj::AsyncIoStream> stream) {
  ++connections_;
  tasks_.add(server_.listenHttp(kj::mv(stream)).catch_([](kj::Exception&&) {}).then([this] { --connections_; }));
}

}  // namespace varve
