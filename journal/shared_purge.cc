#include "journal/shared_purge.h"

#include <algorithm>

#include "base/gradual_removal.h"
#include "base/result.h"
#include "editlog/directory_survey.h"

namespace varve {
namespace {

class SharedPurge {
 public:
  SharedPurge(SharedDirectory& shared, SharedReign& reign, std::vector<SharedSegment>& older)
      : shared_(shared), reign_(reign), older_(older) {}

  Task<Result<std::uint64_t>> run(TxId upto) {
    CO_TRY(co_await purge_older(upto));
    CO_TRY(co_await drop_epochs());
    if (older_.empty()) {
      CO_ASSIGN_OR_RETURN(const std::uint64_t own, co_await reign_.log().purge(upto));
      freed_ += own;
    }
    co_return freed_;
  }

 private:
  Task<Result<void>> purge_older(TxId upto) {
    const auto end = std::find_if(older_.begin(), older_.end(), [upto](const SharedSegment& s) { return s.last.txid > upto; });
    if (end == older_.begin()) co_return ok();
    const std::vector<SharedSegment> leaving(older_.begin(), end);
    CO_TRY(co_await reign_.move_start(leaving.back().last));
    older_.erase(older_.begin(), end);
    for (const SharedSegment& segment : leaving) {
      CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await shared_.open_log(segment.epoch));
      CO_TRY(co_await remove(*directory, file_name(segment.name)));
      CO_TRY(co_await directory->sync());
      freed_ += segment.bytes;
    }
    co_return ok();
  }

  // What an older epoch did not hand over is no part of the log: with its last segment the rest goes too.
  Task<Result<void>> drop_epochs() {
    CO_ASSIGN_OR_RETURN(const std::vector<Epoch> epochs, co_await shared_.epochs().list());
    for (const Epoch epoch : epochs) {
      if (epoch >= reign_.epoch()) break;
      if (std::any_of(older_.begin(), older_.end(), [epoch](const SharedSegment& s) { return s.epoch == epoch; })) continue;
      CO_TRY(co_await drop(epoch));
    }
    co_return ok();
  }

  Task<Result<void>> drop(Epoch epoch) {
    auto directory = co_await shared_.open_log(epoch);
    if (directory) {
      CO_ASSIGN_OR_RETURN(const std::vector<std::string> names, co_await (*directory)->list());
      for (const std::string& name : names) CO_TRY(co_await remove(**directory, name));
      CO_TRY(co_await (*directory)->sync());
    } else if (directory.error().code() != ErrorCode::kNotFound) {
      co_return fail(directory.error());
    }
    co_return co_await shared_.epochs().remove(epoch);
  }

  Task<Result<void>> remove(Directory& directory, std::string name) {
    auto removed = co_await remove_gradually(directory, std::move(name), shared_.seams().clock);
    if (!removed && removed.error().code() == ErrorCode::kNotFound) co_return ok();
    co_return removed;
  }

  SharedDirectory& shared_;
  SharedReign& reign_;
  std::vector<SharedSegment>& older_;
  std::uint64_t freed_ = 0;
};

}  // namespace

Task<Result<std::uint64_t>> purge_shared(SharedDirectory& shared, SharedReign& reign, std::vector<SharedSegment>& older, TxId upto) {
  SharedPurge purge(shared, reign, older);
  co_return co_await purge.run(upto);
}

}  // namespace varve
