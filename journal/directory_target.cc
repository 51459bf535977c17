#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/result.h"
#include "journal/journal_target.h"
#include "journal/log_membership.h"

namespace varve {
namespace {

class DirectoryTarget final : public JournalTarget {
 public:
  explicit DirectoryTarget(kj::Own<LocalLog> log) : log_(kj::mv(log)) {
    members_.push_back(Member{log_->disk_id(), "", MemberRole::kVoter});
  }
  ~DirectoryTarget() noexcept(false) override {}

  const std::vector<Member>& members() const override { return members_; }
  Epoch highest_epoch() const override { return std::max(log_->promised(), log_->end().epoch); }
  // Its last frames go there by one write, of which a crash may leave a part: it is whole with the EpochStart behind the record. A record
  // that the source holds too is of a time when the journal lived here before.
  bool finished(TxId source_end) const override {
    const TxId record = log_->configuration().txid;
    return names_own_disk(*log_) && record > source_end && log_->end().txid > record;
  }
  kj::Promise<Result<LogPosition>> begin(Epoch epoch, Uuid writer, LogPosition source_end) override {
    return do_begin(epoch, writer, source_end);
  }
  kj::Promise<Result<void>> append(std::vector<FramePtr> frames) override { return store(std::move(frames)); }
  kj::Promise<Result<void>> finish(std::vector<FramePtr> frames) override { return store(std::move(frames)); }
  kj::Promise<Result<void>> close() override { return log_->close(); }
  LocalLog* log() override { return log_.get(); }

 private:
  Task<Result<LogPosition>> do_begin(Epoch epoch, Uuid writer, LogPosition source_end) {
    if (log_->committed().txid > source_end.txid || log_->end().txid.value >= source_end.txid.value + kMoveFrames)
      co_return fail(ErrorCode::kExists, fmt::format("the destination goes on up to txid {}, the source ends at txid {}: it is not a copy",
                                                     log_->end().txid.value, source_end.txid.value));
    if (log_->end().txid >= source_end.txid) {
      CO_ASSIGN_OR_RETURN(const std::optional<LogPosition> held, co_await log_->find(source_end.txid));
      if (!held || held->digest != source_end.digest)
        co_return fail(ErrorCode::kExists, fmt::format("the destination's txid {} is not the source's: they are of different histories",
                                                       source_end.txid.value));
    }
    if (log_->end().txid > source_end.txid) CO_TRY(co_await log_->cut(source_end));
    CO_TRY(co_await log_->promise(epoch, writer));
    co_return log_->end();
  }

  Task<Result<void>> store(std::vector<FramePtr> frames) {
    CO_TRY(co_await log_->append(std::move(frames)));
    log_->set_committed(log_->end());
    co_return ok();
  }

  kj::Own<LocalLog> log_;
  std::vector<Member> members_;
};

SlotState new_copy(Random& random, const CopiedHistory& history) {
  SlotState state;
  state.namespace_id = history.namespace_id;
  state.lineage = history.lineage;
  state.disk_id = random.uuid();
  state.start = history.start;
  state.mark = history.start.position;
  return state;
}

}  // namespace

Task<Result<kj::Own<JournalTarget>>> open_directory_target(Seams seams, std::string path, CopiedHistory history, LocalLogOptions options) {
  CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await seams.disk.create_directory(path));
  CO_ASSIGN_OR_RETURN(const bool formatted, co_await LocalLog::is_formatted(*directory));
  if (!formatted) CO_TRY(co_await LocalLog::format(seams, *directory, new_copy(seams.random, history)));
  CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await LocalLog::open(seams, kj::mv(directory), options));
  if (log->namespace_id() != history.namespace_id || log->lineage() != history.lineage)
    co_return fail(ErrorCode::kExists, fmt::format("{} holds a journal of namespace {}, lineage {} already; name another directory", path,
                                                   to_hex(log->namespace_id()), log->lineage()));
  if (log->end().txid < history.start.position.txid)
    co_return fail(ErrorCode::kExists, fmt::format("{} holds a copy up to txid {}; what follows is purged, the source begins behind txid "
                                                   "{}: name another directory",
                                                   path, log->end().txid.value, history.start.position.txid.value));
  co_return kj::Own<JournalTarget>(kj::heap<DirectoryTarget>(kj::mv(log)));
}

}  // namespace varve
