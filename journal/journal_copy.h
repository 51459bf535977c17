// One copy of a journal on one journal node: a local log, and the rules of the protocol about who may change it (protocol sections 2, 4,
// 6).
//
// Owns:      the log; what was asked of it and is not done.
// Threads:   the event loop's.
// Durable:   what append(), promise(), restart(), settle() answered.
// Errors:    a failed log is opened again (its proven part goes to new files); meanwhile everything is refused with the reason.
// Invariant: from the moment a promise is taken up nothing of an older epoch is stored or answered as stored; committed rises only to what
//            an append proved equal to its writer's log.
#pragma once

#include <kj/async.h>
#include <kj/memory.h>

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "base/tasks.h"
#include "base/turns.h"
#include "editlog/local_log.h"
#include "journal/latency_window.h"
#include "journal/node_status.h"
#include "journal/wire.h"

namespace varve {

struct CopyOptions {
  std::string name;       // of the journal
  std::string directory;  // its own
  std::string node_name;
  Uuid boot;
  LocalLogOptions log;
  std::uint64_t inline_bytes_max = 64u << 10;                       // a batch up to this is written on the loop itself
  std::chrono::nanoseconds reopen_delay = std::chrono::seconds(1);  // after a failure; doubled up to a minute while it fails again
};

// Extends the log of `writer`, the writer of `epoch`.
struct AppendRequest {
  Epoch epoch;
  Uuid writer;
  LogPosition prev;              // epoch is not looked at
  std::vector<FramePtr> frames;  // verified, chained among each other and to prev
  TxId committed;
};

struct Stored {
  LogPosition proven;  // equal to the writer's log by this very request, and durable
};
struct Mismatch {};  // prev is not here: see state()
using StoreAnswer = std::variant<Stored, Mismatch, wire::Refusal>;

// What a test, or the status page, wants to know that it did.
struct CopyCounts {
  std::uint64_t batches = 0;
  std::uint64_t frames = 0;
  std::uint64_t transactions = 0;
  std::uint64_t bytes = 0;
  std::uint64_t promises = 0;
  std::uint64_t refused_old_epoch = 0;
  std::uint64_t cuts = 0;
  std::uint64_t frames_cut = 0;
  std::uint64_t pulls = 0;
  std::uint64_t frames_pulled = 0;
  std::uint64_t mends = 0;
  std::uint64_t restarts = 0;
  std::uint64_t reopens = 0;
  std::uint64_t settled = 0;
};

class JournalCopy {
 public:
  static Task<Result<kj::Own<JournalCopy>>> open(Seams seams, CopyOptions options);
  ~JournalCopy() noexcept(false);
  KJ_DISALLOW_COPY(JournalCopy);

  const std::string& name() const { return options_.name; }
  Uuid namespace_id() const { return namespace_id_; }
  std::uint64_t lineage() const { return lineage_; }
  wire::CopyState state() const;
  // Highest epoch taken up, which may not be durable yet.
  Epoch fence() const { return fence_; }
  bool removed() const { return removed_; }
  // Why nothing can be asked of it now; nullopt: it is well.
  const std::optional<Error>& failure() const { return failure_; }
  const CopyCounts& counts() const { return counts_; }
  CopyCounts& counts() { return counts_; }

  // Protocol section 3, step 1. The state is that of the moment when the promise was durable.
  kj::Promise<std::variant<wire::CopyState, wire::Refusal>> promise(Epoch epoch, Uuid writer) { return do_promise(epoch, writer); }

  // Protocol section 4. Answers come in the order of the calls; what is asked while the disk works is written with one sync.
  kj::Promise<StoreAnswer> append(AppendRequest request);
  std::uint64_t pending_bytes() const { return pending_bytes_; }
  kj::Promise<void> when_pending_below(std::uint64_t bytes);

  // Protocol section 5: a start from an image is an append of its epoch.
  kj::Promise<StoreAnswer> restart(Epoch epoch, Uuid writer, LogStart start) { return do_restart(epoch, writer, std::move(start)); }
  // Nothing that this copy acknowledged is missing any more: refused unless it holds everything up to `upto`.
  kj::Promise<StoreAnswer> settle(Epoch epoch, Uuid writer, TxId upto) { return do_settle(epoch, writer, upto); }
  kj::Promise<Result<void>> purge(Epoch epoch, Uuid writer, TxId upto) { return do_purge(epoch, writer, upto); }
  // See LocalLog::mend().
  kj::Promise<Result<void>> mend(TxId first, kj::Own<LogReader> good) { return do_mend(first, kj::mv(good)); }

  // Purges up to `upto`, so that what is damaged up to `last` goes. Precondition: another member begins there, by its writer's order.
  kj::Promise<Result<void>> drop_damaged(TxId last, TxId upto) { return do_drop_damaged(last, upto); }
  // The newest segment is damaged below its end, and nobody has it any more: the copy gives up what is behind the damage, and does not know
  // its end. False: no such damage begins there.
  bool give_up_hole(TxId first);

  // What came of the newest attempt to mend the damage that begins there; `nobody_has_it`: members that answered have another log there.
  void note_unmended(TxId first, bool nobody_has_it);

  // The log as it is now; readers hold it, since a failed one is replaced.
  std::shared_ptr<LocalLog> log() const { return log_; }
  // Resolves when committed() has risen above `txid`, or the log was replaced.
  kj::Promise<void> when_committed_above(TxId txid);
  // The committed frames right behind `after` that are still in memory; none: read the log.
  std::vector<FramePtr> recent_after(LogPosition after) const;
  // Frames are kept in memory for followers only while there are any.
  void add_follower() { ++followers_; }
  void remove_follower();

  void fill(JournalCopyStatus& status);
  void note_writer(std::string name, std::string host, TxId end);

  // Waits for what is under way and leaves the log's end marked as durable.
  Task<Result<void>> close();
  void check_invariants() const;

  JournalCopy(Seams seams, CopyOptions options, kj::Own<LocalLog> log);

 private:
  struct Pending {
    AppendRequest request;
    std::uint64_t bytes = 0;
    kj::Own<kj::PromiseFulfiller<StoreAnswer>> done;
  };
  struct Waiting {
    std::uint64_t limit;
    kj::Own<kj::PromiseFulfiller<void>> fulfiller;
  };

  Task<std::variant<wire::CopyState, wire::Refusal>> do_promise(Epoch epoch, Uuid writer);
  Task<StoreAnswer> do_restart(Epoch epoch, Uuid writer, LogStart start);
  Task<StoreAnswer> do_settle(Epoch epoch, Uuid writer, TxId upto);
  Task<Result<void>> do_purge(Epoch epoch, Uuid writer, TxId upto);
  Task<Result<void>> do_drop_damaged(TxId last, TxId upto);
  Task<Result<void>> do_mend(TxId first, kj::Own<LogReader> good);
  Task<void> work();
  Task<void> when_others_had_their_turn();
  std::deque<Pending> take_batch();
  Task<void> store(std::deque<Pending>& batch);
  Task<std::optional<StoreAnswer>> store_behind(AppendRequest& request, std::vector<FramePtr> frames);
  Task<std::optional<StoreAnswer>> take_back(const AppendRequest& request, std::vector<FramePtr>& frames);
  Task<std::optional<wire::Refusal>> take_up(Epoch epoch, Uuid writer);
  std::optional<wire::Refusal> refusal(Epoch epoch, Uuid writer) const;
  wire::Refusal refuse(ErrorCode code, std::string text) const;
  bool has_hole() const;
  void meet_damage(TxId place);
  void open_again_because(const char* reason);
  void adopt(kj::Own<LocalLog> log);
  void watch_log();
  Task<void> reopen();
  void raise_committed(TxId committed);
  void note_configuration();
  void keep_recent(const std::vector<FramePtr>& frames);
  void tell_followers();
  void tell_pending();

  Seams seams_;
  CopyOptions options_;
  Uuid namespace_id_;
  std::uint64_t lineage_ = 0;
  std::shared_ptr<LocalLog> log_;
  std::optional<Error> failure_;
  Epoch fence_;  // the highest promise taken up, durable or about to be
  Uuid fence_to_;
  bool removed_ = false;
  bool was_member_ = false;
  bool closing_ = false;
  Turns turns_;             // of what changes the log
  Turns maintenance_;       // of purging and mending
  std::set<TxId> nobodys_;  // where damage begins that no member can mend
  std::deque<Pending> pending_;
  std::uint64_t pending_bytes_ = 0;
  bool working_ = false;
  std::vector<Waiting> pending_waiting_;
  std::vector<Waiting> followers_waiting_;  // limit: a txid
  std::uint64_t followers_ = 0;
  std::deque<FramePtr> recent_;  // the newest durable frames, chained
  std::uint64_t recent_bytes_ = 0;
  CopyCounts counts_;
  LatencyWindow sync_;
  std::string writer_name_;
  std::string writer_host_;
  TxId writer_end_;
  std::uint64_t last_append_wall_us_ = 0;
  std::chrono::nanoseconds reopen_delay_;
  kj::Promise<void> watch_ = nullptr;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
