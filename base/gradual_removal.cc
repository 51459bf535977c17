#include "base/gradual_removal.h"

#include "base/result.h"

namespace varve {
namespace {

constexpr std::uint64_t kStepBytes = 1u << 20;
constexpr int kRestForWork = 3;

Task<Result<void>> shrink(File& file, Clock& clock) {
  CO_ASSIGN_OR_RETURN(std::uint64_t bytes, co_await file.size());
  while (bytes > kStepBytes) {
    const auto began = clock.now();
    bytes -= kStepBytes;
    CO_TRY(co_await file.truncate(bytes));
    co_await clock.after(kRestForWork * (clock.now() - began));
  }
  co_return ok();
}

}  // namespace

Task<Result<void>> remove_gradually(Directory& directory, std::string name, Clock& clock) {
  const OpenMode mode{.write = true};
  Result<kj::Own<File>> file = co_await directory.open(name, mode);
  if (file) {
    Result<void> shrunk = co_await shrink(**file, clock);
    (void)shrunk;  // removing it is what counts, and is tried in any case
  }
  co_return co_await directory.remove(std::move(name));
}

}  // namespace varve
