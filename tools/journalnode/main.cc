// The journal node daemon: one JournalNode on the real seams, its pages, its signals.
// Exit status: 0 stopped as asked, 1 a failure, 2 wrong usage.
#include <fmt/format.h>
#include <kj/debug.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "base/real/real_seams.h"
#include "base/result.h"
#include "journal/journal_node.h"
#include "tools/journalnode/command_line.h"
#include "tools/journalnode/http_server.h"
#include "tools/journalnode/status_json.h"

namespace varve {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

void say(LogLevel level, std::string_view line) {
  const char* name = level == LogLevel::kError ? "error: " : level == LogLevel::kWarning ? "warning: " : "";
  fmt::print(stderr, "journalnode: {}{}\n", name, line);
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGUSR1);  // our own: ends the waiting
  return set;
}

// Waits for SIGTERM or SIGINT on a thread of its own. Precondition: they are blocked in every thread.
class StopSignal {
 public:
  StopSignal(LoopMailbox& mailbox, kj::PromiseFulfiller<void>& asked)
      : thread_([&mailbox, &asked] {
          const sigset_t set = stop_signals();
          int number = 0;
          if (sigwait(&set, &number) == 0 && number != SIGUSR1) mailbox.post([&asked] { asked.fulfill(); });
        }) {}
  ~StopSignal() {
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }

 private:
  std::thread thread_;
};

NodeOptions node_options(const NodeConfig& config) {
  NodeOptions options;
  options.name = config.name.empty() ? host_name() : config.name;
  options.directory = config.directory;
  options.listen = config.listen;
  options.version = VARVE_VERSION;
  options.log.segment_bytes = config.segment_bytes;
  options.log.disk_reserve_bytes = config.disk_reserve_bytes;
  options.log.mark_delay = std::chrono::milliseconds(config.mark_delay_ms);
  options.log.direct_io = config.direct_io;
  options.session.pending_bytes_max = config.pending_bytes_max;
  options.connections_max = static_cast<unsigned>(config.connections_max);
  options.render_status = [](const NodeStatus& status) { return status_json(status, measure_process()); };
  return options;
}

class Daemon {
 public:
  Daemon(RealSeams& real, NodeConfig config) : real_(real), seams_(real.seams()), config_(std::move(config)) {}

  // Until SIGTERM.
  Task<Result<void>> run();

 private:
  Task<Result<void>> open_pages();

  RealSeams& real_;
  Seams seams_;
  const NodeConfig config_;
  kj::Own<JournalNode> node_;
  kj::Own<HttpPages> pages_;
  kj::Own<HttpServer> server_;
};

Task<Result<void>> Daemon::open_pages() {
  if (config_.http.empty()) co_return ok();
  PageSources sources;
  sources.status = [this] { return node_->status(); };
  sources.process = [] { return measure_process(); };
  pages_ = kj::heap<HttpPages>(seams_.clock, std::move(sources));
  kj::Promise<kj::Own<HttpServer>> opening = HttpServer::open(seams_.network, seams_.clock, config_.http, *pages_, seams_.log);
  std::string problem;
  try {
    server_ = co_await kj::mv(opening);
  } catch (const kj::Exception& exception) {
    problem = exception.getDescription().cStr();
  }
  if (!problem.empty()) co_return fail(ErrorCode::kIo, fmt::format("http at {}: {}", config_.http, problem));
  co_return ok();
}

Task<Result<void>> Daemon::run() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  const StopSignal signal(real_.mailbox(), *paf.fulfiller);
  auto node = co_await JournalNode::start(seams_, node_options(config_));
  if (!node) co_return fail(node.error());
  node_ = kj::mv(*node);
  CO_TRY(co_await open_pages());
  std::string pages = "no pages";
  if (server_.get() != nullptr) pages = fmt::format("pages at port {}", server_->port());
  say(LogLevel::kInfo, fmt::format("ready: journals in {} at port {}, {}", config_.directory, node_->port(), pages));
  co_await kj::mv(paf.promise);
  say(LogLevel::kInfo, "stopping");
  server_ = nullptr;
  auto stopped = co_await node_->stop();
  co_return kj::mv(stopped);
}

int run(const std::vector<std::string>& arguments) {
  auto invocation = read_command_line(arguments, VARVE_VERSION);
  if (!invocation) {
    fmt::print(stderr, "journalnode: {}\n", invocation.error().text());
    return kExitUsage;
  }
  if (!invocation->print.empty() || invocation->check) {
    fmt::print("{}", invocation->check ? "the configuration is good\n" : invocation->print);
    return 0;
  }
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  RealSeamsOptions seams;
  seams.worker_threads = 1;
  seams.longest_spin = std::chrono::nanoseconds(0);  // others run beside it
  seams.log = say;
  RealSeams real(std::move(seams));
  Daemon daemon(real, std::move(invocation->config));
  const Result<void> done = real.mailbox().run_until(kj::Promise<Result<void>>(daemon.run()));
  if (!done) say(LogLevel::kError, done.error().text());
  return done ? 0 : kExitFailed;
}

}  // namespace
}  // namespace varve

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return varve::run(std::vector<std::string>(argv + 1, argv + argc));
}
