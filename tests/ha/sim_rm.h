// One resource manager process in the simulation: a ledger kept by a Replica on the simulated disk, and an outside record of what was
// acknowledged. Fixtures speak in its verbs.
#pragma once

#include <fmt/format.h>
#include <kj/debug.h>

#include <optional>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "base/tasks.h"
#include "ha/options.h"
#include "ha/replica.h"
#include "journal/local_journal.h"
#include "tests/ha/ledger_machine.h"

namespace varve {

class SimRm {
 public:
  explicit SimRm(SimWorld& world) : world_(world) {
    options.journal = "file:///rm/journal";
    options.segment_bytes_max = 64u << 10;
    options.disk_reserve_bytes = 256u << 10;
    options.checkpoint_interval = std::chrono::milliseconds(0);
    options.checkpoint_transactions = 0;
    options.checkpoint_log_bytes = 0;
    options.image_chunk_bytes = 4096;
    if (!world.disk().exists("/rm")) world.disk().add_directory("/rm");
  }
  virtual ~SimRm() noexcept {}

  Options options;
  std::size_t answers = 0;  // so many completions submit the next transaction

  // Starts the process; the error when it does not come up.
  Result<void> start() {
    auto replica = world_.wait(start_task());
    if (!replica) {
      queue_.reset();
      return fail(replica.error());
    }
    return {};
  }

  // The same as a task that may never end, when the power fails meanwhile.
  Task<Result<void>> start_task() {
    queue_.emplace(queue_options(options), [this] { wakes_.add(kj::evalLater([this] { pump(); })); });
    machine_.emplace();
    auto journal = co_await open_journal();
    if (!journal) co_return fail(journal.error());
    auto directory = co_await seams().disk.create_directory("/rm/images");
    if (!directory) co_return fail(directory.error());
    auto images = co_await ImageDirectory::open(seams(), kj::mv(*directory), (*journal)->namespace_id());
    if (!images) co_return fail(images.error());
    ReplicaConfig config{.writer_name = "rm1",
                         .host = "simulated",
                         .checkpoint = checkpoint_policy(options),
                         .image_chunk_bytes = options.image_chunk_bytes};
    auto replica = co_await Replica::open(seams(), kj::mv(*journal), kj::mv(*images), config, *machine_, *queue_);
    if (!replica) co_return fail(replica.error());
    replica_ = kj::mv(*replica);
    co_return Result<void>();
  }

  bool running() const { return replica_.get() != nullptr; }
  Replica& replica() { return *replica_; }
  const std::vector<std::string>& state() const { return machine_->entries(); }

  void submit(std::string transaction) {
    const std::size_t index = submitted_.size();
    submitted_.push_back({transaction, std::nullopt, false});
    Engine::Completion done = [this, index](const Result<Committed>& result) {
      KJ_ASSERT(!submitted_[index].done, "completed twice");
      submitted_[index].done = true;
      if (result)
        submitted_[index].acknowledged = result->txid;
      else
        errors_.push_back(result.error());
      if (answers > 0) {
        --answers;
        submit(numbered(100));
      }
    };
    std::optional<Error> error;
    if (queue_->submit(as_bytes(transaction), done, SubmitQueue::Full::kPass, error) == SubmitQueue::Admission::kRefused)
      done(fail(*error));
  }
  void submit_many(std::size_t count, std::size_t bytes = 100) {
    for (std::size_t i = 0; i < count; ++i) submit(numbered(bytes));
  }
  // Waits until all that was submitted is done.
  void settle() {
    while (completed() < submitted_.size()) world_.run_for(std::chrono::milliseconds(1));
  }
  Result<TxId> checkpoint() { return world_.wait(replica_->checkpoint()); }

  Result<void> stop() {
    queue_->close(Error(ErrorCode::kClosed, "closing"));
    auto closed = world_.wait(replica_->close());
    kill();
    return closed;
  }
  // The process is gone; what it wrote is still with the operating system.
  virtual void kill() {
    replica_ = nullptr;
    wakes_.clear();
    queue_.reset();
  }

  // What the state must be: every acknowledged transaction, in order, and then perhaps some of those that were under way, in order.
  // Returns what is wrong, or an empty string; then the past is what the state shows.
  std::string check_and_adopt() {
    std::size_t at = 0;
    for (const Submitted& s : submitted_) {
      if (at < state().size() && state()[at] == s.transaction) {
        ++at;
      } else if (s.acknowledged) {
        return fmt::format("transaction {} of {} bytes was acknowledged as txid {} and is lost; the state has {} transactions",
                           &s - submitted_.data(), s.transaction.size(), s.acknowledged->value, state().size());
      }
    }
    if (at != state().size())
      return fmt::format("the state has {} transactions, {} of them were never submitted in this order", state().size(),
                         state().size() - at);
    submitted_.clear();
    for (const std::string& entry : state()) submitted_.push_back({entry, TxId{1}, true});
    return "";
  }

  std::size_t submitted() const { return submitted_.size(); }
  std::size_t completed() const {
    std::size_t n = 0;
    for (const Submitted& s : submitted_) n += s.done;
    return n;
  }
  std::size_t acknowledged() const {
    std::size_t n = 0;
    for (const Submitted& s : submitted_) n += s.acknowledged.has_value();
    return n;
  }
  const std::vector<Error>& errors() const { return errors_; }

 protected:
  // Where it runs, and where its log lives.
  virtual Seams seams() { return world_.seams(); }
  virtual Task<Result<kj::Own<Journal>>> open_journal() {
    auto journal = co_await LocalJournal::open(seams(), "/rm/journal", log_options(options), roll_policy(options));
    if (!journal) co_return fail(journal.error());
    co_return kj::Own<Journal>(kj::mv(*journal));
  }

 private:
  struct Submitted {
    std::string transaction;
    std::optional<TxId> acknowledged;
    bool done = false;
  };

  void pump() {
    if (replica_.get() != nullptr) replica_->pump();
  }
  std::string numbered(std::size_t bytes) {
    std::string text = fmt::format("transaction {} ", ++number_);
    if (text.size() < bytes) text.resize(bytes, '.');
    return text;
  }

  SimWorld& world_;
  std::optional<LedgerMachine> machine_;
  std::optional<SubmitQueue> queue_;
  Tasks wakes_;
  std::vector<Submitted> submitted_;
  std::vector<Error> errors_;
  std::uint64_t number_ = 0;
  kj::Own<Replica> replica_;
};

}  // namespace varve
