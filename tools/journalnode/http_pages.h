// What a journal node shows over HTTP: /, /status, /metrics, /healthz, /readyz. GET only, no bodies.
//
// Threads: the event loop's. Must outlive every request.
// Errors:  a node that does not answer in time is a 503; a client that does not take its answer in time loses its connection.
#pragma once

#include <kj/compat/http.h>

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "journal/node_status.h"
#include "tools/journalnode/process_facts.h"

namespace varve {

struct PageSources {
  std::function<kj::Promise<NodeStatus>()> status;
  std::function<ProcessFacts()> process;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // kj::HttpService has no virtual destructor; nobody destroys one through it
class HttpPages final : public kj::HttpService {
 public:
  HttpPages(Clock& clock, PageSources sources) : clock_(clock), sources_(std::move(sources)) {}

  const kj::HttpHeaderTable& headers() const { return headers_; }

  kj::Promise<void> request(kj::HttpMethod method, kj::StringPtr url, const kj::HttpHeaders& headers, kj::AsyncInputStream& body,
                            Response& response) override;

 private:
  struct Answer {
    unsigned code = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
  };
  using Page = Answer (HttpPages::*)(const NodeStatus& status) const;

  static Page find_page(const std::string& path);
  Answer status_page(const NodeStatus& status) const;
  Answer metrics_page(const NodeStatus& status) const;
  Answer health_page(const NodeStatus& status) const;
  Answer ready_page(const NodeStatus& status) const;
  kj::Promise<void> answer(kj::HttpMethod method, const std::string& path, bool with_body, Response& response);
  kj::Promise<Answer> ask_node(Page page);
  kj::Promise<void> send(Answer answer, Response& response) const;

  Clock& clock_;
  PageSources sources_;
  kj::HttpHeaderTable headers_;
};
#pragma GCC diagnostic pop

}  // namespace varve
