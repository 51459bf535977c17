#include "journal/shared_epoch_file.h"

#include <fmt/format.h>

#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace varve {

// The right to write; one that is dropped half way leaves the slots in doubt.
class SharedEpochFile::Turn {
 public:
  explicit Turn(SharedEpochFile& file) : file_(file) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    done_ = kj::mv(paf.fulfiller);
    file_.turn_ = paf.promise.fork();
  }
  Turn(const Turn&) = delete;
  ~Turn() noexcept {
    if (!succeeded_) file_.failed_ = true;
    file_.turn_.reset();
    done_->fulfill();
  }
  void succeed() { succeeded_ = true; }

 private:
  SharedEpochFile& file_;
  kj::Own<kj::PromiseFulfiller<void>> done_;
  bool succeeded_ = false;
};

Task<Result<void>> SharedEpochFile::store(SharedEpochRecord record) {
  wanted_ = record;
  return write_wanted();
}

Task<Result<void>> SharedEpochFile::announce(LogPosition committed) {
  if (committed.txid > wanted_.committed.txid) wanted_.committed = committed;
  return write_wanted();
}

Task<Result<void>> SharedEpochFile::move_start(LogPosition start) {
  if (start.txid > wanted_.start.txid) wanted_.start = start;
  return write_wanted();
}

Task<Result<void>> SharedEpochFile::write_wanted() {
  while (turn_) {
    kj::Promise<void> free = turn_->addBranch();
    co_await kj::mv(free);
  }
  if (failed_) co_return fail(ErrorCode::kIo, fmt::format("{}: not written, a write failed before", file_->path()));
  if (wanted_ == record_) co_return ok();
  Turn turn(*this);
  const SharedEpochRecord record = wanted_;
  const std::string encoded = encode_epoch_slot(record, ++sequence_);
  CO_TRY(co_await write_slot(0, encoded));
  CO_TRY(co_await write_slot(kEpochSlotDistance, encoded));
  turn.succeed();
  record_ = record;
  co_return ok();
}

Task<Result<void>> SharedEpochFile::write_slot(std::uint64_t offset, std::string encoded) {
  AlignedBuffer buffer(kEpochSlotBytes);
  std::memcpy(buffer.data(), encoded.data(), kEpochSlotBytes);
  std::vector<Bytes> pieces{std::as_const(buffer).span(0, kEpochSlotBytes)};
  CO_TRY(co_await file_->write(offset, std::move(pieces)));
  co_return co_await file_->sync();
}

}  // namespace varve
