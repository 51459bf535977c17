// The public library's Engine: one thread with the event loop and the real world, and the ways onto it from other threads.
#include "varve/engine.h"

#include <kj/debug.h>
#include <pthread.h>

#include <atomic>
#include <thread>

#include "base/check.h"
#include "base/real/host_name.h"
#include "base/real/real_seams.h"
#include "base/real/tls_network.h"
#include "base/result.h"
#include "base/tasks.h"
#include "ha/image_check.h"
#include "ha/options.h"
#include "ha/replica.h"
#include "journal/journal_url.h"
#include "journal/local_journal.h"
#include "journal/quorum_journal.h"
#include "journal/shared_journal.h"

namespace varve {
namespace {

class LoopEngine final : public Engine {
 public:
  LoopEngine(Options options, StateMachine& machine)
      : options_(std::move(options)), machine_(machine), queue_(queue_options(options_), [this] { wake(); }) {
    if (!options_.log) options_.log = [](LogLevel, std::string_view) {};
  }
  ~LoopEngine() override {
    auto closed = close();
    if (!closed) options_.log(LogLevel::kError, closed.error().within("closing").text());
  }

  Result<void> start(std::string image_path, JournalUrl url);

  void submit(Bytes transaction, Completion done) override {
    admit(transaction, std::move(done), on_loop() ? SubmitQueue::Full::kPass : SubmitQueue::Full::kBlock);
  }
  std::future<Result<Committed>> submit(Bytes transaction) override;
  bool try_submit(Bytes transaction, Completion done) override { return admit(transaction, std::move(done), SubmitQueue::Full::kRefuse); }

  Result<Outcome> outcome(const Ticket& ticket) const override;
  void inspect(const std::function<void()>& read) override;
  Result<TxId> checkpoint() override;
  Status status() const override;
  Result<void> reload_certificates() override;
  Result<void> close() override;

 private:
  bool on_loop() const { return std::this_thread::get_id() == thread_.get_id(); }
  bool admit(Bytes transaction, Completion done, SubmitQueue::Full full);
  void wake();
  void run(std::string image_path, JournalUrl url, std::promise<Result<void>>& opened);
  Task<Result<kj::Own<Replica>>> open_replica(Seams seams, std::string image_path, JournalUrl url);
  Task<Result<kj::Own<Journal>>> open_journal(Seams seams, JournalUrl url);

  // Runs `ask` on the loop and waits for what its promise gives; `gone` when the loop has ended.
  template <typename T>
  Result<T> ask(std::function<kj::Promise<Result<T>>()> question) const;

  Options options_;
  StateMachine& machine_;
  SubmitQueue queue_;
  std::thread thread_;

  mutable std::mutex mutex_;        // guards the next five
  LoopMailbox* mailbox_ = nullptr;  // null before the loop begins and after it has ended
  bool closing_ = false;
  std::optional<Result<void>> close_result_;
  Status last_status_;

  // The loop's own, while it runs.
  TlsNetwork* tls_ = nullptr;  // null without certificates
  Replica* replica_ = nullptr;
  Tasks* tasks_ = nullptr;  // questions being answered
  kj::PromiseFulfiller<void>* stop_ = nullptr;
};

Result<void> LoopEngine::start(std::string image_path, JournalUrl url) {
  std::promise<Result<void>> opened;
  auto result = opened.get_future();
  thread_ = std::thread([this, image_path = std::move(image_path), url = std::move(url), &opened] { run(image_path, url, opened); });
  Result<void> done = result.get();
  if (!done) {
    thread_.join();
    std::lock_guard lock(mutex_);
    close_result_ = ok();
  }
  return done;
}

void LoopEngine::run(std::string image_path, JournalUrl url, std::promise<Result<void>>& opened) {
  pthread_setname_np(pthread_self(), "varve-loop");
  RealSeamsOptions seams;
  seams.worker_threads = options_.image_threads;
  seams.log = options_.log;
  // Spinning for a disk's thread pays; spinning for nodes takes the processors from those that run beside.
  if (url.kind == JournalUrl::Kind::kQuorum) seams.longest_spin = std::chrono::nanoseconds(0);
  RealSeams real(std::move(seams));
  kj::Own<TlsNetwork> tls;
  if (options_.tls.any()) {
    auto secured = TlsNetwork::open(real.seams().network, real.seams().clock, options_.tls, kTlsHandshakeMax, options_.log);
    if (!secured) {
      opened.set_value(fail(secured.error()));
      return;
    }
    tls = kj::mv(*secured);
    tls_ = tls.get();
  }
  Tasks tasks;
  tasks_ = &tasks;
  auto stop = kj::newPromiseAndFulfiller<void>();
  stop_ = stop.fulfiller.get();
  const Seams outside = tls_ == nullptr ? real.seams() : real.seams().over(*tls_);
  auto replica =
      real.mailbox().run_until(kj::Promise<Result<kj::Own<Replica>>>(open_replica(outside, std::move(image_path), std::move(url))));
  if (!replica) {
    opened.set_value(fail(replica.error()));
    return;
  }
  replica_ = replica->get();
  {
    std::lock_guard lock(mutex_);
    mailbox_ = &real.mailbox();
  }
  opened.set_value(ok());
  real.mailbox().run_until(kj::mv(stop.promise));
  tasks.clear();
  {
    std::lock_guard lock(mutex_);
    mailbox_ = nullptr;
    last_status_ = replica_->status();
  }
  replica_ = nullptr;
}

Task<Result<kj::Own<Replica>>> LoopEngine::open_replica(Seams seams, std::string image_path, JournalUrl url) {
  // A quorum is formatted by an administrator; the others are made when they are opened, unless there are images of another one.
  if (url.kind != JournalUrl::Kind::kQuorum) {
    const auto allowed = co_await check_images(seams.disk, url.path, image_path);
    if (!allowed) co_return fail(allowed.error());
  }
  const bool is_quorum = url.kind == JournalUrl::Kind::kQuorum;
  auto journal = co_await open_journal(seams, std::move(url));
  if (!journal) co_return fail(journal.error());
  auto directory = co_await seams.disk.create_directory(image_path);
  if (!directory) co_return fail(directory.error());
  auto images = co_await ImageDirectory::open(seams, kj::mv(*directory), (*journal)->namespace_id());
  if (!images) co_return fail(images.error());
  ReplicaConfig config;
  config.host = host_name();
  config.writer_name = options_.writer_name.empty() ? config.host : options_.writer_name;
  config.checkpoint = checkpoint_policy(options_);
  config.image_chunk_bytes = options_.image_chunk_bytes;
  if (is_quorum) {
    // While one frame is under way, its bytes and syncs cost less than the round trip of a second small one.
    config.ahead_bytes = 64u << 10;
    config.soon_applied_transactions = SIZE_MAX;
    config.soon_applied_for = std::chrono::microseconds(200);
  }
  co_return co_await Replica::open(seams, kj::mv(*journal), kj::mv(*images), std::move(config), machine_, queue_);
}

Task<Result<kj::Own<Journal>>> LoopEngine::open_journal(Seams seams, JournalUrl url) {
  if (url.kind == JournalUrl::Kind::kQuorum) {
    auto quorum = co_await QuorumJournal::open(seams, std::move(url), quorum_options(options_));
    if (!quorum) co_return fail(quorum.error());
    co_return kj::Own<Journal>(kj::mv(*quorum));
  }
  if (url.kind == JournalUrl::Kind::kShared) {
    auto shared = co_await SharedJournal::open(seams, url.path, log_options(options_), roll_policy(options_));
    if (!shared) co_return fail(shared.error());
    co_return kj::Own<Journal>(kj::mv(*shared));
  }
  auto local = co_await LocalJournal::open(seams, url.path, log_options(options_), roll_policy(options_));
  if (!local) co_return fail(local.error());
  co_return kj::Own<Journal>(kj::mv(*local));
}

void LoopEngine::wake() {
  std::lock_guard lock(mutex_);
  if (mailbox_ == nullptr) return;
  mailbox_->post([this] { replica_->pump(); });
}

bool LoopEngine::admit(Bytes transaction, Completion done, SubmitQueue::Full full) {
  std::optional<Error> error;
  switch (queue_.submit(transaction, done, full, error)) {
    case SubmitQueue::Admission::kTaken:
      return true;
    case SubmitQueue::Admission::kFull:
      return false;
    case SubmitQueue::Admission::kRefused:
      done(fail(*error));
      return true;
  }
  return true;
}

std::future<Result<Committed>> LoopEngine::submit(Bytes transaction) {
  auto promise = std::make_shared<std::promise<Result<Committed>>>();
  auto future = promise->get_future();
  submit(transaction, [promise](Result<Committed> done) { promise->set_value(std::move(done)); });
  return future;
}

template <typename T>
Result<T> LoopEngine::ask(std::function<kj::Promise<Result<T>>()> question) const {
  CHECK(!on_loop());
  std::promise<Result<T>> answer;
  auto answered = answer.get_future();
  {
    std::lock_guard lock(mutex_);
    if (mailbox_ == nullptr || closing_) return fail(ErrorCode::kClosed, "the engine is closed");
    mailbox_->post([this, &answer, &question] {
      tasks_->add(question().then([&answer](Result<T>&& result) { answer.set_value(std::move(result)); }));
    });
  }
  return answered.get();
}

Result<Outcome> LoopEngine::outcome(const Ticket& ticket) const {
  return ask<Outcome>([this, ticket] { return replica_->outcome(ticket); });
}

void LoopEngine::inspect(const std::function<void()>& read) {
  auto done = ask<void>([&read]() -> kj::Promise<Result<void>> {
    read();
    return ok();
  });
  if (!done) read();  // closed: the state machine is the caller's again
}

Result<TxId> LoopEngine::checkpoint() {
  return ask<TxId>([this] { return replica_->checkpoint(); });
}

Status LoopEngine::status() const {
  if (on_loop()) return replica_->status();
  auto status = ask<Status>([this]() -> kj::Promise<Result<Status>> { return Result<Status>(replica_->status()); });
  if (status) return *status;
  std::lock_guard lock(mutex_);
  return last_status_;
}

Result<void> LoopEngine::reload_certificates() {
  return ask<void>([this]() -> kj::Promise<Result<void>> {
    if (tls_ == nullptr) return Result<void>(fail(ErrorCode::kInvalidArgument, "the engine was opened without certificates"));
    return tls_->reload();
  });
}

Result<void> LoopEngine::close() {
  {
    std::lock_guard lock(mutex_);
    if (close_result_) return *close_result_;
  }
  CHECK(!on_loop());
  queue_.close(Error(ErrorCode::kClosed, "not submitted: the engine is closing"));
  auto result = ask<void>([this]() -> kj::Promise<Result<void>> { return replica_->close(); });
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    if (mailbox_ != nullptr) mailbox_->post([this] { stop_->fulfill(); });
  }
  if (thread_.joinable()) thread_.join();
  std::lock_guard lock(mutex_);
  close_result_ = result;
  return result;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(Options options, StateMachine& machine) {
  TRY(check_options(options));
  ASSIGN_OR_RETURN(JournalUrl url, parse_journal_url(options.journal));
  ASSIGN_OR_RETURN(std::string images, image_path(options));
  auto engine = std::make_unique<LoopEngine>(std::move(options), machine);
  auto started = engine->start(std::move(images), std::move(url));
  if (!started) return fail(started.error());
  return engine;
}

}  // namespace varve
