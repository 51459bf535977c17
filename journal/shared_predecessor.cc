#include "journal/shared_predecessor.h"

#include <fmt/format.h>

#include "base/result.h"
#include "editlog/log_identity.h"
#include "editlog/recovery_error.h"

namespace varve {
namespace {

using FoundLog = std::optional<SharedPredecessor>;

Error announced_but_missing(const SharedEpochRecord& record, const std::string& where, const std::string& found) {
  return {ErrorCode::kDamaged,
          fmt::format("taking over {}: its writer announced txid {} as committed, but {}: the shared directory has lost "
                      "files; put them back from a copy",
                      where, record.committed.txid.value, found)};
}

// Nothing: the epoch never began.
Task<Result<FoundLog>> look_at(SharedDirectory& shared, Epoch epoch) {
  CO_ASSIGN_OR_RETURN(const auto record, co_await shared.epochs().read(epoch));
  const bool announced = record && record->active();
  auto opened = co_await shared.open_log(epoch);
  if (!opened && opened.error().code() == ErrorCode::kNotFound) {
    if (announced) co_return fail(announced_but_missing(*record, "epoch " + epoch_name(epoch), "its directory is gone"));
    co_return FoundLog();
  }
  if (!opened) co_return fail(opened.error());
  Directory& directory = **opened;
  CO_ASSIGN_OR_RETURN(const auto names, co_await directory.list());
  const DirectorySurvey survey_of_log = survey(names);
  CO_ASSIGN_OR_RETURN(LogIdentity identity, co_await identify_log(directory, survey_of_log, shared.namespace_id()));
  const bool no_log = identity.row == RecoveryRow::kDirectoryNeverFormatted || identity.row == RecoveryRow::kDirectoryFormatUnfinished;
  if (no_log && announced) co_return fail(announced_but_missing(*record, directory.path(), "there is no log"));
  if (no_log) co_return FoundLog();
  if (refuses(identity.row)) co_return fail(recovery_error(identity.row, directory.path(), identity.detail));
  const LocalLogOptions refusing;
  CO_ASSIGN_OR_RETURN(RecoveryPlan plan, co_await inspect_log(directory, survey_of_log, identity.slots->state(), refusing));
  if (announced && plan.end.txid < record->committed.txid)
    co_return fail(announced_but_missing(*record, directory.path(), fmt::format("its frames end at txid {}", plan.end.txid.value)));
  if (plan.end.epoch != epoch) co_return FoundLog();  // at most copies of what others have
  if (!record)
    co_return fail(ErrorCode::kDamaged,
                   fmt::format("taking over {}: the file of its epoch, {}/epochs/{}, is damaged; put it back from a copy", directory.path(),
                               shared.path(), epoch_name(epoch)));
  SharedPredecessor found;
  found.record = *record;
  found.log_start = identity.slots->state().start;
  found.directory = kj::mv(*opened);
  found.plan = std::move(plan);
  co_return FoundLog(kj::mv(found));
}

Task<Result<FoundLog>> find_once(SharedDirectory& shared, Epoch below) {
  CO_ASSIGN_OR_RETURN(const std::vector<Epoch> epochs, co_await shared.epochs().list());
  for (auto epoch = epochs.rbegin(); epoch != epochs.rend(); ++epoch) {
    if (*epoch >= below) continue;
    CO_ASSIGN_OR_RETURN(FoundLog found, co_await look_at(shared, *epoch));
    if (found) co_return FoundLog(kj::mv(*found));
  }
  co_return FoundLog();
}

bool may_pass(const Error& error) {
  return error.code() == ErrorCode::kDamaged || error.code() == ErrorCode::kNotFound;
}

}  // namespace

LogPosition SharedPredecessor::finalized_end() const {
  LogPosition end = log_start.position;
  for (const auto& segment : plan.segments) {
    const auto* finalized = std::get_if<FinalSegment>(&segment);
    if (finalized == nullptr) break;
    end = finalized->last;
  }
  return end;
}

Task<Result<std::optional<SharedPredecessor>>> find_predecessor(SharedDirectory& shared, Epoch below) {
  for (int attempt = 1;; ++attempt) {
    auto found = co_await find_once(shared, below);
    if (found || !may_pass(found.error()) || attempt == kSharedLooks) co_return kj::mv(found);
    co_await shared.seams().clock.after(kSharedPause);
  }
}

}  // namespace varve
