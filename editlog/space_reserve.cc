#include "editlog/space_reserve.h"

#include "base/result.h"
#include "editlog/segment_names.h"

namespace varve {
namespace {

std::string temporary_name() {
  return std::string(kReserveFile) + std::string(kTemporarySuffix);
}

}  // namespace

Task<Result<void>> SpaceReserve::establish() {
  if (established_ || bytes_ == 0) co_return ok();
  CO_ASSIGN_OR_RETURN(established_, co_await is_there());
  if (established_) co_return ok();
  auto made = co_await make();
  if (!made) {
    auto removed = co_await directory_.remove(temporary_name());
    (void)removed;  // the error that counts is the first one; a leftover goes at the next open
    co_return made;
  }
  established_ = true;
  co_return ok();
}

Task<Result<bool>> SpaceReserve::is_there() {
  auto file = co_await directory_.open(std::string(kReserveFile), {});
  if (!file) {
    if (file.error().code() == ErrorCode::kNotFound) co_return false;
    co_return fail(file.error());
  }
  CO_ASSIGN_OR_RETURN(const std::uint64_t size, co_await (*file)->size());
  co_return size >= bytes_;
}

// The name `reserve` stands for space that is there, so the file gets it last.
Task<Result<void>> SpaceReserve::make() {
  auto stale = co_await directory_.remove(temporary_name());
  if (!stale && stale.error().code() != ErrorCode::kNotFound) co_return stale;
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.create(temporary_name()));
  CO_TRY(co_await file->preallocate(bytes_));
  CO_TRY(co_await file->sync());
  CO_TRY(co_await directory_.rename(temporary_name(), std::string(kReserveFile)));
  co_return co_await directory_.sync();
}

Task<Result<bool>> SpaceReserve::use_up() {
  established_ = false;
  co_return co_await use_up(directory_);
}

Task<Result<bool>> SpaceReserve::use_up(Directory& directory) {
  auto removed = co_await directory.remove(std::string(kReserveFile));
  if (!removed) {
    if (removed.error().code() == ErrorCode::kNotFound) co_return false;
    co_return fail(removed.error());
  }
  CO_TRY(co_await directory.sync());
  co_return true;
}

}  // namespace varve
