// Serves HttpPages to the network.
//
// Owns:    the listener and its connections; all end when it is destroyed.
// Threads: the event loop's.
// Errors:  a connection that fails ends alone; a listener that fails is asked again, for ever.
#pragma once

#include <kj/compat/http.h>

#include <string>

#include "base/network.h"
#include "base/task.h"
#include "base/tasks.h"
#include "tools/journalnode/clock_timer.h"
#include "tools/journalnode/http_pages.h"
#include "varve/log_sink.h"

namespace varve {

class HttpServer final : private kj::HttpServerErrorHandler {
 public:
  // Fails with a KJ exception when the address cannot be listened at. What is passed by reference must outlive the server.
  static kj::Promise<kj::Own<HttpServer>> open(Network& network, Clock& clock, std::string address, HttpPages& pages, const LogSink& log);

  HttpServer(kj::Own<Listener> listener, Clock& clock, HttpPages& pages, const LogSink& log);
  ~HttpServer() noexcept {}
  KJ_DISALLOW_COPY(HttpServer);

  unsigned port() const { return listener_->port(); }

 private:
  kj::Promise<void> handleApplicationError(kj::Exception error, kj::Maybe<kj::HttpService::Response&> response) override;

  Task<void> accept_all();
  void serve(kj::Own<kj::AsyncIoStream> stream);

  kj::Own<Listener> listener_;
  Clock& clock_;
  HttpPages& pages_;
  const LogSink& log_;
  ClockTimer timer_;
  kj::HttpServer server_;
  unsigned connections_ = 0;
  Tasks tasks_;  // ends before what it uses
};

}  // namespace varve
