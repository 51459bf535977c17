// Brings one member's copy up to the writer's log and keeps it there: connects, finds the highest common point, sends what follows within a
// window of bytes, orders a pull where the writer's memory does not reach (protocol sections 4 and 5).
//
// Owns:      the connection; frames that are being sent.
// Threads:   the event loop's.
// Errors:    none reaches the caller but a fence: a member that fails is tried again for ever, and problem() says why it lags.
// Invariant: acknowledged() is a position of the writer's own log that this member proved and synced in this reign.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/seams.h"
#include "base/tasks.h"
#include "editlog/control.h"
#include "journal/replication.h"
#include "journal/stream_channel.h"

namespace varve {

class MemberReplication {
 public:
  MemberReplication(Seams seams, ReplicatedLog& log, Member member, ReplicationOptions options);
  ~MemberReplication() noexcept(false);
  KJ_DISALLOW_COPY(MemberReplication);

  const Member& member() const { return member_; }
  void set_role(MemberRole role) { member_.role = role; }

  // Begins, and goes on until destroyed.
  void start();
  // There is something new to send: a frame, or committed has risen. It goes out at the end of the turn, with what else there is by then.
  void wake();
  // A large frame, which is not worth waiting with: the member writes it while the next one is made.
  void send_now();

  // Nothing yet: txid 0.
  const LogPosition& acknowledged() const { return acknowledged_; }
  bool streaming() const { return state_ == State::kStreaming; }
  // It knows where its log ends: its answer counts for the next candidate.
  bool certain() const { return !mending_ && settling_ == 0; }
  bool connected() const { return channel_.get() != nullptr; }
  // Everything sent is acknowledged, and it knows what is committed.
  bool level() const;
  // It showed less than it acknowledged: a wiped disk or an old copy of it. It never counts again in this reign.
  bool lost() const { return lost_; }
  // Why it does not keep up, for people; empty: it does.
  const std::string& problem() const { return problem_; }
  std::uint64_t pulls() const { return pulls_; }

 private:
  enum class State : std::uint8_t { kAway, kStreaming, kOrdered, kStuck };
  struct InFlight {
    std::uint64_t number;
    LogPosition end;
    std::uint64_t bytes;
  };

  Task<void> run();
  Task<Error> session();
  void note_end(const Error& error);
  Task<Error> receive_all();
  Task<Error> keep_alive();
  Result<void> take(const StreamMessage& message);
  Result<void> take_stored(const StreamHead& head);
  void note_fence(const wire::Refusal& refusal);
  Result<void> take_refusal(const StreamHead& head, const wire::Refusal& refusal);
  Result<void> match(const wire::CopyState& state);
  std::optional<LogPosition> common_point(const wire::CopyState& state) const;
  Result<void> order_pull();
  Task<void> order_restart(std::string source);
  void order(wire::Order order);
  void send_more();
  void send_append(const std::vector<FramePtr>& frames);
  void acknowledge(const LogPosition& position);
  void settle_if_due();
  Error problem_with(ErrorCode code, const std::string& text);

  Seams seams_;
  ReplicatedLog& log_;
  Member member_;
  const ReplicationOptions options_;
  kj::Own<StreamChannel> channel_;
  State state_ = State::kAway;
  std::uint64_t number_ = 0;       // of the last message sent
  std::uint64_t first_valid_ = 1;  // answers to what was sent before it mean nothing any more
  std::uint64_t ordered_ = 0;      // number of the order under way
  LogPosition next_;               // sent up to here
  TxId told_committed_;
  std::deque<InFlight> in_flight_;
  std::uint64_t in_flight_bytes_ = 0;
  LogPosition acknowledged_;
  bool holed_ = false;          // its newest segment is damaged below its end: it takes no frames
  std::string source_;          // of the newest pull
  bool mending_ = false;        // its tail is not certain: it takes only what is committed
  std::uint64_t settling_ = 0;  // number of the order to settle that is not answered; 0: none
  TxId settle_at_;              // and is certain again when it holds this
  bool lost_ = false;
  bool wake_scheduled_ = false;
  std::chrono::nanoseconds heard_{0};
  std::chrono::nanoseconds said_{0};
  std::chrono::nanoseconds retry_;
  std::string problem_;
  std::string said_problem_;
  std::uint64_t pulls_ = 0;
  Tasks session_tasks_;  // of this connection
  Tasks tasks_;          // destroyed first
};

}  // namespace varve
