#include "editlog/log_format.h"

#include <fmt/format.h>

#include "base/result.h"
#include "editlog/directory_survey.h"
#include "editlog/log_identity.h"
#include "editlog/recovery_error.h"
#include "editlog/version_file.h"

namespace varve {
namespace {

// Slots that an unfinished format left; a file that is longer than ours is not ours to remove.
Task<Result<void>> remove_slots(Directory& directory) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory.open(std::string(kSlotsFile), {}));
  CO_ASSIGN_OR_RETURN(const std::uint64_t size, co_await file->size());
  if (size > kSlotsFileBytes)
    co_return fail(ErrorCode::kForeign, fmt::format("formatting {}: {} has {} bytes, slots have {}: it is some other file; move it away",
                                                    directory.path(), file->path(), size, kSlotsFileBytes));
  co_return co_await directory.remove(std::string(kSlotsFile));
}

}  // namespace

Task<Result<void>> format_log(Directory& directory, SlotState state) {
  CO_ASSIGN_OR_RETURN(kj::Own<DirectoryLock> lock, co_await directory.lock());
  CO_ASSIGN_OR_RETURN(const auto names, co_await directory.list());
  const DirectorySurvey found = survey(names);
  CO_ASSIGN_OR_RETURN(const LogIdentity identity, co_await identify_log(directory, found, std::nullopt));
  const RecoveryRow row = identity.row;
  if (row != RecoveryRow::kDirectoryNeverFormatted && row != RecoveryRow::kDirectoryFormatUnfinished) {
    if (row == RecoveryRow::kDirectoryNewerLayout) co_return fail(recovery_error(row, directory.path(), identity.detail));
    co_return fail(ErrorCode::kExists, fmt::format("formatting {}: it holds a log already ({}); open it, or format an empty directory",
                                                   directory.path(), describe(row).found));
  }
  if (found.slots) CO_TRY(co_await remove_slots(directory));
  auto slots = co_await Slots::create(directory, state);
  if (!slots) co_return fail(slots.error());
  CO_TRY(co_await directory.sync());
  co_return co_await write_version(directory, version_of(state));
}

Task<Result<bool>> log_is_formatted(Directory& directory) {
  CO_ASSIGN_OR_RETURN(const auto names, co_await directory.list());
  const DirectorySurvey found = survey(names);
  if (found.version || !found.segments.empty()) co_return true;
  if (!found.slots) co_return false;
  CO_ASSIGN_OR_RETURN(const LogIdentity identity, co_await identify_log(directory, found, std::nullopt));
  co_return identity.row != RecoveryRow::kDirectoryFormatUnfinished;
}

}  // namespace varve
