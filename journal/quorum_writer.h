// The writer of a quorum: frames transactions, sends them to every member, decides what is committed, changes the members.
//
// Owns:      the replication to each member; the frames that are not committed, and the newest committed ones.
// Threads:   the event loop's.
// Durable:   what append() resolved with is on a majority of the voters.
// Errors:    after any error the reign is over: every later append fails with it. What was under way fails with kOutcomeUnknown.
// Invariant: window().base() <= committed() <= end(); only frames of this epoch are committed by counting, all below with them.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "base/tasks.h"
#include "base/turns.h"
#include "editlog/control.h"
#include "journal/journal.h"
#include "journal/local_journal.h"
#include "journal/member_replication.h"

namespace varve {

struct QuorumWriterOptions {
  ReplicationOptions replication;
  RollPolicy roll;
  std::uint64_t segment_bytes = 64ull << 20;                            // roll at
  std::uint64_t retained_bytes = 32ull << 20;                           // committed frames kept in memory for members that lag
  std::chrono::nanoseconds commit_patience = std::chrono::seconds(20);  // a frame that is not committed by then ends the reign
};

// What a candidate won (candidacy.h): the right to append behind `tail`, and the log up to there.
struct Reign {
  JournalIdentity journal;
  Epoch epoch;
  Uuid writer;
  std::string name;
  std::string host;
  SchemaInfo schema;
  Configuration configuration;        // newest at or below the end of the tail
  LogPosition base;                   // committed
  std::vector<FramePtr> tail;         // behind it, to the end of the chosen log
  std::vector<SegmentInfo> segments;  // of the chosen log
};

struct MemberView {
  Member member;
  LogPosition acknowledged;
  bool connected = false;
  bool streaming = false;
  std::string problem;
};

class QuorumWriter final : public JournalWriter, private ReplicatedLog {
 public:
  // Begins to replicate. Nothing is committed before begin() has resolved.
  QuorumWriter(Seams seams, Reign reign, QuorumWriterOptions options);
  ~QuorumWriter() noexcept(false) override;

  // Appends the EpochStart; when it is committed everything below it is.
  Task<Result<void>> begin();

  Epoch epoch() const override { return reign_.epoch; }
  Uuid writer_id() const { return reign_.writer; }
  LogPosition end() const override { return window_.end(); }
  LogPosition committed() const override { return committed_; }
  kj::Promise<Result<FramePtr>> append(FrameBuilder&& transactions, RunOn where) override;
  kj::Promise<Error> when_over() override { return over_promise_.addBranch(); }
  void roll() override { roll_asked_ = true; }
  kj::Promise<Result<void>> close() override { return do_close(); }

  // Protocol section 6: one member at a time; resolves when the record is committed. kBusy: another change is not committed yet; kRefused
  // with the reason; a learner is promoted by itself when it has caught up.
  Task<Result<void>> change(wire::ChangeRequest request);

  const Configuration& configuration() const { return configuration_; }
  std::vector<MemberView> members() const;
  const std::vector<SegmentInfo>& segments() const { return segments_; }
  std::uint64_t members_changed() const { return members_changed_; }

  void check_invariants() const;

 private:
  struct Pending {
    LogPosition end;
    FramePtr frame;
    std::chrono::nanoseconds framed{0};
    kj::Own<kj::PromiseFulfiller<Result<FramePtr>>> done;
  };
  // A learner's round of catching up.
  struct Round {
    Uuid disk;
    TxId target;  // committed when it began
  };

  // ReplicatedLog
  const JournalIdentity& journal() const override { return reign_.journal; }
  wire::OpenAppend introduction() const override;
  const FrameWindow& window() const override { return window_; }
  std::optional<std::string> source_for(Uuid disk, std::uint64_t attempt) const override;
  TxId first_own() const override { return first_own_.value == 0 ? window_.end().txid.next() : first_own_; }
  void on_contradiction(const std::string& text) override;
  void on_acknowledged() override;
  void on_fenced(Epoch promised, const std::string& text) override;
  Task<wire::Answer> change_members(wire::ChangeRequest request) override;

  kj::Promise<Result<FramePtr>> enqueue(FrameBuilder&& transactions, FrameKind kind);
  kj::Promise<Result<FramePtr>> append_control(FrameKind kind, std::string body);
  bool must_roll(std::uint64_t next_frame_bytes) const;
  void open_segment();
  FramePtr seal(FrameBuilder&& transactions, FrameKind kind, bool roll);
  void commit();
  void promote_if_caught_up();
  Task<void> promote(Uuid disk);
  Task<Result<void>> frame_configuration(Configuration next);
  std::optional<Error> objection(const Configuration& next, bool force) const;
  Result<Configuration> apply(const wire::ChangeRequest& request) const;
  void adopt(Configuration next);
  Task<void> let_go(kj::Own<MemberReplication> member);
  void end_reign(Error error);
  Task<void> watch();
  Task<Result<void>> do_close();
  const MemberReplication* find(Uuid disk) const;
  std::size_t live_voters(const Configuration& configuration) const;

  Seams seams_;
  Reign reign_;
  const QuorumWriterOptions options_;
  FrameWindow window_;
  LogPosition committed_;
  TxId first_own_;  // of the first frame of this epoch; 0: none yet
  Configuration configuration_;
  std::vector<kj::Own<MemberReplication>> members_;
  std::deque<Pending> pending_;
  std::vector<SegmentInfo> segments_;
  bool roll_asked_ = false;
  bool has_segment_ = false;
  std::uint64_t segment_space_ = 0;
  std::uint64_t segment_transactions_ = 0;
  std::chrono::nanoseconds segment_opened_{0};
  std::optional<Error> over_;
  kj::Own<kj::PromiseFulfiller<Error>> over_fulfiller_;
  kj::ForkedPromise<Error> over_promise_ = nullptr;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> idle_;
  Turns change_turns_;
  std::optional<Round> round_;
  bool promoting_ = false;
  std::uint64_t members_changed_ = 0;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
