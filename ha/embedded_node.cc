// The public library's journal node: a thread with an event loop of its own, so that neither waits for the engine's work.
#include "varve/embedded_node.h"

#include <fmt/format.h>
#include <pthread.h>

#include <future>
#include <thread>

#include "base/check.h"
#include "base/host_port.h"
#include "base/real/host_name.h"
#include "base/real/real_seams.h"
#include "base/real/tls_network.h"
#include "base/result.h"
#include "ha/options.h"
#include "journal/journal_node.h"
#include "journal/peer_roles.h"

namespace varve {
namespace {

constexpr unsigned kDiskThreads = 2;  // its own durable writes are made on the loop

Result<void> check(const EmbeddedNodeOptions& o) {
  TRY(check_tls("tls", o.tls));
  if (o.directory.empty() || o.directory.front() != '/')
    return fail(ErrorCode::kInvalidArgument, fmt::format("option directory is \"{}\"; it must be an absolute path", o.directory));
  const std::optional<HostPort> address = parse_host_port(o.listen);
  if (!address) return fail(ErrorCode::kInvalidArgument, fmt::format("option listen is \"{}\"; it must be host:port", o.listen));
  if (!o.tls.any() && !o.allow_insecure && !address->is_loopback())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("option listen is \"{}\", which other machines reach: set tls, or permit it by allow_insecure", o.listen));
  if (o.segment_bytes_max < (64u << 10) || o.segment_bytes_max > (16ull << 30))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("option segment_bytes_max is {}; it must be in 65536..17179869184", o.segment_bytes_max));
  if (o.mark_delay.count() < 0)
    return fail(ErrorCode::kInvalidArgument, fmt::format("option mark_delay is {} ms; it must not be negative", o.mark_delay.count()));
  return ok();
}

NodeOptions node_options(const EmbeddedNodeOptions& o) {
  NodeOptions options;
  options.name = o.name;
  options.directory = o.directory;
  options.listen = o.listen;
  options.version = "embedded";
  options.log.segment_bytes = round_up(o.segment_bytes_max, kPageBytes);
  options.log.disk_reserve_bytes = o.disk_reserve_bytes;
  options.log.mark_delay = o.mark_delay;
  options.log.direct_io = o.direct_io;
  const PeerRoles roles{o.tls.any(), o.writers, o.readers, o.admins};
  options.rights = [roles](const PeerIdentity* peer) { return roles.of(peer); };
  return options;
}

class LoopNode final : public EmbeddedNode {
 public:
  explicit LoopNode(EmbeddedNodeOptions options) : options_(std::move(options)) {
    if (!options_.log) options_.log = [](LogLevel, std::string_view) {};
  }
  ~LoopNode() override {
    const auto stopped = stop();
    if (!stopped) options_.log(LogLevel::kError, stopped.error().within("stopping").text());
  }

  Result<void> start() {
    std::promise<Result<void>> started;
    auto result = started.get_future();
    thread_ = std::thread([this, &started] { run(started); });
    Result<void> done = result.get();
    if (!done) thread_.join();
    return done;
  }

  unsigned port() const override { return port_; }

  Result<void> reload_certificates() override {
    if (!options_.tls.any()) return fail(ErrorCode::kInvalidArgument, "the node was started without certificates");
    if (!thread_.joinable()) return fail(ErrorCode::kClosed, "the node has stopped");
    std::promise<Result<void>> answer;
    mailbox_->post([this, &answer] { answer.set_value(tls_->reload()); });
    return answer.get_future().get();
  }

  Result<void> stop() override {
    if (!thread_.joinable()) return stopped_;
    CHECK(std::this_thread::get_id() != thread_.get_id());
    mailbox_->post([this] { stop_->fulfill(); });
    thread_.join();
    return stopped_;
  }

 private:
  void run(std::promise<Result<void>>& started);
  Result<kj::Own<TlsNetwork>> open_tls(Seams seams) const {
    if (!options_.tls.any()) return kj::Own<TlsNetwork>();
    return TlsNetwork::open(seams.network, seams.clock, options_.tls, kTlsHandshakeMax, options_.log);
  }

  EmbeddedNodeOptions options_;
  std::thread thread_;
  Result<void> stopped_;  // written before the thread ends

  // Set before start() returns, valid until the thread ends.
  unsigned port_ = 0;
  LoopMailbox* mailbox_ = nullptr;
  TlsNetwork* tls_ = nullptr;
  kj::PromiseFulfiller<void>* stop_ = nullptr;
};

void LoopNode::run(std::promise<Result<void>>& started) {
  pthread_setname_np(pthread_self(), "varve-node");
  RealSeamsOptions real_options;
  real_options.disk_threads = kDiskThreads;
  real_options.worker_threads = 1;
  real_options.longest_spin = std::chrono::nanoseconds(0);  // the processors are the engine's
  real_options.log = options_.log;
  RealSeams real(std::move(real_options));
  auto tls = open_tls(real.seams());
  if (!tls) {
    started.set_value(fail(tls.error()));
    return;
  }
  tls_ = tls->get();
  auto node = real.mailbox().run_until(kj::Promise<Result<kj::Own<JournalNode>>>(
      JournalNode::start(tls_ == nullptr ? real.seams() : real.seams().over(*tls_), node_options(options_))));
  if (!node) {
    started.set_value(fail(node.error()));
    return;
  }
  auto stop = kj::newPromiseAndFulfiller<void>();
  stop_ = stop.fulfiller.get();
  mailbox_ = &real.mailbox();
  port_ = (*node)->port();
  started.set_value(ok());
  real.mailbox().run_until(kj::mv(stop.promise));
  stopped_ = real.mailbox().run_until(kj::Promise<Result<void>>((*node)->stop()));
}

}  // namespace

Result<std::unique_ptr<EmbeddedNode>> EmbeddedNode::start(EmbeddedNodeOptions options) {
  TRY(check(options));
  if (options.name.empty()) options.name = host_name();
  auto node = std::make_unique<LoopNode>(std::move(options));
  auto started = node->start();
  if (!started) return fail(started.error());
  return node;
}

}  // namespace varve
