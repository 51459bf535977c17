#include "tools/journalnode/http_pages.h"

#include <fmt/format.h>
#include <kj/debug.h>

#include "tools/journalnode/metrics.h"
#include "tools/journalnode/status_json.h"
#include "tools/kj_text.h"

namespace varve {

std::string_view status_page_html();  // page.html, embedded

namespace {

constexpr std::chrono::seconds kNodePatience{5};
constexpr std::chrono::seconds kClientPatience{15};

// The page brings all that it needs; nothing else may be loaded or framed.
constexpr char kContentPolicy[] =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

kj::StringPtr reason_phrase(unsigned code) {
  switch (code) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

bool has_body(kj::AsyncInputStream& body) {
  KJ_IF_MAYBE (length, body.tryGetLength()) return *length > 0;
  return true;
}

std::string lines(const std::vector<std::string>& reasons) {
  return reasons.empty() ? "ok\n" : fmt::format("{}\n", fmt::join(reasons, "\n"));
}

// For which a restart, or an operator, is needed: the process can do nothing about them.
std::vector<std::string> reasons_unhealthy(const NodeStatus& status) {
  std::vector<std::string> reasons;
  for (const JournalCopyStatus& journal : status.journals)
    if (!journal.failure.empty()) reasons.push_back(fmt::format("journal {}: takes nothing more: {}", journal.name, journal.failure));
  return reasons;
}

}  // namespace

HttpPages::Page HttpPages::find_page(const std::string& path) {
  if (path == "/status") return &HttpPages::status_page;
  if (path == "/metrics") return &HttpPages::metrics_page;
  if (path == "/healthz") return &HttpPages::health_page;
  if (path == "/readyz") return &HttpPages::ready_page;
  return nullptr;
}

HttpPages::Answer HttpPages::status_page(const NodeStatus& status) const {
  return {200, "application/json", status_json(status, sources_.process())};
}

HttpPages::Answer HttpPages::metrics_page(const NodeStatus& status) const {
  return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(status, sources_.process())};
}

HttpPages::Answer HttpPages::health_page(const NodeStatus& status) const {
  const std::vector<std::string> reasons = reasons_unhealthy(status);
  return {.code = reasons.empty() ? 200u : 503u, .body = lines(reasons)};
}

HttpPages::Answer HttpPages::ready_page(const NodeStatus& status) const {
  const std::vector<std::string> reasons = reasons_not_ready(status);
  return {.code = reasons.empty() ? 200u : 503u, .body = lines(reasons)};
}

kj::Promise<HttpPages::Answer> HttpPages::ask_node(Page page) {
  auto too_late =
      clock_.after(kNodePatience).then([]() -> kj::Promise<NodeStatus> { return KJ_EXCEPTION(OVERLOADED, "no status within 5 s"); });
  return kj::evalNow(sources_.status)
      .exclusiveJoin(kj::mv(too_late))
      .then([this, page](NodeStatus status) { return (this->*page)(status); })
      .catch_([](kj::Exception&& error) -> Answer {
        return {.code = 503, .body = fmt::format("the node does not answer: {}\n", one_line(error))};
      });
}

kj::Promise<void> HttpPages::send(Answer answer, Response& response) const {
  kj::HttpHeaders headers(headers_);
  headers.set(kj::HttpHeaderId::CONTENT_TYPE, kj::str(answer.type.c_str()));
  headers.add("Cache-Control", "no-store");
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("Content-Security-Policy", kContentPolicy);
  headers.add("Referrer-Policy", "no-referrer");
  if (answer.code == 405) headers.add("Allow", "GET");
  auto stream = response.send(answer.code, reason_phrase(answer.code), headers, answer.body.size());
  auto body = kj::heap<std::string>(std::move(answer.body));
  auto writing = stream->write(body->data(), body->size());
  return writing.attach(kj::mv(stream), kj::mv(body));
}

kj::Promise<void> HttpPages::answer(kj::HttpMethod method, const std::string& path, bool with_body, Response& response) {
  if (method != kj::HttpMethod::GET) return send({.code = 405, .body = "only GET\n"}, response);
  if (with_body) return send({.code = 400, .body = "a request with a body is not taken\n"}, response);
  if (path == "/") return send({200, "text/html; charset=utf-8", std::string(status_page_html())}, response);
  const Page page = find_page(path);
  if (page == nullptr) return send({.code = 404, .body = "there are /, /status, /metrics, /healthz and /readyz\n"}, response);
  return ask_node(page).then([this, &response](Answer answer) { return send(std::move(answer), response); });
}

kj::Promise<void> HttpPages::request(kj::HttpMethod method, kj::StringPtr url, const kj::HttpHeaders&, kj::AsyncInputStream& body,
                                     Response& response) {
  const std::string path(url.begin(), std::find(url.begin(), url.end(), '?'));
  auto late = clock_.after(kClientPatience).then([]() -> kj::Promise<void> {
    return KJ_EXCEPTION(DISCONNECTED, "the client does not take the answer");
  });
  return answer(method, path, has_body(body), response).exclusiveJoin(kj::mv(late));
}

}  // namespace varve
