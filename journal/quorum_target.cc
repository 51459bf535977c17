#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "journal/append_client.h"
#include "journal/journal_target.h"
#include "journal/quorum_format.h"

namespace varve {
namespace {

// Nobody reigns over these copies while they are filled: the configuration at their start is the source's and names none of them, so no
// candidate finds a majority before the last frames are there.
class QuorumTarget final : public JournalTarget {
 public:
  QuorumTarget(Seams seams, JournalIdentity journal, std::vector<HostedCopy> copies, std::chrono::nanoseconds patience)
      : seams_(seams), journal_(std::move(journal)), copies_(std::move(copies)), patience_(patience) {
    for (const HostedCopy& copy : copies_) members_.push_back(Member{copy.state.disk, copy.address, MemberRole::kVoter});
  }
  ~QuorumTarget() noexcept(false) override {}

  const std::vector<Member>& members() const override { return members_; }
  Epoch highest_epoch() const override {
    Epoch highest;
    for (const HostedCopy& copy : copies_) highest = std::max({highest, copy.state.promised, copy.state.end().epoch});
    return highest;
  }
  // One copy that knows the last frames to be committed, or goes on behind them, shows that all have them. Only what may be those frames is
  // ever taken back.
  bool finished(TxId source_end) const override {
    return std::ranges::any_of(copies_, [&](const HostedCopy& copy) {
      return copy.state.committed.txid > source_end || copy.state.end().txid.value > source_end.value + kMoveFrames;
    });
  }
  kj::Promise<Result<LogPosition>> begin(Epoch epoch, Uuid writer, LogPosition source_end) override {
    return do_begin(epoch, writer, source_end);
  }
  kj::Promise<Result<void>> append(std::vector<FramePtr> frames) override { return do_append(std::move(frames)); }
  kj::Promise<Result<void>> finish(std::vector<FramePtr> frames) override { return do_finish(std::move(frames)); }
  kj::Promise<Result<void>> close() override { return Result<void>(); }
  LocalLog* log() override { return nullptr; }

 private:
  Task<Result<LogPosition>> do_begin(Epoch epoch, Uuid writer, LogPosition source_end) {
    wire::OpenAppend open;
    open.epoch = epoch;
    open.writer = writer;
    open.writer_name = "the move of the journal";
    at_ = copies_.front().state.committed;
    for (const HostedCopy& copy : copies_) {
      if (copy.state.committed.txid < at_.txid) at_ = copy.state.committed;
      CO_ASSIGN_OR_RETURN(kj::Own<AppendClient> client, co_await AppendClient::open(seams_, copy.address, journal_, open, patience_));
      clients_.push_back(kj::mv(client));
    }
    if (at_.txid == source_end.txid && at_.digest != source_end.digest)
      co_return fail(ErrorCode::kExists,
                     fmt::format("the destination's txid {} is not the source's: they are of different histories", source_end.txid.value));
    co_return at_;
  }

  // On all of them at once.
  Task<Result<void>> send(LogPosition prev, std::vector<FramePtr> frames, TxId committed) {
    kj::Vector<kj::Promise<Result<void>>> sending;
    for (auto& client : clients_) sending.add(client->append(prev, frames, committed));
    kj::Promise<kj::Array<Result<void>>> all = kj::joinPromises(sending.releaseAsArray());
    const kj::Array<Result<void>> sent = co_await kj::mv(all);
    for (const Result<void>& one : sent)
      if (!one) co_return fail(one.error());
    co_return ok();
  }

  Task<Result<void>> do_append(std::vector<FramePtr> frames) {
    const LogPosition end = frames.back()->header().position();
    CO_TRY(co_await send(at_, std::move(frames), end.txid));
    at_ = end;
    co_return ok();
  }

  Task<Result<void>> do_finish(std::vector<FramePtr> frames) {
    const LogPosition end = frames.back()->header().position();
    CO_TRY(co_await send(at_, std::move(frames), at_.txid));
    at_ = end;
    CO_TRY(co_await send(at_, {}, at_.txid));
    co_return ok();
  }

  Seams seams_;
  JournalIdentity journal_;
  std::vector<HostedCopy> copies_;
  std::chrono::nanoseconds patience_;
  std::vector<Member> members_;
  std::vector<kj::Own<AppendClient>> clients_;
  LogPosition at_;
};

}  // namespace

Task<Result<kj::Own<JournalTarget>>> open_quorum_target(Seams seams, JournalUrl url, CopiedHistory history,
                                                        std::chrono::nanoseconds patience, WorkWatcher& watcher) {
  wire::CopyState like;
  like.namespace_id = history.namespace_id;
  like.lineage = history.lineage;
  like.start = history.start;
  JournalIdentity journal;
  journal.name = url.name;
  journal.namespace_id = history.namespace_id;
  journal.lineage = history.lineage;
  CO_ASSIGN_OR_RETURN(std::vector<HostedCopy> copies, co_await format_copies(seams, std::move(url), std::move(like), patience, watcher));
  co_return kj::Own<JournalTarget>(kj::heap<QuorumTarget>(seams, std::move(journal), std::move(copies), patience));
}

}  // namespace varve
