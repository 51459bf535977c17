#include "editlog/local_log.h"

#include "base/result.h"
#include "editlog/directory_log.h"
#include "editlog/log_format.h"
#include "editlog/recovery.h"

namespace varve {

Task<Result<void>> LocalLog::format(Seams seams, Directory& directory, SlotState state) {
  (void)seams;
  return format_log(directory, std::move(state));
}

Task<Result<bool>> LocalLog::is_formatted(Directory& directory) {
  return log_is_formatted(directory);
}

Task<Result<kj::Own<LocalLog>>> LocalLog::open(Seams seams, kj::Own<Directory> directory, LocalLogOptions options,
                                               std::optional<Uuid> expected_namespace) {
  CO_ASSIGN_OR_RETURN(kj::Own<DirectoryLock> lock, co_await directory->lock());
  auto recovered = co_await recover_log(seams, *directory, options, expected_namespace);
  if (!recovered) co_return fail(recovered.error());
  co_return kj::heap<DirectoryLog>(seams, kj::mv(directory), kj::mv(lock), options, kj::mv(*recovered));
}

}  // namespace varve
