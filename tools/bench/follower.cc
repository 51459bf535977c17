#include "tools/bench/follower.h"

#include "base/real/real_seams.h"
#include "base/result.h"
#include "journal/quorum_journal.h"
#include "journal/quorum_reader.h"

namespace varve {

Follower::Follower(JournalUrl url, const CommitTimes& times) : url_(std::move(url)), times_(times), thread_([this] { run(); }) {}

Follower::~Follower() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

Result<LatencyHistogram> Follower::finish() {
  over_ = true;
  thread_.join();
  if (!result_) return fail(result_.error().within("following the journal"));
  return latencies_;
}

void Follower::run() {
  RealSeams real(RealSeamsOptions{.disk_threads = 1, .worker_threads = 1, .longest_spin = std::chrono::nanoseconds(0), .log = {}});
  result_ = real.mailbox().run_until(kj::Promise<Result<void>>(follow(real.seams())));
}

Task<Result<void>> Follower::follow(Seams seams) {
  constexpr std::chrono::milliseconds kLookInterval(50);
  CO_ASSIGN_OR_RETURN(kj::Own<QuorumJournal> journal, co_await QuorumJournal::open(seams, url_, QuorumOptions()));
  QuorumReader reader(*journal, journal->start());
  while (!over_) {
    using Frames = Result<std::vector<FrameView>>;
    kj::Promise<Frames> reading = reader.follow();
    kj::Promise<Frames> looking = seams.clock.after(kLookInterval).then([this]() -> kj::Promise<Frames> {
      if (!over_) return kj::NEVER_DONE;
      return Frames();
    });
    auto frames = co_await reading.exclusiveJoin(kj::mv(looking));
    if (!frames) co_return fail(frames.error());
    const auto now = CommitTimes::Steady::now();
    if (!measuring_) continue;
    for (const FrameView& frame : *frames)
      for (TransactionCursor c = frame.transactions(); frame.header->frame_kind() == FrameKind::kData && c.next();) {
        const auto committed = times_.of(c.txid());
        latencies_.add(committed ? now - *committed : std::chrono::nanoseconds(0));
      }
  }
  co_return ok();
}

}  // namespace varve
