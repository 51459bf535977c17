#include "tools/journalnode/daemon.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "base/real/real_seams.h"
#include "base/real/tls_network.h"
#include "base/result.h"
#include "journal/journal_node.h"
#include "tools/journalnode/daemon_signals.h"
#include "tools/journalnode/http_server.h"
#include "tools/journalnode/log_output.h"
#include "tools/journalnode/node_options.h"
#include "tools/journalnode/service_notifier.h"
#include "tools/journalnode/status_json.h"
#include "tools/kj_text.h"
#include "tools/view_options.h"

namespace varve {

namespace {

std::uint64_t wall_us() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

// Owns:    the node, its network and its pages.
// Threads: the event loop's.
class Daemon {
 public:
  Daemon(RealSeams& real, const NodeConfig& config)
      : seams_(real.seams()), config_(config), signals_(real.event_port()), notifier_(ServiceNotifier::from_environment()) {}
  KJ_DISALLOW_COPY(Daemon);

  Task<Result<void>> run(const std::string& version) {
    CO_TRY(open_network());
    NodeOptions options = node_options(config_, version);
    options.render_status = [this](const NodeStatus& status) { return status_json(completed(status), measure_process()); };
    auto starting = JournalNode::start(tls_.get() == nullptr ? seams_ : seams_.over(*tls_), std::move(options));
    CO_ASSIGN_OR_RETURN(node_, co_await std::move(starting));
    CO_TRY(co_await open_pages());
    announce();
    tasks_.add(reload_when_told());
    co_await signals_.stop();
    log(LogLevel::kInfo, "stopping: every log gets its closing mark");
    notifier_.stopping("stopping");
    pages_server_ = nullptr;
    co_return co_await node_->stop();
  }

 private:
  void log(LogLevel level, const std::string& text) { seams_.log(level, text); }

  Result<void> open_network() {
    if (!config_.uses_tls()) return ok();
    ASSIGN_OR_RETURN(tls_,
                     TlsNetwork::open(seams_.network, seams_.clock, {config_.tls_certificate, config_.tls_key, config_.tls_authorities},
                                      std::chrono::milliseconds(config_.tls_handshake_ms), seams_.log));
    return ok();
  }

  Task<Result<void>> open_pages() {
    if (config_.http.empty()) co_return ok();
    std::string problem;
    try {
      auto opening = HttpServer::open(seams_.network, seams_.clock, config_.http, pages_, seams_.log);
      pages_server_ = co_await kj::mv(opening);
    } catch (const kj::Exception& error) {
      problem = one_line(error);
    }
    if (problem.empty()) co_return ok();
    co_return fail(ErrorCode::kIo, fmt::format("serving the status page: {}; another http address may be free", problem));
  }

  void announce() {
    const std::size_t count = node_->journals().size();
    std::string text = fmt::format("ready: {} journals, {} port {}", count, tls_.get() == nullptr ? "plain" : "TLS", node_->port());
    if (pages_server_.get() != nullptr) text += fmt::format(", pages at port {}", pages_server_->port());
    log(LogLevel::kInfo, text);
    notifier_.ready(text);
  }

  // What the node cannot know of itself.
  NodeStatus completed(NodeStatus status) const {
    status.memory_bytes = measure_process().resident_bytes;
    if (tls_.get() != nullptr) status.refused_connections += tls_->refused();
    return status;
  }

  Task<void> reload_when_told() {
    for (;;) {
      co_await signals_.reload();
      const auto now = std::chrono::steady_clock::now().time_since_epoch();
      notifier_.reloading(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
      const Result<void> reloaded = tls_.get() == nullptr ? ok() : tls_->reload();
      if (!reloaded) log(LogLevel::kError, fmt::format("certificates stay as they were: {}", reloaded.error().text()));
      if (reloaded) log(LogLevel::kInfo, tls_.get() == nullptr ? "nothing to reload: there is no TLS" : "certificates are reloaded");
      announce();
    }
  }

  Seams seams_;
  const NodeConfig& config_;
  DaemonSignals signals_;
  ServiceNotifier notifier_;
  kj::Own<TlsNetwork> tls_;
  kj::Own<JournalNode> node_;
  HttpPages pages_{seams_.clock,
                   {.status = [this] { return node_->status().then([this](NodeStatus status) { return completed(std::move(status)); }); },
                    .process = measure_process}};
  kj::Own<HttpServer> pages_server_;
  Tasks tasks_;  // end before what they use
};

}  // namespace

int run_daemon(const NodeConfig& config, const std::string& version) {
  DaemonSignals::capture();
  const LogSink log = log_to(STDERR_FILENO, LogLevel::kInfo, wall_us);
  RealSeamsOptions options;
  options.worker_threads = 1;
  options.longest_spin = std::chrono::nanoseconds(0);  // the processors are for those that run beside
  options.log = log;
  RealSeams real(options);
  Daemon daemon(real, config);
  const Result<void> lived = real.mailbox().run_until(kj::Promise<Result<void>>(daemon.run(version)));
  if (lived) return kExitFine;
  log(LogLevel::kError, lived.error().text());
  return kExitFailed;
}

}  // namespace varve
